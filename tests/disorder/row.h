// SPDX-License-Identifier: Apache-2.0
// The rows of the table: each a kind of life under a disturbance, with what is asked of the model.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/disorder/tally.h"
#include "tests/disorder/trial.h"

namespace vmtrail::disorder {

/// The least percentages. Whatever they are, a fault is a failure, and so is a host that is wrong
/// without any sign of it.
struct Bar {
  double host = 100;
  double vm_state = 100;
  double deleted = 100;
  double migrations = 100;
};

struct Row {
  std::string_view name;   ///< for --row
  std::string_view title;  ///< for the table
  LifeOptions life;
  Disturbance disturbance;
  TrialOptions trial;
  Bar bar;
  std::optional<bool> updates;  ///< only with or only without; nullopt: both
};

[[nodiscard]] const std::vector<Row>& rows();

struct Run {
  std::uint64_t seed = 7;
  std::size_t lives = 100;  ///< each of them in every form
  unsigned threads = 1;
  std::size_t examples = 5;  ///< faults and wrong answers kept for people
};

struct Measured {
  static constexpr std::size_t kForms = 6;
  std::array<Tally, kForms> by_form;  ///< as in forms()
  std::vector<std::string> examples;

  [[nodiscard]] Tally total() const;
};

/// Depends on the row's name, seed and number of lives alone.
[[nodiscard]] Measured measure(const Row& row, const std::vector<Recording>& recordings,
                               const Run& run);

/// What falls short of the row's bar, one line each; empty: nothing.
[[nodiscard]] std::string shortcomings(const Row& row, const Tally& tally);

}  // namespace vmtrail::disorder
