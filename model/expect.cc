// SPDX-License-Identifier: Apache-2.0
// Reading ahead: memory is slow, but many reads take hardly longer than one.

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "model/impl.h"
#include "model/prefetch.h"

namespace vmtrail {

namespace {

constexpr std::size_t kMostFetched = 4;   // operations of an instance; few hold more
constexpr std::size_t kMostFacts = 12;    // of one of them, likewise
constexpr std::size_t kMostMoved = 1024;  // bytes

template <class Element>
bool is_full(const std::vector<Element>& elements) {
  return elements.size() == elements.capacity() && !elements.empty();
}
// What is full is moved when another one comes.
template <class Element>
void prefetch_all(const std::vector<Element>& elements) {
  prefetch(elements.data(), std::min(elements.size() * sizeof(Element), kMostMoved));
}

}  // namespace

inline void Model::Impl::prefetch_near(const Instance& instance) const {
  if (instance.held) {
    const Operations& operations = instance.held->operations;
    const Steps* const steps = instance.held->steps.get();
    operations.back().prefetch();
    if (steps != nullptr) prefetch(steps);
    if (operations.size() > 1) {
      const std::size_t first = operations.size() - std::min(operations.size(), kMostFetched);
      for (std::size_t i = first; i + 1 < operations.size(); ++i) operations[i].prefetch();
    }
    if (is_full(instance.past)) {
      prefetch_all(instance.past);
    } else {
      prefetch_line(instance.past.data() + instance.past.size());  // where the next one goes
    }
    if (is_full(instance.migrations)) prefetch_all(instance.migrations);
  }
  instance.remembered.prefetch();
  names.prefetch(instance.answer.name);
  names.prefetch(instance.answer.project_id);
  names.prefetch_host(instance.answer.host);
}

inline void Model::Impl::prefetch_far(const Instance& instance) const {
  names.prefetch_text(instance.answer.name);
  names.prefetch_text(instance.answer.project_id);
  names.prefetch_text(instance.answer.host);
  if (!instance.held) return;
  instance.folded.prefetch_next();
  if (const Steps* const steps = instance.held->steps.get()) {
    const std::uint32_t folded = steps->base.migrations;
    const std::uint32_t held = instance.answer.migrations - folded;
    if (held != 0) {
      prefetch(instance.migrations.data() + folded, held * sizeof(MigrationEntry));
    }
  }
  const Operation& oldest = instance.held->operations.front();
  if (stream && oldest.last < *stream - options.horizon) {  // is likely to be folded
    prefetch(oldest.facts.data(), std::min(oldest.facts.size(), kMostFacts) * sizeof(Fact));
    if (oldest.joinable) requests.prefetch(oldest.request);
  }
  const Facts& facts = instance.held->operations.back().facts;
  prefetch(&facts.back(), 2 * sizeof(Fact));  // and where the next one goes
}

void Model::Impl::expect_to_judge(std::span<const WithId> coming) const {
  constexpr std::size_t kApart = 4;
  if (coming.size() > 3 * kApart) prefetch(coming[3 * kApart].second);
  if (coming.size() > 2 * kApart) prefetch_near(*coming[2 * kApart].second);
  if (coming.size() > kApart) prefetch_far(*coming[kApart].second);
}

// What an event reads hangs together like a chain: index, slot, instance, its operations and what
// they have left, the facts of the last one. Each step is taken for all instances before the next.
void Model::expect(std::span<const Matched> coming) const {
  const Impl& impl = *impl_;
  if (impl.instances.stay_near()) return;
  coming = coming.first(std::min(coming.size(), kMaxComing));
  std::array<const Instance*, kMaxComing> awake;
  std::array<std::uint32_t, kMaxComing> places;
  std::array<std::size_t, kMaxComing> hashes;
  std::size_t hash_count = 0;
  for (const Matched& one : coming) {
    const std::size_t message = one.message.hash();
    impl.seen.prefetch(message);
    if (!one.instance) {
      impl.seen.prefetch_to_add(message);
      continue;
    }
    if (one.rule != nullptr && is_joinable(one.rule->operation)) {
      impl.requests.prefetch(one.request);
    }
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
  std::size_t count_packed = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Instance* const instance = impl.instances.prefetch(places[i]);
    if (instance != nullptr) {
      awake[count_awake++] = instance;
    } else {
      places[count_packed++] = places[i];
    }
  }
  // To read the first takes as long as it takes to come; meanwhile the others have.
  std::array<NameId, kMaxComing> projects;
  for (std::size_t i = 0; i < count_packed; ++i) {
    const Packer::Likely likely = impl.instances.likely(places[i]);
    impl.names.prefetch(likely.name);
    impl.names.prefetch(likely.project_id);
    impl.names.prefetch_host(likely.host);
    projects[i] = likely.project_id;
  }
  const auto of_awake = std::span(awake).first(count_awake);
  for (const Instance* const instance : of_awake) impl.prefetch_near(*instance);
  for (const Instance* const instance : of_awake) impl.prefetch_far(*instance);
  for (std::size_t i = 0; i < count_packed; ++i) impl.names.prefetch_text(projects[i]);
}

}  // namespace vmtrail
