// SPDX-License-Identifier: Apache-2.0

#include "io/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "vmtrail/suggest.h"

namespace vmtrail {

namespace {

Error wrong(std::string_view text, std::string_view what) {
  return {ErrorCode::wrong_usage, std::string(text) + ": " + std::string(what)};
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (text.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

// Cuts `text` at the first `mark`; what stands behind it is returned.
std::optional<std::string_view> cut(std::string_view& text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(at + 1);
  text = text.substr(0, at);
  return rest;
}

Result<void> read_authority(Url& url, std::string_view authority) {
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    const auto user = unescaped(authority.substr(0, at));
    if (authority.substr(0, at).find(':') != std::string_view::npos) {
      // Not with the text: it holds the password.
      return tl::unexpected(wrong(url.scheme,
                                  "a URL may not hold a password: others see it; put "
                                  "it into a file and say password_file=FILE"));
    }
    if (!user) return tl::unexpected(wrong(url.text, "'%' wants two hexadecimal digits"));
    url.user = *user;
    authority.remove_prefix(at + 1);
  }
  std::optional<std::string_view> port;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return tl::unexpected(wrong(url.text, "']' is missing"));
    url.host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
    port = cut(authority, ':');
    if (!authority.empty())
      return tl::unexpected(wrong(url.text, "a port was expected behind ']'"));
  } else {
    port = cut(authority, ':');
    url.host = authority;
  }
  if (port) {
    url.port = number_of<std::uint16_t>(*port);
    if (!url.port) {
      return tl::unexpected(
          wrong(url.text, "'" + std::string(*port) + "' is no port (0 to 65535)"));
    }
  }
  return {};
}

}  // namespace

std::optional<std::string> unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    result += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return result;
}

bool Url::has(std::string_view option) const {
  return value(option).has_value();
}

std::optional<std::string_view> Url::value(std::string_view option) const {
  const std::vector<std::string_view> all = values(option);
  if (all.empty()) return std::nullopt;
  return all.back();
}

std::vector<std::string_view> Url::values(std::string_view option) const {
  std::vector<std::string_view> all;
  for (const Option& one : options) {
    if (one.name == option) all.push_back(one.value);
  }
  return all;
}

Result<std::uint64_t> Url::number(const Number& number) const {
  const auto given = value(number.option);
  if (!given) return number.otherwise;
  const auto read = number_of<std::uint64_t>(*given);
  if (read && *read >= number.least && *read <= number.most) return *read;
  return tl::unexpected(
      wrong_url(*this, std::string(number.option) + " is " + std::to_string(number.least) + " to " +
                           std::to_string(number.most) + " " + std::string(number.unit) +
                           ", not '" + std::string(*given) + "'"));
}

Result<bool> Url::flag(std::string_view option) const {
  const auto given = value(option);
  if (!given || *given == "no") return false;
  if (given->empty() || *given == "yes") return true;
  return tl::unexpected(
      wrong_url(*this, std::string(option) + " is yes or no, not '" + std::string(*given) + "'"));
}

Result<std::string> Url::file(std::string_view option) const {
  const std::string named(value(option).value_or(""));
  if (named.empty() || std::ifstream(named)) return named;
  return tl::unexpected(
      Error{ErrorCode::unreadable, named + ": " + std::generic_category().message(errno)});
}

Result<std::uint64_t> Url::size(std::string_view option, std::uint64_t otherwise) const {
  const auto given = value(option);
  if (!given) return otherwise;
  std::string_view digits = *given;
  if (digits.ends_with('B')) digits.remove_suffix(1);
  std::uint64_t unit = 1;
  for (const auto& [letter, worth] :
       {std::pair{'k', std::uint64_t{1'000}}, {'M', 1'000'000}, {'G', 1'000'000'000}}) {
    if (!digits.ends_with(letter)) continue;
    digits.remove_suffix(1);
    unit = worth;
  }
  const auto number = number_of<std::uint64_t>(digits);
  if (number && *number > 0 && *number <= UINT64_MAX / unit) return *number * unit;
  return tl::unexpected(wrong_url(*this, std::string(option) +
                                             " wants a size such as 64k or 10MB, not '" +
                                             std::string(*given) + "'"));
}

std::string Url::with_port(std::uint16_t found) const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return scheme + "://" + (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(found);
}

void Url::start_files_at(const std::filesystem::path& directory) {
  constexpr std::string_view kFiles[] = {"password_file", "token_file", "cacert",
                                         "cert",          "key",        "curve"};
  for (Option& option : options) {
    if (std::find(std::begin(kFiles), std::end(kFiles), option.name) == std::end(kFiles)) continue;
    if (!option.value.empty()) option.value = (directory / option.value).string();
  }
}

Result<Url> parse_url(std::string_view text) {
  Url url;
  url.text = text;
  const auto behind_scheme = cut(text, ':');
  if (!behind_scheme || text.empty()) {
    return tl::unexpected(wrong(url.text, "is no URL (SCHEME://HOST:PORT)"));
  }
  url.scheme = text;
  text = *behind_scheme;
  const std::string_view options = cut(text, '?').value_or(std::string_view());
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    const std::size_t slash = std::min(text.find('/'), text.size());
    if (auto read = read_authority(url, text.substr(0, slash)); !read) {
      return tl::unexpected(read.error());
    }
    text.remove_prefix(slash);
  }
  const auto path = unescaped(text);
  if (!path) return tl::unexpected(wrong(url.text, "'%' wants two hexadecimal digits"));
  url.path = *path;
  for (std::string_view rest = options; !rest.empty();) {
    std::string_view name = rest;
    rest = cut(name, '&').value_or(std::string_view());
    const auto value = unescaped(cut(name, '=').value_or(std::string_view()));
    if (!value) return tl::unexpected(wrong(url.text, "'%' wants two hexadecimal digits"));
    if (!name.empty()) url.options.push_back({std::string(name), *value});
  }
  return url;
}

Result<void> check_options(const Url& url, std::span<const std::string_view> known) {
  for (const Url::Option& option : url.options) {
    if (std::find(known.begin(), known.end(), option.name) != known.end()) continue;
    std::string what = "unknown option '" + option.name + "'";
    if (const auto meant = nearest(option.name, known)) {
      what += "; did you mean '" + std::string(*meant) + "'?";
    }
    return tl::unexpected(wrong_url(url, what));
  }
  return {};
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  in_addr address{};
  return host.starts_with("127.") && ::inet_pton(AF_INET, std::string(host).c_str(), &address) == 1;
}

Error wrong_url(const Url& url, std::string_view what) {
  return wrong(url.text, what);
}

}  // namespace vmtrail
