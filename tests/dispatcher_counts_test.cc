// SPDX-License-Identifier: Apache-2.0

#include <catch2/catch.hpp>

#include "tests/model_stream.h"

namespace vmtrail {
namespace {

using testing::Machine;
using testing::Made;
using testing::made;
using testing::shipped_rules;

std::uint64_t of(const std::array<std::uint64_t, 256>& counts, ErrorCode code) {
  return counts[static_cast<std::size_t>(code)];
}

TEST_CASE("Every event is counted once, with what became of it") {
  Machine machine(shipped_rules());
  const Made boot = made("create.end", 0, "a", "req-1");
  machine.feed(boot);
  machine.feed(boot);
  Made foreign = made("create.end", 1, "a", "req-2");
  foreign.event_type = "image.update";
  machine.feed(foreign);
  machine.feed(foreign);
  Made nobody = made("create.end", 2, "a", "req-3");
  nobody.fields.erase(Field::instance_id);
  machine.feed(nobody);
  Made odd = made("create.end", 3, "a", "req-4", {{Field::instance_id, "instance-00000001"}});
  machine.feed(odd);
  machine.feed(odd);  // what is quarantined is not remembered: each copy is quarantined
  machine.dispatcher.on_sample();
  machine.dispatcher.on_skipped_line();
  machine.dispatcher.on_undecodable({ErrorCode::invalid_json, "", "{", 0, 1});

  const Counts& counts = machine.dispatcher.counts();
  CHECK(counts.events == 9);
  CHECK(counts.applied == 1);
  CHECK(counts.duplicate == 2);
  CHECK(of(counts.ignored, ErrorCode::no_rule) == 1);
  CHECK(of(counts.ignored, ErrorCode::no_instance) == 1);
  CHECK(of(counts.ignored, ErrorCode::sample) == 1);
  CHECK(counts.total_ignored() == 3);
  CHECK(of(counts.quarantined, ErrorCode::bad_instance_id) == 2);
  CHECK(of(counts.quarantined, ErrorCode::invalid_json) == 1);
  CHECK(counts.total_quarantined() == 3);
  CHECK(counts.skipped_lines == 1);
  CHECK(machine.quarantine.last == ErrorCode::invalid_json);
}

TEST_CASE("The ids of instances are compared without regard to case") {
  Machine machine(shipped_rules());
  machine.feed(made("create.end", 0, "a", "req-1"));
  Made upper = made("power_off.end", 1000, "a", "req-2");
  upper.fields[Field::instance_id] = "87BE4B45-E214-4CA3-8F5C-1BD31159F9E4";
  machine.feed(upper);
  CHECK(machine.model.instance_count() == 1);
  CHECK(machine.vm().updated_at == upper.generated);
}

TEST_CASE("Records are counted by type") {
  Machine machine(shipped_rules());
  machine.feed(testing::live_migration("req-1", 0, "a", "b"));
  const Counts& counts = machine.dispatcher.counts();
  std::uint64_t total = 0;
  for (const std::uint64_t count : counts.records) total += count;
  CHECK(total == machine.records.types.size());
  CHECK(counts.records[static_cast<std::size_t>(RecordType::migration_completed)] == 1);
}

TEST_CASE("The records of one event come in the order of the contract") {
  Machine machine(shipped_rules());
  Made boot = made("create.end", 0, "a", "req-1", {{Field::task_state, "x"}});
  machine.feed(boot);
  CHECK(machine.records.types ==
        std::vector{RecordType::instance_created, RecordType::instance_placed,
                    RecordType::instance_state_changed, RecordType::instance_task_changed,
                    RecordType::instance_power_changed});
}

}  // namespace
}  // namespace vmtrail
