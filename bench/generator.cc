// SPDX-License-Identifier: Apache-2.0

#include "bench/generator.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <span>

namespace vmtrail::bench {
namespace {

using namespace std::chrono_literals;

constexpr Time kBeginning{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2} + 8h};
constexpr Duration kApart = 2min;        // operations on one instance
constexpr Duration kAuditTakes = 10min;  // the interval of Nova's periodic task
constexpr std::uint32_t kControllers = 3;

}  // namespace

Cloud::Cloud(const CloudOptions& options)
    : options_([&] {
        CloudOptions chosen = options;
        if (chosen.hosts == 0) chosen.hosts = std::max<std::uint64_t>(4, chosen.instances / 20);
        return chosen;
      }()),
      chance_(Chance::mix(options.seed)),
      slots_(options_.instances),
      next_boot_(kBeginning),
      next_operation_(kBeginning + 5min),
      audit_hour_(kBeginning + 1h) {}

const Notification* Cloud::next() {
  if (handed_out_ != kNoHost) free_.push_back(handed_out_);
  handed_out_ = kNoHost;
  for (;;) {
    const Time audit = audit_hour_ + kAuditTakes * static_cast<Duration::rep>(audited_) /
                                         static_cast<Duration::rep>(slots_.size());
    Time begins = Time::max();
    if (!finished_) {
      begins = next_operation_;
      if (!full()) begins = std::min(begins, next_boot_);
      if (options_.audits) begins = std::min(begins, audit);
    }
    if (!arrivals_.empty() && arrivals_.front().at <= begins) {
      std::pop_heap(arrivals_.begin(), arrivals_.end());
      handed_out_ = arrivals_.back().place;
      arrivals_.pop_back();
      return &store_[handed_out_];
    }
    if (finished_) return nullptr;
    if (!full() && begins == next_boot_) {
      begin_boot();
    } else if (begins == next_operation_) {
      begin_operation();
    } else {
      begin_audit();
    }
  }
}

void Cloud::sleep(Duration time) {
  next_operation_ += time;
  next_boot_ += time;
  audit_hour_ += std::chrono::floor<std::chrono::hours>(time);
}

void Cloud::change(double rate, bool updates) {
  options_.rate = rate;
  options_.updates = updates;
}

void Cloud::begin_boot() {
  play(boot(), static_cast<std::uint32_t>(booted_), next_boot_);
  ++booted_;
  // The ramp, times those that have booted, by all: of a large cloud the product is no number.
  const auto booted = static_cast<Duration::rep>(booted_);
  const auto all = static_cast<Duration::rep>(slots_.size());
  next_boot_ = kBeginning + booted * (options_.ramp / all) + booted * (options_.ramp % all) / all;
}

Duration Cloud::until_next_operation() {
  const double each_day = options_.rate * static_cast<double>(std::max<std::size_t>(booted_, 1));
  if (each_day <= 0) return 1h;
  const double seconds = -std::log(chance_.share()) * 86400 / each_day;
  return Duration{static_cast<Duration::rep>(seconds * 1e6) + 1};
}

void Cloud::begin_operation() {
  const Time now = next_operation_;
  next_operation_ += until_next_operation();
  if (booted_ == 0 || options_.rate <= 0) return;
  const auto number = static_cast<std::uint32_t>(chance_.below(booted_));
  Slot& slot = slots_[number];
  if (slot.settled_at + kApart > now) return;  // still busy with the last one
  if (slot.state == VmState::deleted) {
    replaced_.push_back({{number, slot.generation}, slot.host, slot.state, slot.renamed});
    ++slot.generation;
    slot.renamed = 0;
    play(boot(), number, now);
    return;
  }
  const auto may_begin = [&](const Operation& one) {
    const bool idle = slot.state == VmState::active || slot.state == VmState::stopped;
    return (one.begins == slot.state || (one.begins == VmState::as_before && idle)) &&
           (options_.updates || !one.only_updates) &&
           (options_.deletions || one.ends != VmState::deleted);
  };
  std::uint64_t parts = 0;
  for (const Operation& one : operations()) parts += may_begin(one) ? one.part : 0;
  std::uint64_t chosen = chance_.below(parts);
  for (const Operation& one : operations()) {
    if (!may_begin(one)) continue;
    if (chosen < one.part) return play(one, number, now);
    chosen -= one.part;
  }
}

std::uint32_t Cloud::another_host(std::uint32_t than) {
  const auto host = static_cast<std::uint32_t>(chance_.below(options_.hosts - 1));
  return host < than ? host : host + 1;
}

void Cloud::play(const Operation& operation, std::uint32_t number, Time at) {
  Slot& slot = slots_[number];
  const bool boots = &operation == &boot();
  const VmState before = boots ? VmState::building : slot.state;
  std::uint32_t source = slot.host;
  std::uint32_t destination = slot.host;
  std::uint8_t flavor = slot.flavor;
  std::uint8_t flavor_there = slot.flavor;
  switch (operation.outcome) {
    case Outcome::moves:
      if (boots && slot.generation == 0) {  // by the block, so that an audit goes host by host
        destination = static_cast<std::uint32_t>(number * options_.hosts / slots_.size());
      } else {
        destination = another_host(source);
      }
      if (boots) flavor = flavor_there = static_cast<std::uint8_t>(chance_.below(kFlavors.size()));
      break;
    case Outcome::resizes:
      destination = another_host(source);
      if (chance_.below(3) == 0)  // else it is a cold migration
        flavor_there = static_cast<std::uint8_t>((flavor + 1) % kFlavors.size());
      break;
    case Outcome::confirms:
    case Outcome::reverts:
      source = slot.left;
      flavor = slot.flavor_left;
      break;
    case Outcome::stays:
      if (operation.only_updates && chance_.below(4) == 0) ++slot.renamed;
      // a live migration that fails had a destination
      destination = another_host(source);
      break;
    case Outcome::offloads:
    case Outcome::goes:
      break;
  }

  const std::uint64_t request = requests_++;
  VmState recorded = before;  // in the database
  std::string_view task_recorded;
  for (const Step& step : operation.steps) {
    const std::uint64_t times = step.times == 1 ? 1 : 2 + chance_.below(step.times - 1);
    for (std::uint64_t time = 0; time < times; ++time) {
      // between half and one and a half times the pause
      at += Duration{static_cast<Duration::rep>(step.after * (500 + chance_.below(1000)))};
      const bool update = step.event_type == kUpdate;
      Notification sent;
      sent.generated = at;
      sent.request = request;
      sent.event_type = step.event_type;
      sent.instance = {number, slot.generation};
      sent.by = step.by;
      const bool by_host = step.by == By::source || step.by == By::destination;
      sent.publisher = by_host ? (step.by == By::source ? source : destination)
                               : static_cast<std::uint32_t>(chance_.below(kControllers));
      sent.host = step.at == At::nowhere ? kNoHost : (step.at == At::source ? source : destination);
      sent.state = step.state == VmState::as_before     ? before
                   : step.state == VmState::before_that ? slot.before
                                                        : step.state;
      sent.old_state = recorded;
      sent.task = step.task;
      // Nova says the present task where there was none (_compute_states_payload)
      sent.old_task = task_recorded.empty() ? step.task : task_recorded;
      sent.renamed = slot.renamed;
      sent.flavor = step.at == At::destination ? flavor_there : flavor;
      if (!boots) {
        sent.launched_at = kBeginning + std::chrono::seconds{slot.launched};
      } else if (sent.state == VmState::active) {  // not yet rounded by the database
        if (update) slot.launched = static_cast<std::uint32_t>((at - kBeginning) / 1s);
        sent.launched_at = at - Duration{1234};
      }
      if (step.event_type == kDeleteEnd) sent.deleted_at = at - Duration{43603};
      if (step.event_type == kExists || update) {
        sent.audit_begin = std::chrono::floor<std::chrono::hours>(at);
        sent.audit_end = at;
      }
      if (update) {
        recorded = sent.state;
        task_recorded = step.task;
      }
      send(sent);
    }
  }

  switch (operation.outcome) {
    case Outcome::moves:
      slot.host = destination;
      break;
    case Outcome::resizes:
      slot.left = source;
      slot.flavor_left = flavor;
      slot.before = before;
      slot.host = destination;
      slot.flavor = flavor_there;
      break;
    case Outcome::reverts:
      slot.host = source;
      slot.flavor = flavor;
      break;
    case Outcome::offloads:
      slot.host = kNoHost;
      break;
    case Outcome::stays:
    case Outcome::confirms:
    case Outcome::goes:
      break;
  }
  if (boots) slot.flavor = flavor;
  if (operation.ends == VmState::before_that) {
    slot.state = slot.before;
  } else if (operation.ends != VmState::as_before) {
    slot.state = operation.ends;
  }
  slot.settled_at = at;
}

// An audit passes over what is busy; Nova's would say what it finds there.
void Cloud::begin_audit() {
  const auto number = static_cast<std::uint32_t>(audited_);
  const Time at = audit_hour_ + kAuditTakes * static_cast<Duration::rep>(audited_) /
                                    static_cast<Duration::rep>(slots_.size());
  const Slot& slot = slots_[number];
  const bool launched = number < booted_ && slot.settled_at < at;
  if (launched && slot.state != VmState::deleted && slot.host != kNoHost) {
    Notification sent;
    sent.generated = at;
    // Nova's periodic task has one request for all instances of its host
    sent.request =
        Chance::mix(static_cast<std::uint64_t>(audit_hour_.time_since_epoch().count())) + slot.host;
    sent.event_type = kExists;
    sent.instance = {number, slot.generation};
    sent.by = By::source;
    sent.publisher = sent.host = slot.host;
    sent.state = slot.state;
    sent.renamed = slot.renamed;
    sent.flavor = slot.flavor;
    sent.launched_at = kBeginning + std::chrono::seconds{slot.launched};
    sent.audit_begin = audit_hour_ - 1h;
    sent.audit_end = audit_hour_;
    send(sent);
  }
  if (++audited_ == slots_.size()) {
    audited_ = 0;
    audit_hour_ += 1h;
  }
}

void Cloud::send(Notification& notification) {
  if (!options_.updates && notification.event_type == kUpdate) return;
  notification.message = messages_++;
  notification.arrives = notification.generated;
  if (options_.disorder > Duration{}) {
    notification.arrives += Duration{static_cast<Duration::rep>(
        chance_.below(static_cast<std::uint64_t>(options_.disorder.count()) + 1))};
  }
  std::uint32_t place = 0;
  if (free_.empty()) {
    place = static_cast<std::uint32_t>(store_.size());
    store_.push_back(notification);
  } else {
    place = free_.back();
    free_.pop_back();
    store_[place] = notification;
  }
  arrivals_.push_back({notification.arrives, notification.message, place});
  std::push_heap(arrivals_.begin(), arrivals_.end());
}

std::vector<Truth> Cloud::truth() const {
  std::vector<Truth> all = replaced_;
  for (std::uint32_t number = 0; number < booted_; ++number) {
    const Slot& slot = slots_[number];
    all.push_back({{number, slot.generation}, slot.host, slot.state, slot.renamed});
  }
  return all;
}

}  // namespace vmtrail::bench
