// SPDX-License-Identifier: Apache-2.0

#include "bench/workload.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "bench/form.h"
#include "bench/generator.h"
#include "bench/wording.h"
#include "io/byte_source.h"

namespace vmtrail::bench {
namespace {

constexpr unsigned kRepetitions = 8;
constexpr std::chrono::minutes kStep{40};  // the scenarios were recorded within 39 minutes

constexpr std::uint64_t kInstances = 350;
constexpr std::uint64_t kEvents = 20'000;

constexpr std::array<std::string_view, 10> kScenarios = {"boot",
                                                         "live_migration",
                                                         "live_migration_rollback",
                                                         "cold_migrate_confirm",
                                                         "evacuate",
                                                         "shelve_unshelve",
                                                         "delete",
                                                         "power",
                                                         "audit_exists",
                                                         "live_migration_block"};

[[noreturn]] void give_up(const std::string& message) {
  std::fprintf(stderr, "stages_bench: %s\n", message.c_str());
  std::exit(1);
}

std::string read_file(const std::string& path) {
  auto source = ByteSource::open(path);
  if (!source) give_up(source.error().message());
  for (;;) {
    const auto filled = source->fill();
    if (!filled) give_up(filled.error().message());
    if (!*filled) return std::string(source->window());
  }
}

std::string read_capture(std::string_view scenario, std::string_view file) {
  const std::string path =
      std::string(VMTRAIL_FIXTURES "/captures/").append(scenario).append("/").append(file);
  for (const char* const suffix : {"", ".zst", ".gz"}) {
    if (std::filesystem::exists(path + suffix)) return read_file(path + suffix);
  }
  give_up("no capture " + path);
}

/// Does the text begin like `shape`, in which `h` is a hexadecimal digit, `d` a decimal one and `T`
/// a T or a blank?
bool begins_like(std::string_view text, std::string_view shape) {
  const auto fits = [](char c, char like) {
    const bool digit = c >= '0' && c <= '9';
    if (like == 'd') return digit;
    if (like == 'h') return digit || (c >= 'a' && c <= 'f');
    return c == like || (like == 'T' && c == ' ');
  };
  return text.size() >= shape.size() &&
         std::equal(shape.begin(), shape.end(), text.begin(),
                    [&](char like, char c) { return fits(c, like); });
}

using Clock = std::array<int, 6>;  // year, month, day, hour, minute, second

Clock moved(const Clock& n, std::chrono::minutes by) {
  using namespace std::chrono;
  const sys_days date = year{n[0]} / n[1] / n[2];
  const sys_seconds time = date + hours{n[3]} + minutes{n[4]} + seconds{n[5]} + by;
  const sys_days day = floor<days>(time);
  const year_month_day ymd{day};
  const hh_mm_ss clock{time - day};
  return {static_cast<int>(ymd.year()),
          static_cast<int>(static_cast<unsigned>(ymd.month())),
          static_cast<int>(static_cast<unsigned>(ymd.day())),
          static_cast<int>(clock.hours().count()),
          static_cast<int>(clock.minutes().count()),
          static_cast<int>(clock.seconds().count())};
}

/// A number at the front of the text, and moves the text behind it.
int take_number(std::string_view& text) {
  int number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  return number;
}

void append_number(std::string& out, int number, std::size_t width) {
  const std::string digits = std::to_string(number);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

// Each of these appends the repetition's form of what the text begins with, and moves the text
// behind it; false: it begins with something else.

bool renew_uuid(std::string& out, std::string_view& text, unsigned repetition) {
  constexpr std::string_view kShape = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
  if (!begins_like(text, kShape)) return false;
  std::uint32_t head = 0;
  std::from_chars(text.data(), text.data() + 8, head, 16);
  std::array<char, 9> digits{};
  std::snprintf(digits.data(), digits.size(), "%08x", head ^ (repetition * 0x9E3779B1U));
  out.append(digits.data()).append(text.substr(8, kShape.size() - 8));
  text.remove_prefix(kShape.size());
  return true;
}

bool renew_time(std::string& out, std::string_view& text, unsigned repetition) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd";
  if (!begins_like(text, kShape)) return false;
  const std::string separators{'-', '-', text[10], ':', ':'};
  Clock clock{};
  for (std::size_t i = 0; i < clock.size(); ++i) {
    if (i != 0) text.remove_prefix(1);
    clock[i] = take_number(text);
  }
  clock = moved(clock, kStep * repetition);
  for (std::size_t i = 0; i < clock.size(); ++i) {
    if (i != 0) out += separators[i - 1];
    append_number(out, clock[i], i == 0 ? 4 : 2);
  }
  return true;
}

/// Python writes no leading zeros, and leaves out seconds that are zero.
bool renew_python_time(std::string& out, std::string_view& text, unsigned repetition) {
  constexpr std::string_view kBegin = "datetime.datetime(";
  if (!text.starts_with(kBegin)) return false;
  text.remove_prefix(kBegin.size());
  Clock clock{};
  std::size_t count = 0;
  while (count < clock.size() && (count == 0 || text.starts_with(", "))) {
    if (count != 0) text.remove_prefix(2);
    clock[count++] = take_number(text);
  }
  clock = moved(clock, kStep * repetition);
  out += kBegin;
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) out += ", ";
    append_number(out, clock[i], 1);
  }
  return true;
}

std::string made_up(Form form) {
  CloudOptions options;
  options.instances = kInstances;
  Cloud cloud(options);
  const Ids ids(options.seed);
  std::string text;
  while (const Notification* const sent = cloud.next()) {
    append_line(text, form, *sent, ids);
    if (cloud.begun() >= kEvents) cloud.finish();
  }
  return text;
}

std::string repeated_captures(std::string_view file) {
  std::string once;
  for (const std::string_view scenario : kScenarios) once += read_capture(scenario, file);
  std::string all;
  for (unsigned repetition = 0; repetition < kRepetitions; ++repetition) {
    for (std::string_view rest = once; !rest.empty();) {
      if (renew_uuid(all, rest, repetition) || renew_time(all, rest, repetition) ||
          renew_python_time(all, rest, repetition)) {
        continue;
      }
      all += rest.front();
      rest.remove_prefix(1);
    }
  }
  return all;
}

}  // namespace

Workload::Workload(std::string_view file) {
  constexpr std::string_view kGenerated = "generated.";
  const auto form =
      file.starts_with(kGenerated) ? parse_form(file.substr(kGenerated.size())) : std::nullopt;
  padded_ = form ? made_up(*form) : repeated_captures(file);
  padded_.append(kPadding, '\0');
}

std::vector<Frame> Workload::frames() const {
  std::vector<Frame> all;
  Splitter splitter;
  std::string_view rest = bytes();
  while (auto frame = splitter.next(rest, true)) {
    frame->padded = true;
    all.push_back(*frame);
    rest.remove_prefix(splitter.consumed());
  }
  return all;
}

}  // namespace vmtrail::bench
