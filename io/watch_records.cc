// SPDX-License-Identifier: Apache-2.0

#include "io/watch_records.h"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

namespace vmtrail {

namespace {

constexpr std::size_t kAtOnce = 256;
constexpr std::size_t kLookedInto = 4;  // batches

std::uint64_t number(Sequence sequence) {
  return static_cast<std::uint64_t>(sequence);
}

}  // namespace

WatchRecords::Outlined& WatchRecords::outlined_of(const std::shared_ptr<const RecordBatch>& batch) {
  const auto known = std::find_if(looked_into_.begin(), looked_into_.end(),
                                  [&](const Outlined& one) { return one.batch == batch; });
  if (known != looked_into_.end()) return *known;
  if (looked_into_.size() >= kLookedInto) looked_into_.pop_front();
  Outlined& added = looked_into_.emplace_back();
  added.batch = batch;
  added.outlines.resize(batch->size());
  return added;
}

WatchRecords::Found WatchRecords::read(Sequence behind, bool outlined, const Take& take) {
  const Sequence newest = recent_.newest();
  if (behind > newest) return Found::gone;
  const RecentRecords::Found found = recent_.after(behind);
  if (found.compacted) return read_stored(behind, newest, outlined, take);
  if (!found.batch) return Found::nothing;
  const RecordBatch& batch = *found.batch;
  Outlined* const looked = outlined ? &outlined_of(found.batch) : nullptr;
  // Sequences have no gaps.
  const std::size_t first = number(behind) + 1 - number(batch.first());
  const std::size_t end = std::min(batch.size(), first + kAtOnce);
  for (std::size_t i = first; i < end; ++i) {
    const RecordBatch::Record record = batch[i];
    const RecordOutline* outline = nullptr;
    if (looked != nullptr) {
      auto& its = looked->outlines[i];
      if (!its) its = outline_of(record.cloudevent);
      outline = &*its;
    }
    if (!take(record.sequence, record.cloudevent, outline)) break;
  }
  return Found::recent;
}

// The store may be ahead of the memory: what that does not have yet will come from there.
WatchRecords::Found WatchRecords::read_stored(Sequence behind, Sequence newest, bool outlined,
                                              const Take& take) {
  if (state_.empty()) return Found::gone;
  if (!store_) {
    auto opened = StoreReader::open(state_);
    if (!opened) {
      spdlog::error("watch: {}", opened.error().detail);
      return Found::failed;
    }
    store_ = std::move(*opened);
  }
  const auto page = store_->records_since(behind, kAtOnce);
  if (!page) {
    spdlog::error("watch: {}", page.error().detail);
    store_.reset();
    return Found::failed;
  }
  if (page->records.empty()) return page->compacted ? Found::gone : Found::nothing;
  std::uint64_t sequence = number(behind);
  for (const std::string& record : page->records) {
    if (sequence == number(newest)) break;
    std::optional<RecordOutline> outline;
    if (outlined) outline = outline_of(record);
    if (!take(Sequence{++sequence}, record, outline ? &*outline : nullptr)) break;
  }
  return Found::stored;
}

}  // namespace vmtrail
