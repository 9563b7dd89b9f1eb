// SPDX-License-Identifier: Apache-2.0
// Where instances and what is packed of them lie: nothing is lost, nothing piles up.

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "model/byte_pool.h"
#include "model/instances.h"
#include "model/packed_memory.h"

namespace vmtrail {
namespace {

using namespace std::chrono_literals;

TEST_CASE("Bytes of a pool belong to who took them, and go to the next who wants as many") {
  struct Taken {
    std::uint8_t* bytes;
    std::size_t size;
    std::uint8_t mark;
  };
  BytePool pool;
  std::vector<Taken> all;
  std::mt19937 random(7);
  std::size_t taken = 0;
  const auto give_back_one = [&] {
    std::swap(all[random() % all.size()], all.back());
    const Taken one = all.back();
    all.pop_back();
    REQUIRE(std::all_of(one.bytes, one.bytes + one.size,
                        [&](std::uint8_t byte) { return byte == one.mark; }));
    pool.give_back(one.bytes, one.size);
    taken -= one.size;
  };
  for (int i = 0; i < 20'000; ++i) {
    if (!all.empty() && random() % 5 < 2) {
      give_back_one();
    } else {
      const std::size_t size = BytePool::kStep * (1 + random() % (BytePool::kLargest / 8));
      const auto mark = static_cast<std::uint8_t>(random());
      all.push_back({pool.take(size), size, mark});
      REQUIRE(reinterpret_cast<std::uintptr_t>(all.back().bytes) % BytePool::kStep == 0);
      std::memset(all.back().bytes, mark, size);
      taken += size;
    }
    REQUIRE(pool.taken() == taken);
  }
  while (!all.empty()) give_back_one();
  CHECK(pool.taken() == 0);
  const std::size_t idle = pool.idle();
  std::uint8_t* const again = pool.take(96);
  CHECK(pool.idle() == idle - 96);
  pool.give_back(again, 96);
  CHECK(pool.idle() == idle);
}

// Bytes that the program has from it; always the same with a sanitizer.
std::size_t heap() {
#ifdef __GLIBC__
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
#else
  return 0;
#endif
}

// Everybody's bytes grow by and by, so that what one leaves is of no use for another.
TEST_CASE("Packed bytes stay what they are while they are tidied, and what is idle is bounded") {
  constexpr std::size_t kMany = 4000;
  constexpr std::size_t kRounds = 130;
  constexpr std::size_t kAtOnce = 16;
  std::mt19937 random(5);
  std::vector<std::vector<std::uint8_t>> bytes(kMany);
  for (auto& one : bytes) one.reserve(4096);
  std::vector<PackedMemory::Place> places;
  places.reserve(kMany);
  const std::size_t before = heap();
  PackedMemory memory;
  for (const auto& one : bytes) places.push_back(memory.put(one));
  std::size_t next = 0;
  std::size_t tidied = 0;
  std::size_t size = 0;  // of all bytes
  std::size_t most = 0;  // of the heap, beyond three times as much
  for (std::size_t i = 0; i < kRounds * kMany; ++i) {
    const std::size_t which = random() % kMany;
    std::vector<std::uint8_t>& own = bytes[which];
    REQUIRE(std::equal(own.begin(), own.end(), PackedMemory::bytes_at(places[which])));
    memory.drop(places[which]);
    size -= own.size();
    own.resize(own.size() + random() % 15, static_cast<std::uint8_t>(random()));
    size += own.size();
    places[which] = memory.put(own);
    if (memory.to_be_tidied()) {
      for (std::size_t left = kAtOnce; left > 0 && next < kMany; --left, ++next) {
        places[next] = memory.tidied(places[next]);
      }
      if (next == kMany) {
        memory.end_tidying();
        next = 0;
        ++tidied;
      }
    }
    if (i % kMany == 0) most = std::max(most, heap() - std::min(heap(), before + 3 * size));
  }
  CHECK(tidied > 1);
  CHECK(most < 1U << 20);  // if nobody tidied, two million
  for (std::size_t i = 0; i < kMany; ++i) {
    REQUIRE(std::equal(bytes[i].begin(), bytes[i].end(), PackedMemory::bytes_at(places[i])));
    memory.drop(places[i]);
  }
}

InstanceId id_of(std::uint32_t number) {
  char text[37];
  std::snprintf(text, sizeof text, "%08x-0000-4000-8000-%012x", number, number);
  return *InstanceId::parse(text);
}

TEST_CASE("Instances that wake and rest in any order are what they were, whoever else is awake") {
  constexpr std::uint32_t kInstances = 1000;
  constexpr std::uint32_t kRounds = 55;
  Instances instances;
  [[maybe_unused]] const std::size_t before = heap();
  std::vector<std::uint32_t> places;
  for (std::uint32_t i = 0; i < kInstances; ++i) {
    Instance& created = instances.add(id_of(i));
    created.answer.name = NameId{i + 100};
    places.push_back(created.place);
    if (i % 50 != 0) instances.rest(created);
  }
  std::mt19937 random(3);
  const Time begin{std::chrono::hours{24 * 365 * 50}};
  const auto request_of = [](std::uint32_t place, std::uint32_t round) {
    return RequestId("req-" + std::to_string(place) + '-' + std::to_string(round));
  };
  for (std::uint32_t round = 0; round < kRounds; ++round) {
    std::shuffle(places.begin(), places.end(), random);
    for (const std::uint32_t place : places) {
      Instance& woken = instances.wake(place);
      const Time at = begin + round * 1h + place * 1s;
      woken.past.push_back({.from = at,
                            .to = at + 30min,
                            .host = NameId{round + 1},
                            .confidence = Confidence::confirmed,
                            .cause = IntervalCause::live_migration});
      if (round % 8 == 0) {
        MigrationView own;
        own.started_at = at;
        own.outcome = Outcome::completed;
        woken.migrations.emplace_back(request_of(place, round), own).set_told(own);
      }
      woken.folded.add(request_of(place, round));
      woken.newest = at + 30min;
      instances.mark_changed(woken);
      if (place % 50 != 0) instances.rest(woken);
    }
    static_cast<void>(instances.add(id_of(kInstances + round)));  // whoever comes meanwhile
    Instance room;
    for (std::uint32_t place = 0; place < kInstances; ++place) {
      const Instance& found = instances.read(place, room);
      REQUIRE(found.id == id_of(place));
      REQUIRE(found.answer.name == NameId{place + 100});
      REQUIRE(found.past.size() == round + 1);
      REQUIRE(found.past.front().to == begin + place * 1s + 30min);
      REQUIRE(found.migrations.size() == round / 8 + 1);
      REQUIRE(found.migrations.back().told() == found.migrations.back().view());
      REQUIRE(found.folded.contains(request_of(place, round)));
      REQUIRE(found.newest == begin + round * 1h + place * 1s + 30min);
    }
    std::size_t changed = 0;
    instances.for_each_changed([&](const InstanceId&) { ++changed; });
    REQUIRE(changed == kInstances);
    instances.clear_changed([](const Instance&) {});
  }
  CHECK(Packer().pack(instances.wake(1)).size() > BytePool::kLargest);  // those are kept elsewhere
#ifdef __GLIBC__
  CHECK(heap() - before < 5'000'000);  // if nobody tidied, 28 million
#endif
}

}  // namespace
}  // namespace vmtrail
