// SPDX-License-Identifier: Apache-2.0
// The spellings of the closed sets of words, each in the order of its enumerators.

#include "vmtrail/words.h"

#include <array>
#include <cstddef>

namespace vmtrail {
namespace {

using Names = std::string_view;

constexpr std::array<Names, 17> kOperationKinds = {
    "update",  "boot",   "live_migration", "resize", "confirm",        "revert",
    "rebuild", "shelve", "unshelve",       "delete", "soft_delete",    "restore",
    "action",  "volume", "audit",          "abort",  "force_complete",
};
constexpr std::array<Names, 25> kPhases = {
    "none",      "start",       "prepared",     "switched",  "at_destination",
    "completed", "source_done", "rolling_back", "failed",    "copying",
    "finishing", "finished",    "confirming",   "confirmed", "reverting",
    "reverted",  "evacuate",    "scheduled",    "shelved",   "offloading",
    "offloaded", "end",         "requested",    "raised",    "raised_after_switch",
};
constexpr std::array<Names, 5> kConfidences = {"unknown", "confirmed", "probable", "unplaced",
                                               "deleted"};
constexpr std::array<Names, 4> kMigrationKinds = {"live_migration", "cold_migration", "resize",
                                                  "evacuation"};
constexpr std::array<Names, 7> kOutcomes = {
    "in_progress", "completed", "reverted", "failed", "aborted", "uncertain", "stuck",
};
constexpr std::array<Names, 6> kPowerStates = {"",         "running",   "paused",
                                               "shutdown", "suspended", "crashed"};
constexpr std::array<Names, 3> kHostStatuses = {"up", "disabled", "down"};
constexpr std::array<Names, 8> kTreatments = {"no_witness", "placed",  "agreed",    "bystander",
                                              "rebuilding", "deleted", "duplicate", "too_late"};
constexpr std::array<Names, 6> kSeverities = {"clear",   "debug", "info",
                                              "warning", "error", "critical"};

/// A word's spellings and the number of the first.
template <class Word>
struct Spellings;
template <>
struct Spellings<OperationKind> {
  static constexpr const auto& kNames = kOperationKinds;
  static constexpr std::size_t kFirst = 0;
};
template <>
struct Spellings<Phase> {
  static constexpr const auto& kNames = kPhases;
  static constexpr std::size_t kFirst = 0;
};
template <>
struct Spellings<Confidence> {
  static constexpr const auto& kNames = kConfidences;
  static constexpr std::size_t kFirst = 0;
};
template <>
struct Spellings<MigrationKind> {
  static constexpr const auto& kNames = kMigrationKinds;
  static constexpr std::size_t kFirst = 1;
};
template <>
struct Spellings<Outcome> {
  static constexpr const auto& kNames = kOutcomes;
  static constexpr std::size_t kFirst = 0;
};
template <>
struct Spellings<PowerState> {
  static constexpr const auto& kNames = kPowerStates;
  static constexpr std::size_t kFirst = 0;
};
template <>
struct Spellings<HostStatus> {
  static constexpr const auto& kNames = kHostStatuses;
  static constexpr std::size_t kFirst = 0;
};
template <>
struct Spellings<Treatment> {
  static constexpr const auto& kNames = kTreatments;
  static constexpr std::size_t kFirst = 0;
};
template <>
struct Spellings<Severity> {
  static constexpr const auto& kNames = kSeverities;
  static constexpr std::size_t kFirst = 0;
};

template <class Word>
std::string_view spelled(Word word) {
  const std::size_t index = static_cast<std::size_t>(word) - Spellings<Word>::kFirst;
  return index < Spellings<Word>::kNames.size() ? Spellings<Word>::kNames[index]
                                                : std::string_view{};
}

}  // namespace

std::string_view name(OperationKind kind) {
  return spelled(kind);
}
std::string_view name(Phase phase) {
  return spelled(phase);
}
std::string_view name(Confidence confidence) {
  return spelled(confidence);
}
std::string_view name(MigrationKind kind) {
  return spelled(kind);
}
std::string_view name(Outcome outcome) {
  return spelled(outcome);
}
std::string_view name(PowerState state) {
  return spelled(state);
}
std::string_view name(HostStatus status) {
  return spelled(status);
}
std::string_view name(Treatment treatment) {
  return spelled(treatment);
}
std::string_view name(Severity severity) {
  return spelled(severity);
}

template <class Word>
std::optional<Word> parse_word(std::string_view text) {
  const auto& names = Spellings<Word>::kNames;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == text) return static_cast<Word>(i + Spellings<Word>::kFirst);
  }
  return std::nullopt;
}

template std::optional<OperationKind> parse_word(std::string_view text);
template std::optional<Phase> parse_word(std::string_view text);
template std::optional<Confidence> parse_word(std::string_view text);
template std::optional<MigrationKind> parse_word(std::string_view text);
template std::optional<Outcome> parse_word(std::string_view text);
template std::optional<PowerState> parse_word(std::string_view text);
template std::optional<HostStatus> parse_word(std::string_view text);
template std::optional<Treatment> parse_word(std::string_view text);
template std::optional<Severity> parse_word(std::string_view text);

}  // namespace vmtrail
