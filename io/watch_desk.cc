// SPDX-License-Identifier: Apache-2.0

#include "io/watch_desk.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "io/thread_name.h"

namespace vmtrail {

namespace {

constexpr auto kSoon = std::chrono::milliseconds{10};
constexpr auto kTick = std::chrono::milliseconds{1'000};
constexpr std::string_view kEnds = "the program ends";

}  // namespace

WatchDesk::WatchDesk(Intake& intake, RecentRecords& records, Options options)
    : options_(std::move(options)),
      bell_(std::make_shared<Bell>()),
      seats_(options_.most),
      records_(records, options_.state),
      rosters_(intake, records_, bell_),
      setting_{intake,
               records_,
               rosters_,
               bell_,
               options_.heartbeat,
               options_.patience,
               options_.short_hosts,
               epoch_text(options_.epoch)} {
  records.on_append([bell = bell_] { bell->ring(); });
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

WatchDesk::~WatchDesk() {
  close();
}

Result<std::shared_ptr<void>> WatchDesk::seat() {
  auto seat = seats_.take();
  if (seat) return seat;
  return tl::unexpected(Error{ErrorCode::unavailable, "there are " + std::to_string(options_.most) +
                                                          " watchers already; try again later"});
}

void WatchDesk::watch(WatchRequest request, std::unique_ptr<WatchOutlet> outlet,
                      std::shared_ptr<void> seat) {
  auto session = std::make_unique<WatchSession>(setting_, std::move(request), std::move(outlet),
                                                std::move(seat));
  {
    const std::lock_guard lock(mutex_);
    if (!closed_) new_.push_back(std::move(session));
  }
  if (session) return session->cut(kEnds);
  bell_->ring();
}

void WatchDesk::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void WatchDesk::take_in() {
  const std::lock_guard lock(mutex_);
  sessions_.insert(sessions_.end(), std::make_move_iterator(new_.begin()),
                   std::make_move_iterator(new_.end()));
  new_.clear();
}

// What the most eager of them wants.
WatchSession::Step WatchDesk::step_all() {
  using Step = WatchSession::Step;
  Step wanted = Step::idle;
  const auto now = Clock::now();
  std::erase_if(sessions_, [&](const auto& session) {
    const Step step = session->step(now);
    if (step == Step::cut) ++cut_;
    if (step == Step::over || step == Step::cut) return true;
    if (step == Step::more || wanted == Step::idle) wanted = step;
    return false;
  });
  return wanted;
}

void WatchDesk::run(const std::stop_token& stop) {
  name_thread("watch-desk");
  while (!stop.stop_requested()) {
    take_in();
    const auto wanted = step_all();
    if (wanted == WatchSession::Step::more) continue;
    const auto nap = wanted == WatchSession::Step::retry
                         ? kSoon
                         : std::min({kTick, options_.heartbeat, options_.patience});
    bell_->sleep(stop, Clock::now() + nap);
  }
  take_in();
  for (const auto& session : sessions_) session->cut(kEnds);
  sessions_.clear();
}

}  // namespace vmtrail
