// SPDX-License-Identifier: Apache-2.0

#include "io/record_backlog.h"

#include <utility>

namespace vmtrail {

namespace {

constexpr std::size_t kBlocks = 16;
constexpr std::size_t kBlock = std::size_t{32} << 10;  // bytes, and a record

}  // namespace

void RecordLines::on_record(const ChangeRecord& record) {
  char* const to = file_.room(cloudevents_.prepare(record) + 1);
  char* const end = cloudevents_.write(to, record);
  *end = '\n';
  file_.wrote(end + 1);
}

RecordBacklog::RecordBacklog(OutputFile& file, std::string_view source)
    : file_(file), lines_(file, source), spare_(kBlocks - 1) {
  writer_.begin(filling_);
}

void RecordBacklog::on_record(const ChangeRecord& record) {
  writer_.add(record);
  if (writer_.size() >= kBlock) hand_over();
}

void RecordBacklog::hand_over() {
  writer_.finish();
  std::unique_lock lock(mutex_);
  waiting_.push_back(std::exchange(filling_, FarBytes()));
  while (spare_.empty()) {
    lock.unlock();
    const std::lock_guard writing(writing_);
    lock.lock();
    if (!spare_.empty()) break;  // by whoever was at it
    lock.unlock();
    write_oldest();
    lock.lock();
  }
  filling_ = std::move(spare_.back());
  spare_.pop_back();
  writer_.begin(filling_);
}

void RecordBacklog::flush() {
  if (writer_.size() != 0) hand_over();
  const std::lock_guard writing(writing_);
  while (write_oldest()) {
  }
  file_.flush();
}

bool RecordBacklog::write_some() {
  const std::unique_lock writing(writing_, std::try_to_lock);
  return writing && write_oldest();
}

bool RecordBacklog::write_oldest() {
  std::unique_lock lock(mutex_);
  if (waiting_.empty()) return false;
  FarBytes oldest = std::move(waiting_.front());
  waiting_.pop_front();
  lock.unlock();
  tell_records(oldest, lines_);
  oldest.clear();
  lock.lock();
  spare_.push_back(std::move(oldest));
  return true;
}

}  // namespace vmtrail
