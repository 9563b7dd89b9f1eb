// SPDX-License-Identifier: Apache-2.0
// The stream's time, and clocks that are wrong.

#include <catch2/catch.hpp>

#include <cstddef>
#include <string>
#include <vector>

#include "tests/model_stream.h"

namespace vmtrail {
namespace {

using testing::append;
using testing::kStart;
using testing::live_migration;
using testing::Machine;
using testing::Made;
using testing::made;
using testing::shipped_rules;

constexpr int kMinute = 60'000;

// Of another instance than kVm, with a clock that is 80 years ahead.
Made far_ahead(int number) {
  Made wrong = made("exists", number, "bad", "req-bad-" + std::to_string(number));
  wrong.generated += std::chrono::hours{24 * 365 * 80};
  wrong.fields[Field::instance_id] = "00000000-0000-4000-8000-000000000002";
  return wrong;
}

// Each is told, and ignored.
std::vector<Made> others(int count, int from_ms) {
  std::vector<Made> stream;
  for (int i = 0; i < count; ++i) stream.push_back(made("no.such", from_ms + i, "ctl", ""));
  return stream;
}

TEST_CASE("One wrong clock makes nothing old") {
  for (const bool of_the_instance : {false, true}) {
    for (const char* action : {"exists", "update", "no.such.type"}) {
      INFO(action << (of_the_instance ? " of the instance" : " of another"));
      std::vector<Made> stream = live_migration("req-1", 0, "src", "dst");
      Made wrong = made(action, 0, "ctl", "req-9");
      wrong.generated = kStart + std::chrono::hours{24 * 365 * 80};
      if (!of_the_instance) {
        wrong.fields[Field::instance_id] = "00000000-0000-4000-8000-000000000002";
      }
      stream.insert(stream.begin() + 2, wrong);
      Machine machine(shipped_rules());
      machine.feed(stream);
      machine.dispatcher.finish();
      CHECK(machine.vm().host == "dst");
      CHECK(machine.too_late() == 0);
      CHECK(machine.model.migrations()[0].outcome == Outcome::completed);
      CHECK(machine.records.differences(machine.model) == "");
    }
  }
}

TEST_CASE("Wrong clocks that were believed are so no more once others have gone on for a while") {
  for (const int wrong : {1, 8, 9}) {  // 1: the first event of all
    INFO(wrong);
    Machine machine(shipped_rules());
    if (wrong > 1) machine.feed(others(10, -100));
    for (int i = 0; i < wrong; ++i) machine.feed(far_ahead(i));
    REQUIRE(machine.model.stream_time() > kStart + std::chrono::hours{1});
    machine.feed(others(100, 0));
    CHECK(machine.model.stream_time() < kStart + std::chrono::hours{1});
    // Time goes on as if nothing had been: what comes in disorder is not late, for either clock.
    machine.feed(made("create.end", kMinute, "src", "req-0"));
    std::vector<Made> stream = live_migration("req-1", 2 * kMinute, "src", "dst");
    for (std::size_t i = stream.size(); i-- > 0;) {
      machine.feed(stream[i]);
      machine.dispatcher.advance(*machine.model.stream_time());
    }
    CHECK(machine.too_late() == 0);
    CHECK(machine.vm().host == "dst");
    CHECK(machine.model.migrations()[0].outcome == Outcome::completed);
    CHECK(machine.records.differences(machine.model) == "");
  }
}

TEST_CASE("What is remembered of copies stays bounded behind a wrong clock") {
  Machine machine(shipped_rules());
  for (int i = 0; i < 8; ++i) machine.feed(far_ahead(i));
  for (int i = 0; i < 200; ++i) {
    machine.feed(made("exists", i * 20 * kMinute, "src", "req-" + std::to_string(i)));
    machine.feed(others(70, i * 20 * kMinute));
  }
  CHECK(machine.too_late() == 0);
  CHECK(machine.model.snapshot().seen.size() < 150);
}

TEST_CASE("Old events that come among new ones do not turn time back") {
  Machine machine(shipped_rules());
  const int now = 24 * 60 * kMinute;
  machine.feed(made("create.end", now, "src", "req-0"));
  const auto stream = machine.model.stream_time();
  for (int i = 0; i < 1000; ++i) {
    if (i % 50 == 49) machine.feed(made("no.such", now - i, "ctl", ""));
    machine.feed(made("no.such", i, "ctl", ""));
  }
  CHECK(machine.model.stream_time() == stream);
}

}  // namespace
}  // namespace vmtrail
