// SPDX-License-Identifier: Apache-2.0
// Spellings of the closed sets of words.

#include <set>

#include <catch2/catch.hpp>

#include "vmtrail/event.h"
#include "vmtrail/words.h"

using namespace vmtrail;

namespace {

template <class Word>
void check_all(int first, int last) {
  std::set<std::string_view> names;
  for (int i = first; i <= last; ++i) {
    const auto word = static_cast<Word>(i);
    INFO(i << " " << name(word));
    CHECK(names.insert(name(word)).second);
    CHECK(parse_word<Word>(name(word)) == word);
  }
  CHECK(name(static_cast<Word>(last + 1)).empty());
  CHECK_FALSE(parse_word<Word>("no such word"));
}

}  // namespace

TEST_CASE("every word reads back as what it was") {
  check_all<OperationKind>(0, static_cast<int>(OperationKind::force_complete));
  check_all<Phase>(0, static_cast<int>(Phase::raised_after_switch));
  check_all<Confidence>(0, static_cast<int>(Confidence::deleted));
  check_all<MigrationKind>(1, static_cast<int>(MigrationKind::evacuation));
  check_all<Outcome>(0, static_cast<int>(Outcome::stuck));
  check_all<PowerState>(0, static_cast<int>(PowerState::crashed));
  check_all<HostStatus>(0, static_cast<int>(HostStatus::down));
  check_all<Treatment>(0, static_cast<int>(Treatment::too_late));
  check_all<Severity>(0, static_cast<int>(Severity::critical));
}

TEST_CASE("words are spelled as records and rules spell them") {
  CHECK(name(OperationKind::none) == "update");
  CHECK(name(OperationKind::remove) == "delete");
  CHECK(name(OperationKind::live_migration) == "live_migration");
  CHECK(name(OperationKind::force_complete) == "force_complete");
  CHECK(name(Phase::at_destination) == "at_destination");
  CHECK(name(Phase::source_done) == "source_done");
  CHECK(name(Phase::rolling_back) == "rolling_back");
  CHECK(name(Phase::evacuate) == "evacuate");
  CHECK(name(Phase::end) == "end");
  CHECK(name(Confidence::unplaced) == "unplaced");
  CHECK(name(MigrationKind::cold_migration) == "cold_migration");
  CHECK(name(Outcome::in_progress) == "in_progress");
  CHECK(name(PowerState::unknown).empty());
  CHECK(name(PowerState::suspended) == "suspended");
  CHECK(name(HostStatus::disabled) == "disabled");
}

TEST_CASE("fields have distinct names") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kFieldCount; ++i) names.insert(name(static_cast<Field>(i)));
  CHECK(names.size() == kFieldCount);
  CHECK(name(Field::payload_host) == "payload_host");
  CHECK(name(Field::audit_period_ending) == "audit_period_ending");
  CHECK(name(Field::forced_down) == "forced_down");
}
