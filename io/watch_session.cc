// SPDX-License-Identifier: Apache-2.0

#include "io/watch_session.h"

#include <algorithm>
#include <utility>

namespace vmtrail {

namespace {

constexpr std::size_t kMostPending = 256 << 10;  // bytes that a watcher has not taken
constexpr std::size_t kMostRosters = 4;          // 16 bytes an instance each

}  // namespace

// ---- rosters

std::shared_ptr<const Roster> Rosters::get() {
  std::erase_if(in_use_, [](const auto& one) { return one.expired(); });
  if (!in_use_.empty()) {
    // What has changed since comes from memory.
    if (auto newest = in_use_.back().lock(); newest && records_.has_recent(newest->sequence)) {
      return newest;
    }
  }
  if (!asked_) {
    if (in_use_.size() < kMostRosters) asked_ = ask_roster(intake_, bell_);
    return nullptr;
  }
  auto given = asked_->take();
  if (!given) return nullptr;
  asked_.reset();
  std::sort(given->ids.begin(), given->ids.end());
  auto roster = std::make_shared<const Roster>(std::move(*given));
  in_use_.push_back(roster);
  return roster;
}

// ---- the session

WatchSession::WatchSession(const Setting& setting, WatchRequest request,
                           std::unique_ptr<WatchOutlet> outlet, std::shared_ptr<void> seat)
    : setting_(setting),
      request_(std::move(request)),
      outlet_(std::move(outlet)),
      seat_(std::move(seat)),
      filter_(request_, setting.short_hosts),
      moved_at_(Clock::now()) {
  outlet_->on_taken([bell = setting_.bell] { bell->ring(); });
}

WatchSession::Step WatchSession::step(Clock::time_point now) {
  if (outlet_->closed()) return Step::over;
  if (is_stuck(now)) return too_slow();
  told_ = false;
  const Step step = advance(now);
  if (step == Step::over || step == Step::cut) return step;
  beat(now);
  outlet_->send();
  return step;
}

WatchSession::Step WatchSession::advance(Clock::time_point now) {
  if (is_full()) {
    if (!held_up_since_) held_up_since_ = now;
    // It was up to date, and is further and further behind.
    const bool behind = caught_up_ && now - *held_up_since_ > setting_.patience &&
                        !setting_.records.has_recent(cursor_);
    return behind ? too_slow() : Step::idle;
  }
  switch (phase_) {
    case Phase::beginning:
      return begin();
    case Phase::listing:
      return list();
    case Phase::paging:
      return page();
    case Phase::rolling:
      return roll();
    case Phase::live:
      return follow();
  }
  return Step::idle;
}

WatchSession::Step WatchSession::begin() {
  if (request_.since) cursor_ = *request_.since;
  const auto found = request_.since
                         ? setting_.records.read(cursor_, false, [](auto...) { return false; })
                         : WatchRecords::Found::nothing;
  if (found == WatchRecords::Found::failed) return failed();
  phase_ = Phase::listing;
  if (!request_.since) return Step::more;
  const bool others = !request_.epoch.empty() && request_.epoch != setting_.epoch;
  if (others || found == WatchRecords::Found::gone) {
    begin_anew();
  } else if (filter_.by_host()) {
    silent_ = true;
  } else {
    phase_ = Phase::live;
  }
  return Step::more;
}

// What follows cannot be had: a new snapshot.
void WatchSession::begin_anew() {
  put({WatchMessage::Kind::compacted, setting_.records.newest(), false,
       "the records behind what was asked for are gone, or never were"});
  phase_ = Phase::listing;
  silent_ = caught_up_ = false;
  roster_.reset();
  asked_.reset();
  turn_.reset();
  next_ = settled_ = 0;
  pages_.clear();
  first_page_.reset();
  filter_.members().clear();
  was_there_.clear();
}

WatchSession::Step WatchSession::list() {
  roster_ = setting_.rosters.get();
  if (!roster_) return Step::retry;
  cursor_ = roster_->sequence;
  phase_ = Phase::paging;
  return Step::more;
}

// false: the keeper cannot be asked now.
bool WatchSession::take_pages() {
  if (asked_) {
    auto page = asked_->take();
    if (!page) return true;
    asked_.reset();
    turn_.reset();
    next_ = asked_to_;
    pages_.push_back({next_, page->sequence});
    last_page_ = page->sequence;
    if (!first_page_) first_page_ = page->sequence;
    filter_.members().insert(page->on_host.begin(), page->on_host.end());
    if (!silent_) {
      const std::string text = ",\"complete\":false" + page->text;
      put({WatchMessage::Kind::snapshot, page->sequence, false, text});
    }
  }
  if (first_page_ && next_ == roster_->ids.size()) return true;
  turn_ = setting_.rosters.turn();
  if (!turn_) return false;
  asked_to_ = std::min(next_ + kPageSize, roster_->ids.size());
  asked_ = ask_page(setting_.intake,
                    {roster_, next_, asked_to_, request_, !first_page_.has_value()}, setting_.bell);
  if (!asked_) turn_.reset();
  return asked_ != nullptr;
}

// Does a page that was sent know nothing of it yet?
bool WatchSession::has_been_sent(Sequence sequence, const RecordOutline& record) const {
  if (!record.instance) return first_page_ && sequence > *first_page_;
  const auto& ids = roster_->ids;
  const auto found = std::lower_bound(ids.begin(), ids.end(), *record.instance);
  if (found == ids.end() || *found != *record.instance) return true;  // it has come since
  const auto index = static_cast<std::size_t>(found - ids.begin());
  if (index < settled_) return true;
  const auto page = std::upper_bound(pages_.begin(), pages_.end(), index,
                                     [](std::size_t at, const Sent& one) { return at < one.end; });
  return page != pages_.end() && sequence > page->sequence;
}

WatchSession::Step WatchSession::page() {
  const bool asked = take_pages();
  const auto found =
      cursor_ > setting_.records.newest()
          ? WatchRecords::Found::nothing  // applied, and not committed yet
          : setting_.records.read(
                cursor_, true, [&](Sequence sequence, std::string_view text, const auto* outline) {
                  cursor_ = sequence;
                  const bool behind = has_been_sent(sequence, *outline);
                  if (behind && filter_.take(*outline) && !silent_) {
                    put({WatchMessage::Kind::record, sequence, false, text});
                  }
                  return !is_full();
                });
  if (found == WatchRecords::Found::failed) return failed();
  if (found == WatchRecords::Found::gone) {
    begin_anew();
    return Step::more;
  }
  while (!pages_.empty() && pages_.front().sequence <= cursor_) {
    settled_ = pages_.front().end;
    pages_.pop_front();
  }
  const bool all = first_page_ && next_ == roster_->ids.size() && !asked_;
  // Nobody resumes from what may still be lost.
  const bool committed = cursor_ <= setting_.records.newest();
  if (all && committed && cursor_ >= last_page_) {
    complete();
    return Step::more;
  }
  if (found != WatchRecords::Found::nothing) return Step::more;
  return asked ? Step::idle : Step::retry;
}

void WatchSession::complete() {
  roster_.reset();
  pages_.clear();
  if (silent_) {
    phase_ = Phase::rolling;
    roll_to_ = cursor_;
    rolled_ = *request_.since;
    return;
  }
  phase_ = Phase::live;
  put({WatchMessage::Kind::snapshot, cursor_, true,
       ",\"complete\":true,\"instances\":[],\"migrations\":[]"});
}

// Whoever is on the host now was there then, unless the first record that names the host says
// otherwise.
WatchSession::Step WatchSession::roll() {
  auto found = WatchRecords::Found::nothing;
  if (rolled_ < roll_to_) {
    found = setting_.records.read(
        rolled_, true, [&](Sequence sequence, std::string_view, const auto* outline) {
          if (sequence > roll_to_) return false;
          rolled_ = sequence;
          const bool was = filter_.is_host(outline->from);
          if (outline->instance && outline->places && (was || filter_.is_host(outline->to))) {
            was_there_.emplace(*outline->instance, was);
          }
          return true;
        });
  }
  if (found == WatchRecords::Found::failed) return failed();
  if (found == WatchRecords::Found::gone) {
    begin_anew();
    return Step::more;
  }
  if (rolled_ < roll_to_) return Step::more;
  for (const auto& [instance, was] : was_there_) {
    if (was) {
      filter_.members().insert(instance);
    } else {
      filter_.members().erase(instance);
    }
  }
  was_there_.clear();
  silent_ = false;
  cursor_ = *request_.since;
  phase_ = Phase::live;
  return Step::more;
}

WatchSession::Step WatchSession::follow() {
  const auto found = setting_.records.read(
      cursor_, !filter_.empty(),
      [&](Sequence sequence, std::string_view text, const RecordOutline* outline) {
        cursor_ = sequence;
        if (outline == nullptr || filter_.take(*outline)) {
          put({WatchMessage::Kind::record, sequence, true, text});
        }
        return !is_full();
      });
  switch (found) {
    case WatchRecords::Found::nothing:
      caught_up_ = true;
      held_up_since_.reset();
      return Step::idle;
    case WatchRecords::Found::recent:
    case WatchRecords::Found::stored:
      return Step::more;
    case WatchRecords::Found::gone:
      begin_anew();
      return Step::more;
    case WatchRecords::Found::failed:
      break;
  }
  return failed();
}

WatchSession::Step WatchSession::too_slow() {
  cut("too slow: it does not take what is there; resume from the last sequence");
  return Step::cut;
}

WatchSession::Step WatchSession::failed() {
  cut("the state cannot be read; see the program's log");
  return Step::over;
}

void WatchSession::cut(std::string_view reason) {
  const auto behind = resumes_behind();
  outlet_->cut({WatchMessage::Kind::cut, behind.value_or(cursor_), behind.has_value(), reason,
                setting_.epoch});
}

// ---- what is told

// Before it is known where to begin, and while it is only found out who was on the host, nothing
// has been looked at for the watcher.
std::optional<Sequence> WatchSession::resumes_behind() const {
  if (silent_ || phase_ == Phase::beginning) return request_.since;
  return phase_ == Phase::live ? std::optional(cursor_) : std::nullopt;
}

bool WatchSession::is_full() const {
  return outlet_->pending() >= kMostPending;
}

bool WatchSession::is_stuck(Clock::time_point now) {
  const std::uint64_t taken = outlet_->taken();
  if (outlet_->pending() == 0 || taken != taken_) moved_at_ = now;
  taken_ = taken;
  return now - moved_at_ > setting_.patience;
}

void WatchSession::put(WatchMessage message) {
  message.epoch = setting_.epoch;
  outlet_->put(message);
  told_ = true;
}

void WatchSession::beat(Clock::time_point now) {
  if (!told_ && now >= next_beat_ && !is_full()) {
    const auto behind = resumes_behind();
    put({WatchMessage::Kind::heartbeat, behind.value_or(cursor_), behind.has_value(), {}});
  }
  if (told_) next_beat_ = now + setting_.heartbeat;
}

}  // namespace vmtrail
