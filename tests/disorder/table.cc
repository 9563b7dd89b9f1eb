// SPDX-License-Identifier: Apache-2.0

#include "tests/disorder/table.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>

namespace vmtrail::disorder {
namespace {

constexpr std::string_view kTitle = "lives and what disturbs them";
constexpr std::size_t kTitleWidth = 38;
constexpr std::array<std::string_view, 10> kColumns = {
    "trials",         "host %",        "vm_state %",        "deleted %",
    "migrations %",   "sure %",        "confidently wrong", "unknowable",
    "events a trial", "ZenPack host %"};

/// Wide enough for its heading, and for 99.999.
std::size_t width_of(std::string_view column) {
  return std::max<std::size_t>(column.size(), 7);
}

std::string cell(std::string_view text, std::size_t width, bool left) {
  const std::string space(text.size() < width ? width - text.size() : 0, ' ');
  return "| " + (left ? std::string(text) + space : space + std::string(text)) + ' ';
}

/// Cut, never rounded: 100 is all of them.
std::string percent(std::size_t part, std::size_t whole) {
  if (whole == 0) return "-";
  if (part == whole) return "100";
  const std::size_t thousandths = part * 100'000 / whole;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%zu.%03zu", thousandths / 1000, thousandths % 1000);
  return text.data();
}

}  // namespace

std::string table_head() {
  std::string names = cell(kTitle, kTitleWidth, true);
  std::string rule = "|" + std::string(kTitleWidth + 2, '-');
  for (const std::string_view column : kColumns) {
    names += cell(column, width_of(column), false);
    rule += "|" + std::string(width_of(column) + 1, '-') + ":";
  }
  return names + "|\n" + rule + "|\n";
}

std::string table_row(std::string_view title, const Tally& tally) {
  const auto share = [&](std::size_t part) { return percent(part, tally.trials); };
  const std::array<std::string, kColumns.size()> values = {
      std::to_string(tally.trials),
      share(tally.host),
      share(tally.vm_state),
      share(tally.deleted),
      share(tally.migrations),
      share(tally.sure),
      std::to_string(tally.confidently_wrong),
      std::to_string(tally.unknowable),
      tally.trials == 0 ? "-" : std::to_string(tally.events / tally.trials),
      share(tally.zenpack)};
  std::string text = cell(title, kTitleWidth, true);
  for (std::size_t i = 0; i < values.size(); ++i) {
    text += cell(values[i], width_of(kColumns[i]), false);
  }
  return text + "|\n";
}

}  // namespace vmtrail::disorder
