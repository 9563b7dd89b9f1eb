// SPDX-License-Identifier: Apache-2.0
// What is kept of a migration: whatever becomes of it, and wherever it is moved, what was told of
// it stays what was told.

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "model/instance.h"
#include "model/migration.h"
#include "model/packed.h"
#include "tests/model_stream.h"

namespace vmtrail {
namespace {

using namespace testing;

/// A migration and what it is to be.
struct Known {
  MigrationEntry entry;
  MigrationView view;
  std::optional<MigrationView> told;

  void check() const {
    REQUIRE(entry.view() == view);
    REQUIRE(entry.told() == told);
    REQUIRE(entry.is_told_as_it_is() == (told == view));
  }
};

class Migrations {
 public:
  Known made() {
    const MigrationView own = view();
    const RequestId request = is(4) ? RequestId() : RequestId("req-" + std::to_string(number(9)));
    return {MigrationEntry(request, own), own, std::nullopt};
  }
  void change(Known& known) {
    if (is(2)) {
      known.told = is(2) ? known.view : view();
      known.entry.set_told(*known.told);
      return;
    }
    MigrationEnding ending = known.entry.ending();
    (is(2) ? ending.confirmed : ending.reverted) = is(2);
    ending.confirmed_at = is(2) ? OptionalTime(time()) : OptionalTime();
    known.entry.set_ending(ending);
    known.view = known.entry.own();
    if (ending.confirmed) known.view.outcome = Outcome::completed;
    if (ending.reverted) known.view.outcome = Outcome::reverted;
    known.view.confirmed_at = ending.confirmed_at;
  }
  std::size_t number(std::size_t end) { return random_() % end; }
  bool is(unsigned one_in) { return number(one_in) == 0; }

 private:
  MigrationView view() {
    MigrationView view;
    view.started_at = time();
    if (is(2)) view.finished_at = time();
    view.source = NameId{static_cast<std::uint32_t>(number(3))};
    view.destination = NameId{static_cast<std::uint32_t>(number(3))};
    view.kind = is(2) ? MigrationKind::resize : MigrationKind::live_migration;
    view.outcome = is(2) ? Outcome::in_progress : Outcome::completed;
    return view;
  }
  Time time() { return Time(std::chrono::seconds(1 + number(3))); }

  std::mt19937 random_{11};
};

TEST_CASE("Each migration has the counterpart that is as many-th of those that are the same") {
  Migrations random;
  for (int round = 0; round < 3000; ++round) {
    std::vector<MigrationEntry> all;
    for (int i = 0; i < round % 7; ++i) all.push_back(random.made().entry);
    std::vector<MigrationEntry> others = all;
    if (others.size() > 1) std::rotate(others.begin(), others.begin() + round % 2, others.end());
    for (int i = 0; i < round % 5; ++i) others.push_back(random.made().entry);
    if (round % 4 == 0 && !others.empty()) others.erase(others.begin());

    std::vector<const MigrationEntry*> taken;
    for (std::size_t which = 0; which < all.size(); ++which) {
      const auto free =
          std::find_if(others.begin(), others.end(), [&](const MigrationEntry& other) {
            return other.is(all[which]) &&
                   std::find(taken.begin(), taken.end(), &other) == taken.end();
          });
      const MigrationEntry* const expected = free == others.end() ? nullptr : &*free;
      REQUIRE(counterpart(all, which, others) == expected);
      if (expected != nullptr) taken.push_back(expected);
    }
  }
}

TEST_CASE("What was told of a migration stays what was told, whatever becomes of it") {
  Migrations random;
  std::vector<Known> all;
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t which = random.number(all.size() + 1);
    if (which == all.size() || all.size() < 8) {
      all.push_back(random.made());
    } else if (random.is(8)) {
      all[which] = Known(all[random.number(all.size())]);
    } else if (random.is(8)) {
      all.erase(all.begin() + static_cast<std::ptrdiff_t>(which));
    } else {
      random.change(all[which]);
    }
    for (const Known& known : all) known.check();
  }
}

TEST_CASE("An instance that is packed keeps what was told of its migrations") {
  Migrations random;
  std::vector<Known> all;
  Instance packed;
  for (int i = 0; i < 500; ++i) {
    Known known = random.made();
    for (std::size_t changes = random.number(4); changes > 0; --changes) random.change(known);
    packed.migrations.push_back(known.entry);
    all.push_back(std::move(known));
  }
  Packer packer;
  Instance unpacked;
  packer.unpack(packer.pack(packed).data(), unpacked);
  REQUIRE(unpacked.migrations.size() == all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].entry = unpacked.migrations[i];
    all[i].check();
    CHECK(unpacked.migrations[i].request() == packed.migrations[i].request());
  }
}

TEST_CASE("What was told of a migration that is not as it was told stays told, whatever is heard") {
  Machine machine(shipped_rules());
  const std::vector<Made> stream = live_migration("req-1", 0, "src", "dst");
  machine.feed(stream[4]);  // the end on the destination; where it came from is not known
  const std::size_t records = machine.records.types.size();
  for (int i = 1; i <= 3; ++i) {
    machine.feed(made("update", i * 10, "ctl", "req-1"));
    machine.feed(made("update", i * 10 + 5, "ctl", "req-" + std::to_string(i + 1)));
  }
  CHECK(machine.records.types.size() == records);
  machine.feed(stream[5]);
  const auto& types = machine.records.types;
  CHECK(std::count(types.begin(), types.end(), RecordType::migration_started) == 1);
  CHECK(std::count(types.begin(), types.end(), RecordType::migration_completed) == 1);
  CHECK(std::count(types.begin(), types.end(), RecordType::migration_corrected) == 0);
  CHECK(machine.records.differences(machine.model) == "");
}

TEST_CASE("Migrations without a request that began at one time are told one each") {
  Machine machine(shipped_rules());
  const std::map<Field, std::string> on_a{{Field::payload_host, "a"}};
  machine.feed(made("live_migration.pre.start", 0, "b", "", on_a));
  machine.feed(made("live_migration.pre.start", 0, "c", "", on_a));
  for (int i = 1; i <= 3; ++i) machine.feed(made("update", -i, "ctl", "req-2", on_a));
  const auto& types = machine.records.types;
  CHECK(machine.model.migrations().size() == 2);
  CHECK(std::count(types.begin(), types.end(), RecordType::migration_started) == 2);
  CHECK(std::count(types.begin(), types.end(), RecordType::migration_corrected) == 0);
}

}  // namespace
}  // namespace vmtrail
