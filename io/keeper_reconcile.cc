// SPDX-License-Identifier: Apache-2.0
// What the keeper does for the reconciler.

#include <utility>

#include "io/keeper.h"

namespace vmtrail {

namespace {

constexpr char kSource[] = "reconcile:";  // of the figures

}  // namespace

void Keeper::note_changed() {
  changed_.emplace();
}

void Keeper::forget_changed() {
  changed_.reset();
}

std::size_t Keeper::apply(const Reconciliation& found, Time listed) {
  if (found.drift.empty()) return 0;
  const Counts& counts = books_->dispatcher.counts();
  const std::uint64_t before = counts.applied;
  generated_ = listed;
  auto changed = std::exchange(changed_, std::nullopt);  // by events, that is
  books_->dispatcher.set_frame({});
  const std::vector<std::string> ids =
      vmtrail::apply(found, listed, books_->model, books_->dispatcher);
  changed_ = std::move(changed);
  if (store_) {
    for (const std::string& id : ids) batch_.messages.add(MessageId(id), listed);
  }
  sources_[kSource].counts.applied += counts.applied - before;
  batch_.events += ids.size();
  if (!batch_begun_) batch_begun_ = Clock::now();
  return ids.size();
}

}  // namespace vmtrail
