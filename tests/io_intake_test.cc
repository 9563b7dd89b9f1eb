// SPDX-License-Identifier: Apache-2.0
// Who may look at the model when: the keeper, or one of those to whom it is lent.

#include "io/intake.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "tests/live.h"
#include "tests/scratch.h"

namespace vmtrail {
namespace {

using testing::HandSource;
using testing::lines_of;
using testing::Live;
using testing::Scratch;

TEST_CASE(
    "Quick questions of many threads are each answered once, one at a time, whatever goes on") {
  const Scratch scratch;
  Live live({}, scratch.path());
  HandSource source(live.intake);
  const auto lines = lines_of(testing::file_of("live_migration", "nova.bodies.jsonl"));
  constexpr int kThreads = 4;
  constexpr int kEach = 2'000;
  // Neither is atomic: two at the same time would lose some, and a thread sanitizer tells of them.
  int answered = 0;
  std::uint64_t events = 0;
  bool backwards = false;
  std::atomic<int> refused = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int k = 0; k < kEach; ++k) {
          const auto done = std::make_shared<std::promise<void>>();
          const bool asked = live.intake.ask_quick([&, done](Keeper& keeper) {
            ++answered;
            const std::uint64_t now = keeper.counts().events;
            backwards = backwards || now < events;
            events = now;
            done->set_value();
          });
          if (!asked) {
            ++refused;
          } else {
            done->get_future().wait();
          }
        }
      });
    }
    for (const std::string& line : lines) source.put(line);
    source.settled_all();
  }
  CHECK(answered == kThreads * kEach);
  CHECK(refused == 0);
  CHECK_FALSE(backwards);
  CHECK(live.await_events(lines.size()).events == lines.size());
}

TEST_CASE(
    "Who asks an idle keeper quickly is answered in his own thread: at work it answers itself") {
  Live live;
  const auto answerer = [&] {
    const auto told = std::make_shared<std::promise<std::thread::id>>();
    REQUIRE(
        live.intake.ask_quick([told](Keeper&) { told->set_value(std::this_thread::get_id()); }));
    return told->get_future().get();
  };
  // The keeper may still be on its way to wait.
  while (answerer() != std::this_thread::get_id()) {
  }
  const auto keeper = std::make_shared<std::promise<std::thread::id>>();
  const auto end = std::make_shared<std::promise<void>>();
  REQUIRE(live.intake.ask([keeper, end](Keeper&) {
    keeper->set_value(std::this_thread::get_id());
    end->get_future().wait();
  }));
  const std::thread::id busy = keeper->get_future().get();
  const auto told = std::make_shared<std::promise<std::thread::id>>();
  REQUIRE(live.intake.ask_quick([told](Keeper&) { told->set_value(std::this_thread::get_id()); }));
  end->set_value();
  CHECK(told->get_future().get() == busy);
  live.intake.close();
  CHECK_FALSE(live.intake.ask_quick([](Keeper&) {}));
}

}  // namespace
}  // namespace vmtrail
