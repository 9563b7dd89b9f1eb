// SPDX-License-Identifier: Apache-2.0
// The words of a made-up cloud: ids, names, times, as Nova and Ceilometer write them.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/generator.h"
#include "vmtrail/time.h"

namespace vmtrail::bench {

void append_number(std::string& out, std::uint64_t number);
/// With zeros in front, to the width.
void append_padded(std::string& out, std::uint64_t number, int width);
/// As Python's isoformat() with a T or, with a space, str(): no fraction where it is zero.
void append_time(std::string& out, Time time, char separator);

void append_host(std::string& out, std::uint32_t host);
void append_name(std::string& out, InstanceNumber number, std::uint32_t renamed);
void append_event_type(std::string& out, const Notification& sent);
/// The publisher is service, dot, host.
[[nodiscard]] std::string_view service(By by);
void append_publisher_host(std::string& out, const Notification& sent);

/// Makes ids of numbers, each cloud its own.
class Ids {
 public:
  explicit Ids(std::uint64_t seed) : seed_(seed) {}

  void append_message(std::string& out, std::uint64_t number) const;
  /// oslo.messaging's _unique_id.
  void append_unique(std::string& out, std::uint64_t number) const;
  void append_request(std::string& out, std::uint64_t number) const;
  void append_instance(std::string& out, InstanceNumber number) const;
  void append_project(std::string& out, InstanceNumber of) const;
  void append_user(std::string& out, InstanceNumber of) const;

 private:
  enum class Kind : std::uint8_t { message, unique, request, instance, project, user };
  struct Id {
    std::uint64_t high, low;
  };
  [[nodiscard]] Id id(Kind kind, std::uint64_t number) const;

  std::uint64_t seed_;
};

}  // namespace vmtrail::bench
