// SPDX-License-Identifier: Apache-2.0
// Reading ahead: memory is slow, but many reads take hardly longer than one.

#include <algorithm>
#include <array>

#include "model/impl.h"
#include "model/prefetch.h"

namespace vmtrail {

namespace {

constexpr std::size_t kMostFetched = 4;  // operations of an instance; few hold more
constexpr std::size_t kMostFacts = 12;   // of one of them, likewise

}  // namespace

// What an event reads hangs together like a chain: index, slot, instance, its operations and what
// they have left, the facts of the last one. Each step is taken for all instances before the next.
void Model::expect(std::span<const Matched> coming) const {
  coming = coming.first(std::min(coming.size(), kMaxComing));
  const Impl& impl = *impl_;
  std::array<const Instance*, kMaxComing> awake;
  std::array<std::uint32_t, kMaxComing> places;
  std::array<std::size_t, kMaxComing> hashes;
  std::size_t hash_count = 0;
  for (const Matched& one : coming) {
    impl.seen.prefetch(one.message.hash());
    if (!one.instance) continue;
    impl.requests.prefetch(one.request);
    const std::size_t hash = one.instance->hash();
    impl.instances.prefetch_index(hash);
    hashes[hash_count++] = hash;
  }
  std::size_t count = 0;
  for (const std::size_t hash : std::span(hashes).first(hash_count)) {
    const std::uint32_t place = impl.instances.prefetch_slot(hash);
    if (place != PlaceIndex::kNone) places[count++] = place;
  }
  std::size_t count_awake = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Instance* const instance = impl.instances.prefetch(places[i]);
    if (instance != nullptr) awake[count_awake++] = instance;
  }
  const auto of_awake = std::span(awake).first(count_awake);
  const Time old =
      impl.stream ? *impl.stream - impl.options.horizon : Time::min();  // is likely to be folded
  for (const Instance* const instance : of_awake) {
    if (instance->held) {
      const Operations& operations = instance->held->operations;
      const std::size_t first = operations.size() - std::min(operations.size(), kMostFetched);
      for (std::size_t i = first; i < operations.size(); ++i) prefetch(&operations[i]);
      if (!instance->held->alike) prefetch(&instance->steps);
      __builtin_prefetch(instance->past.data() + instance->past.size());  // where the next one goes
    }
    __builtin_prefetch(instance->remembered.entries().data());
    impl.names.prefetch(instance->answer.name);
    impl.names.prefetch(instance->answer.project_id);
    impl.names.prefetch(instance->answer.host);
  }
  for (const Instance* const instance : of_awake) {
    impl.names.prefetch_text(instance->answer.name);
    impl.names.prefetch_text(instance->answer.project_id);
    if (!instance->held) continue;
    instance->folded.prefetch_next();
    if (!instance->held->alike) {
      const std::uint32_t folded = instance->steps.base.migrations;
      prefetch(instance->migrations.data() + folded,
               (instance->answer.migrations - folded) * sizeof(MigrationEntry));
    }
    const Operation& oldest = instance->held->operations.front();
    if (oldest.last < old) {
      prefetch(oldest.facts.data(), std::min(oldest.facts.size(), kMostFacts) * sizeof(Fact));
      if (oldest.joinable) impl.requests.prefetch(oldest.request);
    }
    const Facts& facts = instance->held->operations.back().facts;
    prefetch(&facts.back());
    prefetch(&facts.back() + 1);  // where the next one goes
  }
}

}  // namespace vmtrail
