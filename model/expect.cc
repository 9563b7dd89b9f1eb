// SPDX-License-Identifier: Apache-2.0
// Reading ahead: memory is slow, but many reads take hardly longer than one.

#include <algorithm>
#include <array>

#include "model/impl.h"
#include "model/prefetch.h"

namespace vmtrail {

// What an event reads hangs together like a chain: index, slot, instance, its last operation, the
// facts of that. Each step is taken for all instances before the next.
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
  for (const Instance* const instance : of_awake) {
    if (instance->held) prefetch(&instance->held->operations.back());
    __builtin_prefetch(instance->remembered.entries().data());
    impl.names.prefetch(instance->answer.name);
  }
  for (const Instance* const instance : of_awake) {
    impl.names.prefetch_text(instance->answer.name);
    if (!instance->held) continue;
    const Facts& facts = instance->held->operations.back().facts;
    prefetch(&facts.back());
    prefetch(&facts.back() + 1);  // where the next one goes
  }
}

}  // namespace vmtrail
