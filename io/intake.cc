// SPDX-License-Identifier: Apache-2.0

#include "io/intake.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace vmtrail {

namespace {

constexpr std::size_t kUsed = 64;   // deliveries kept for their buffers
constexpr std::size_t kTaken = 64;  // at once: questions are answered in between

}  // namespace

bool Intake::has_room(std::size_t bytes) const {
  return deliveries_.empty() ||
         (deliveries_.size() < limits_.deliveries && bytes_ + bytes <= limits_.bytes);
}

bool Intake::may_take(const Delivery& delivery) const {
  return !closed_ && (delivery.decoded_by() == nullptr || delivery.decoded_by() == rules_.get());
}

void Intake::push(Delivery&& delivery) {
  bytes_ += delivery.bytes();
  deliveries_.push_back(std::move(delivery));
  something_.notify_one();
}

Delivery Intake::blank() {
  const std::lock_guard lock(mutex_);
  if (used_.empty()) return {};
  Delivery delivery = std::move(used_.back());
  used_.pop_back();
  return delivery;
}

std::shared_ptr<const RuleSet> Intake::rules() const {
  const std::lock_guard lock(mutex_);
  return rules_;
}

bool Intake::put(Delivery&& delivery, const std::stop_token& stop, Clock::time_point until) {
  std::unique_lock lock(mutex_);
  const auto ready = [&] { return !may_take(delivery) || has_room(delivery.bytes()); };
  if (!room_.wait_until(lock, stop, until, ready) || !may_take(delivery)) return false;
  push(std::move(delivery));
  return true;
}

bool Intake::try_put(Delivery& delivery) {
  const std::lock_guard lock(mutex_);
  if (!may_take(delivery) || !has_room(delivery.bytes())) return false;
  push(std::move(delivery));
  return true;
}

void Intake::when_room(std::size_t bytes, std::function<void()> call) {
  {
    const std::lock_guard lock(mutex_);
    if (!closed_ && !has_room(bytes)) {
      waiting_.push_back(std::move(call));
      return;
    }
  }
  call();
}

bool Intake::ask(Inquiry question) {
  const std::lock_guard lock(mutex_);
  if (closed_ || inquiries_.size() >= limits_.questions) return false;
  inquiries_.push_back(std::move(question));
  asked_ = true;
  something_.notify_one();
  return true;
}

bool Intake::ask_quick(Inquiry question) {
  std::unique_lock lock(mutex_);
  if (closed_) return false;
  returned_.wait(lock, [this] { return !in_use_; });
  if (lent_ == nullptr) {
    lock.unlock();
    return ask(std::move(question));
  }
  Keeper& keeper = *lent_;
  in_use_ = true;
  lock.unlock();
  question(keeper);
  lock.lock();
  in_use_ = false;
  returned_.notify_all();
  return true;
}

bool Intake::lend(Keeper& keeper) {
  const std::lock_guard lock(mutex_);
  if (!inquiries_.empty()) return false;
  lent_ = &keeper;
  return true;
}

void Intake::take_back() {
  std::unique_lock lock(mutex_);
  lent_ = nullptr;
  returned_.wait(lock, [this] { return !in_use_; });
}

void Intake::take(Taken& taken, bool with_deliveries, Clock::time_point until, Keeper* keeper) {
  taken.deliveries.clear();
  taken.questions.clear();
  std::vector<std::function<void()>> waiting;
  {
    std::unique_lock lock(mutex_);
    lent_ = keeper;
    something_.wait_until(lock, until, [&] {
      return !inquiries_.empty() || (with_deliveries && (closed_ || !deliveries_.empty()));
    });
    lent_ = nullptr;
    returned_.wait(lock, [this] { return !in_use_; });
    taken.questions.swap(inquiries_);
    asked_ = false;
    if (with_deliveries) {
      const std::size_t count = std::min(deliveries_.size(), kTaken);
      for (std::size_t i = 0; i < count; ++i) {
        bytes_ -= deliveries_.front().bytes();
        taken.deliveries.push_back(std::move(deliveries_.front()));
        deliveries_.pop_front();
      }
      if (count > 0) {
        room_.notify_all();
        waiting.swap(waiting_);
      }
    }
    taken.closed = closed_ && deliveries_.empty() && taken.deliveries.empty();
  }
  for (const auto& call : waiting) call();
}

std::deque<Delivery> Intake::set_rules(std::shared_ptr<const RuleSet> rules) {
  std::vector<std::function<void()>> waiting;
  std::deque<Delivery> before;
  {
    const std::lock_guard lock(mutex_);
    rules_ = std::move(rules);
    const auto others = std::stable_partition(
        deliveries_.begin(), deliveries_.end(),
        [&](const Delivery& delivery) { return delivery.decoded_by() == nullptr; });
    std::move(others, deliveries_.end(), std::back_inserter(before));
    deliveries_.erase(others, deliveries_.end());
    for (const Delivery& delivery : before) bytes_ -= delivery.bytes();
    room_.notify_all();
    waiting.swap(waiting_);
  }
  for (const auto& call : waiting) call();
  return before;
}

void Intake::take_questions(std::vector<Inquiry>& questions) {
  questions.clear();
  const std::lock_guard lock(mutex_);
  questions.swap(inquiries_);
  asked_ = false;
}

void Intake::give_back(Delivery&& used) {
  used.clear();
  const std::lock_guard lock(mutex_);
  if (used_.size() < kUsed) used_.push_back(std::move(used));
}

void Intake::close() {
  std::vector<std::function<void()>> waiting;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    waiting.swap(waiting_);
    something_.notify_one();
    room_.notify_all();
  }
  for (const auto& call : waiting) call();
}

bool Intake::is_closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

Intake::Depth Intake::depth() const {
  const std::lock_guard lock(mutex_);
  return {deliveries_.size(), bytes_, inquiries_.size()};
}

}  // namespace vmtrail
