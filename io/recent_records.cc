// SPDX-License-Identifier: Apache-2.0

#include "io/recent_records.h"

#include <algorithm>
#include <utility>

namespace vmtrail {

namespace {

constexpr char kDevice[] = "default";
constexpr std::size_t kKept = 2;  // batches that nobody reads

}  // namespace

void RecordBatch::add(const ChangeRecord& record, bool zenoss) {
  Place place{record.sequence, record.type, text_.size(), 0, 0};
  cloudevents_.append(text_, record);
  place.zenoss = text_.size();
  if (zenoss) append_zenoss(text_, record, kDevice);
  place.end = text_.size();
  places_.push_back(place);
}

void RecordBatch::clear() {
  text_.clear();
  places_.clear();
}

RecordBatch::Record RecordBatch::operator[](std::size_t index) const {
  const Place& place = places_[index];
  const std::string_view text = text_;
  return {place.sequence, place.type, text.substr(place.begin, place.zenoss - place.begin),
          text.substr(place.zenoss, place.end - place.zenoss)};
}

std::unique_ptr<RecordBatch> RecordBatches::Shelf::take() {
  const std::lock_guard lock(mutex_);
  if (batches_.empty()) return std::make_unique<RecordBatch>();
  auto batch = std::move(batches_.back());
  batches_.pop_back();
  return batch;
}

void RecordBatches::Shelf::give_back(std::unique_ptr<RecordBatch> used) {
  used->clear();
  const std::lock_guard lock(mutex_);
  if (batches_.size() < kKept) batches_.push_back(std::move(used));
}

std::shared_ptr<RecordBatch> RecordBatches::blank() {
  return {shelf_->take().release(), [shelf = shelf_](RecordBatch* used) {
            shelf->give_back(std::unique_ptr<RecordBatch>(used));
          }};
}

void RecentRecords::begin_behind(Sequence sequence) {
  const std::lock_guard lock(mutex_);
  newest_ = sequence;
}

void RecentRecords::append(std::shared_ptr<const RecordBatch> batch) {
  {
    const std::lock_guard lock(mutex_);
    newest_ = batch->last();
    bytes_ += batch->bytes();
    batches_.push_back(std::move(batch));
    // One stays, however large: whoever is up to date need not read it elsewhere.
    while (bytes_ > most_bytes_ && batches_.size() > 1) {
      bytes_ -= batches_.front()->bytes();
      batches_.pop_front();
    }
    more_.notify_all();
  }
  if (on_append_) on_append_();
}

RecentRecords::Found RecentRecords::find(Sequence sequence) const {
  if (sequence >= newest_) return {};
  const auto batch =
      std::upper_bound(batches_.begin(), batches_.end(), sequence,
                       [](Sequence wanted, const auto& one) { return wanted < one->last(); });
  const auto next = static_cast<std::uint64_t>(sequence) + 1;
  if (batch == batches_.end()) return {nullptr, Sequence{static_cast<std::uint64_t>(newest_) + 1}};
  if (static_cast<std::uint64_t>((*batch)->first()) > next) return {*batch, (*batch)->first()};
  return {*batch, std::nullopt};
}

RecentRecords::Found RecentRecords::after(Sequence sequence, const std::stop_token& stop,
                                          Clock::time_point until) {
  std::unique_lock lock(mutex_);
  more_.wait_until(lock, stop, until, [&] { return sequence < newest_; });
  return find(sequence);
}

RecentRecords::Found RecentRecords::after(Sequence sequence) const {
  const std::lock_guard lock(mutex_);
  return find(sequence);
}

Sequence RecentRecords::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

}  // namespace vmtrail
