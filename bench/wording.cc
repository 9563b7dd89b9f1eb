// SPDX-License-Identifier: Apache-2.0

#include "bench/wording.h"

#include <array>
#include <chrono>

namespace vmtrail::bench {
namespace {

constexpr std::uint32_t kTenants = 40;  // instances of one project

template <std::size_t count>
void append_hex(std::string& out, std::uint64_t value) {
  std::array<char, count> digits{};
  for (std::size_t i = count; i-- > 0; value >>= 4) digits[i] = "0123456789abcdef"[value & 15];
  out.append(digits.data(), count);
}

/// A uuid4.
void append_uuid(std::string& out, std::uint64_t high, std::uint64_t low) {
  append_hex<8>(out, high >> 32);
  out += '-';
  append_hex<4>(out, high >> 16);
  out += "-4";
  append_hex<3>(out, high);
  out += '-';
  append_hex<4>(out, (low >> 48 & 0x3FFF) | 0x8000);
  out += '-';
  append_hex<12>(out, low);
}

}  // namespace

void append_padded(std::string& out, std::uint64_t number, int width) {
  std::array<char, 20> digits{};
  for (int i = width; i-- > 0; number /= 10)
    digits[static_cast<std::size_t>(i)] = static_cast<char>('0' + number % 10);
  out.append(digits.data(), static_cast<std::size_t>(width));
}

void append_number(std::string& out, std::uint64_t number) {
  int width = 1;
  for (std::uint64_t rest = number; rest >= 10; rest /= 10) ++width;
  append_padded(out, number, width);
}

void append_time(std::string& out, Time time, char separator) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto rest = static_cast<std::uint64_t>((time - day).count());
  const std::uint64_t seconds = rest / 1'000'000;
  append_padded(out, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out += separator;
  append_padded(out, seconds / 3600, 2);
  out += ':';
  append_padded(out, seconds / 60 % 60, 2);
  out += ':';
  append_padded(out, seconds % 60, 2);
  if (const std::uint64_t fraction = rest % 1'000'000; fraction != 0) {
    out += '.';
    append_padded(out, fraction, 6);
  }
}

void append_event_type(std::string& out, const Notification& sent) {
  if (sent.about_instance()) out += "compute.instance";
  out += sent.event_type;
}

std::string_view service(By by) {
  switch (by) {
    case By::source:
    case By::destination:
    case By::controller:
      return "compute";
    case By::conductor:
      return "conductor";
    case By::scheduler:
      return "scheduler";
  }
  return "";
}

void append_publisher_host(std::string& out, const Notification& sent) {
  if (sent.by == By::source || sent.by == By::destination) return append_host(out, sent.publisher);
  out += "controller-";
  append_number(out, sent.publisher + 1);
}

void append_host(std::string& out, std::uint32_t host) {
  out += "compute-";
  append_padded(out, host, 5);
}

void append_name(std::string& out, InstanceNumber number, std::uint32_t renamed) {
  constexpr std::array<std::string_view, 4> kRoles = {"web", "db", "worker", "build agent"};
  out += kRoles[number.slot % kRoles.size()];
  out += '-';
  append_number(out, number.slot);
  if (number.generation > 0) {
    out += '.';
    append_number(out, number.generation);
  }
  if (renamed > 0) {
    out += " v";
    append_number(out, renamed);
  }
}

Ids::Id Ids::id(Kind kind, std::uint64_t number) const {
  const std::uint64_t stream = Chance::mix(seed_ * 8 + static_cast<std::uint64_t>(kind));
  return {Chance::mix(stream + number), Chance::mix(~stream - number)};
}

void Ids::append_message(std::string& out, std::uint64_t number) const {
  const Id of = id(Kind::message, number);
  append_uuid(out, of.high, of.low);
}

void Ids::append_unique(std::string& out, std::uint64_t number) const {
  append_hex<16>(out, id(Kind::unique, number).high);
  append_hex<16>(out, id(Kind::unique, number).low);
}

void Ids::append_request(std::string& out, std::uint64_t number) const {
  const Id of = id(Kind::request, number);
  append_uuid(out += "req-", of.high, of.low);
}

void Ids::append_instance(std::string& out, InstanceNumber number) const {
  const Id of = id(Kind::instance, std::uint64_t{number.generation} << 32 | number.slot);
  append_uuid(out, of.high, of.low);
}

void Ids::append_project(std::string& out, InstanceNumber of) const {
  append_hex<16>(out, id(Kind::project, of.slot / kTenants).high);
  append_hex<16>(out, id(Kind::project, of.slot / kTenants).low);
}

void Ids::append_user(std::string& out, InstanceNumber of) const {
  append_hex<16>(out, id(Kind::user, of.slot / kTenants).high);
  append_hex<16>(out, id(Kind::user, of.slot / kTenants).low);
}

}  // namespace vmtrail::bench
