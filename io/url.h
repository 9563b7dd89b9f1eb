// SPDX-License-Identifier: Apache-2.0
// The URLs that name sources, sinks and listeners: SCHEME://[USER@]HOST[:PORT][/PATH][?OPTION&…].

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vmtrail/error.h"

namespace vmtrail {

/// A URL taken apart, its escapes (%2F) decoded. `#` is a character like any other: the keys of
/// AMQP's topic exchanges have it.
struct Url {
  struct Option {
    std::string name;
    std::string value;  ///< empty where there is no `=`
    bool operator==(const Option&) const = default;
  };

  std::string text;  ///< as it was written; holds no secret
  std::string scheme;
  std::string user;
  std::string host;                   ///< an IPv6 address without its brackets
  std::optional<std::uint16_t> port;  ///< 0: any that is free
  std::string path;                   ///< with its leading slash; may be empty
  std::vector<Option> options;        ///< in their order; a name may occur several times

  [[nodiscard]] bool has(std::string_view option) const;
  /// Of the last option of that name; nullopt: there is none.
  [[nodiscard]] std::optional<std::string_view> value(std::string_view option) const;
  [[nodiscard]] std::vector<std::string_view> values(std::string_view option) const;
  /// An option that is a whole number, with its bounds and the unit that messages give.
  struct Number {
    std::string_view option;
    std::uint64_t otherwise;  ///< where it is not there
    std::uint64_t least;
    std::uint64_t most;
    std::string_view unit;
  };
  /// Error: wrong_usage.
  [[nodiscard]] Result<std::uint64_t> number(const Number& number) const;
  /// An option that needs no value, but may have yes or no. Error: wrong_usage.
  [[nodiscard]] Result<bool> flag(std::string_view option) const;
  /// The file that an option names, which can be read; empty: there is no such option. Error:
  /// unreadable.
  [[nodiscard]] Result<std::string> file(std::string_view option) const;
  /// A number of bytes: 65536, 64k, 10M, 10MB, 1G; k is 1000. Error: wrong_usage.
  [[nodiscard]] Result<std::uint64_t> size(std::string_view option, std::uint64_t otherwise) const;
  /// SCHEME://HOST:PORT with the port that was found free.
  [[nodiscard]] std::string with_port(std::uint16_t found) const;
  /// The files and directories that its options name start from this one, unless they are absolute.
  /// `text` stays.
  void start_files_at(const std::filesystem::path& directory);
  bool operator==(const Url&) const = default;
};

/// Error: wrong_usage. A password is refused: command lines are seen by everyone.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

/// With its escapes (%2F) decoded; nullopt: one of them is none.
[[nodiscard]] std::optional<std::string> unescaped(std::string_view text);

/// Error: wrong_usage, with what was probably meant.
[[nodiscard]] Result<void> check_options(const Url& url, std::span<const std::string_view> known);

/// 127.0.0.0/8, ::1 and localhost.
[[nodiscard]] bool is_loopback(std::string_view host);

/// wrong_usage, "URL: what".
[[nodiscard]] Error wrong_url(const Url& url, std::string_view what);

}  // namespace vmtrail
