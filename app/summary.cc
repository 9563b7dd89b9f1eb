// SPDX-License-Identifier: Apache-2.0

#include "app/summary.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <string_view>

#include <nlohmann/json.hpp>

#include "app/table.h"
#include "vmtrail/error.h"
#include "vmtrail/record.h"

namespace vmtrail {

namespace {

std::string human(double value, std::string_view unit) {
  constexpr std::array<const char*, 5> kPrefixes = {"", "k", "M", "G", "T"};
  std::size_t prefix = 0;
  while (value >= 1000 && prefix + 1 < kPrefixes.size()) {
    value /= 1000;
    ++prefix;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), prefix == 0 ? "%.0f" : "%.1f", value);
  std::string result = text.data();
  if (prefix != 0 || !unit.empty()) result += ' ';
  return result + kPrefixes[prefix] + std::string(unit);
}

void line(std::string& text, std::string_view label, std::uint64_t count,
          std::string_view note = {}) {
  std::array<char, 24> number{};
  std::snprintf(number.data(), number.size(), "%12llu", static_cast<unsigned long long>(count));
  text += label;
  text.append(label.size() < 30 ? 30 - label.size() : 1, ' ');
  text += number.data();
  if (!note.empty()) {
    text += "  ";
    text += note;
  }
  text += '\n';
}

std::string seconds_text(std::chrono::duration<double> time) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f", time.count());
  return text.data();
}

template <class Array, class Tell>
void each_reason(const Array& counts, const Tell& tell) {
  for (const ErrorInfo& row : error_table()) {
    if (const std::uint64_t count = counts[static_cast<std::size_t>(row.code)]; count > 0) {
      tell(row, count);
    }
  }
}

nlohmann::ordered_json by_reason(const std::array<std::uint64_t, 256>& counts,
                                 std::uint64_t total) {
  nlohmann::ordered_json reasons = nlohmann::ordered_json::object();
  each_reason(counts, [&](const ErrorInfo& row, std::uint64_t count) {
    reasons[std::string(row.name)] = count;
  });
  return {{"total", total}, {"by_reason", reasons}};
}

}  // namespace

std::string human_bytes(double bytes) {
  return human(bytes, "B");
}

std::string human_count(double count) {
  return human(count, {});
}

std::string summary_table(const ReplaySummary& summary) {
  const Counts& counts = summary.counts;
  std::string text;
  line(text, "events", counts.events);
  line(text, "  applied", counts.applied);
  line(text, "  ignored", counts.total_ignored());
  each_reason(counts.ignored, [&](const ErrorInfo& row, std::uint64_t count) {
    line(text, "    " + std::string(row.name), count, row.sentence);
  });
  line(text, "  duplicate", counts.duplicate);
  line(text, "  quarantined", counts.total_quarantined());
  each_reason(counts.quarantined, [&](const ErrorInfo& row, std::uint64_t count) {
    line(text, "    " + std::string(row.name), count, row.sentence);
  });
  if (counts.skipped_lines > 0)
    line(text, "skipped lines", counts.skipped_lines, "without an event");
  std::uint64_t records = 0;
  for (const std::uint64_t count : counts.records) records += count;
  line(text, "records", records);
  for (std::size_t type = 0; type < counts.records.size(); ++type) {
    if (counts.records[type] > 0) {
      line(text, "  " + std::string(name(static_cast<RecordType>(type))), counts.records[type]);
    }
  }
  line(text, "instances", summary.instances);
  line(text, "hosts", summary.hosts);
  if (!summary.clock_skews.empty()) {
    const ClockSkew& largest = summary.clock_skews.front();
    line(text, "pairs of clocks that differ", summary.clock_skews.size(),
         shown(largest.ahead) + " by " + seconds_text(largest.at_least) + " s from " +
             shown(largest.behind));
  }
  const double seconds = summary.seconds > 0 ? summary.seconds : 1e-9;
  text += human_bytes(static_cast<double>(summary.bytes)) + " in " +
          seconds_text(std::chrono::duration<double>(summary.seconds)) +
          " s: " + human_count(static_cast<double>(counts.events) / seconds) + " events/s, " +
          human_bytes(static_cast<double>(summary.bytes) / seconds) + "/s\n";
  return text;
}

std::string summary_json(const ReplaySummary& summary) {
  const Counts& counts = summary.counts;
  nlohmann::ordered_json records = nlohmann::ordered_json::object();
  for (std::size_t type = 0; type < counts.records.size(); ++type) {
    if (counts.records[type] > 0) {
      records[std::string(name(static_cast<RecordType>(type)))] = counts.records[type];
    }
  }
  nlohmann::ordered_json clock_skews = nlohmann::ordered_json::array();
  for (const ClockSkew& skew : summary.clock_skews) {
    clock_skews.push_back({{"ahead", skew.ahead},
                           {"behind", skew.behind},
                           {"at_least_s", std::chrono::duration<double>(skew.at_least).count()}});
  }
  const nlohmann::ordered_json document = {
      {"events", counts.events},
      {"applied", counts.applied},
      {"ignored", by_reason(counts.ignored, counts.total_ignored())},
      {"duplicate", counts.duplicate},
      {"quarantined", by_reason(counts.quarantined, counts.total_quarantined())},
      {"skipped_lines", counts.skipped_lines},
      {"records", records},
      {"instances", summary.instances},
      {"hosts", summary.hosts},
      {"clock_skews", clock_skews},
      {"bytes", summary.bytes},
      {"seconds", summary.seconds}};
  return document.dump() + "\n";
}

}  // namespace vmtrail
