// SPDX-License-Identifier: Apache-2.0

#include "io/reconciler.h"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <memory>
#include <tuple>
#include <utility>

#include <spdlog/spdlog.h>

#include "io/cloud.h"
#include "io/keeper.h"
#include "io/thread_name.h"

namespace vmtrail {

namespace {

constexpr std::size_t kAtOnce = 500;  // instances that the keeper looks at: half a millisecond

tl::unexpected<Error> given_up(std::string why) {
  return tl::unexpected(Error{ErrorCode::unavailable, std::move(why)});
}

/// What the keeper's thread puts in and another waits for.
template <class Value>
class Slot {
 public:
  void put(Value value) {
    const std::lock_guard lock(mutex_);
    value_ = std::move(value);
    filled_.notify_all();
  }
  std::optional<Value> wait(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, stop, [this] { return value_.has_value(); });
    return std::exchange(value_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any filled_;
  std::optional<Value> value_;
};

/// What `what` says in the keeper's thread, between two deliveries. Error: it cannot be asked, or
/// the program ends.
template <class Do>
auto in_keeper(Intake& intake, const std::stop_token& stop, Do what)
    -> Result<std::invoke_result_t<Do, Keeper&>> {
  using Value = std::invoke_result_t<Do, Keeper&>;
  const auto slot = std::make_shared<Slot<Value>>();
  const bool asked = intake.ask([slot, what = std::move(what)](Keeper& keeper) {
    keeper.do_between([slot, what](Keeper& one) { slot->put(what(one)); });
  });
  if (!asked) return given_up("too many questions wait");
  auto value = slot->wait(stop);
  if (!value) return given_up("the program ends");
  return std::move(*value);
}

bool by_id(const Server& a, const Server& b) {
  return a.id < b.id;
}

/// Servers, or the ids of instances that are not among them.
template <class Item>
using Items = std::shared_ptr<const std::vector<Item>>;

std::optional<Drift> difference(const Model& model, const Server& theirs) {
  return compare(model, theirs);
}
std::optional<Drift> difference(const Model& model, const InstanceId& unlisted) {
  return compare_unlisted(model, unlisted);
}
const InstanceId& id_of(const Server& server) {
  return server.id;
}
const InstanceId& id_of(const InstanceId& id) {
  return id;
}

}  // namespace

struct Reconciler::Found {
  Time listed;
  std::size_t agreed = 0;
  std::array<std::size_t, kDriftClasses> drift{};
  std::size_t applied = 0;
  bool ghosts_left = false;  // they are too many

  void operator+=(const Found& more) {
    agreed += more.agreed;
    for (std::size_t i = 0; i < kDriftClasses; ++i) drift[i] += more.drift[i];
    applied += more.applied;
  }
};

Reconciler::Reconciler(Options options, Intake& intake)
    : options_(std::move(options)),
      intake_(intake),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Reconciler::~Reconciler() {
  stop();
}

void Reconciler::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

Reconciler::Figures Reconciler::figures() const {
  const std::lock_guard lock(mutex_);
  return figures_;
}

void Reconciler::run(const std::stop_token& stop) {
  name_thread("reconcile");
  const auto empty = in_keeper(
      intake_, stop, [](const Keeper& keeper) { return keeper.model().instance_count() == 0; });
  bool at_once = empty && *empty;
  std::mutex mutex;
  std::condition_variable_any wake;
  while (!stop.stop_requested()) {
    if (!std::exchange(at_once, false)) {
      std::unique_lock lock(mutex);
      wake.wait_for(lock, stop, options_.every, [] { return false; });
    }
    if (stop.stop_requested()) return;
    const auto found = compare_once(stop);
    std::ignore = intake_.ask([](Keeper& keeper) { keeper.forget_changed(); });
    if (!stop.stop_requested()) note(found);
  }
}

Result<Reconciler::Found> Reconciler::compare_once(const std::stop_token& stop) {
  const auto access = read_cloud(options_.cloud);
  if (!access) return tl::unexpected(access.error());
  struct Begun {
    Time listed;
    std::optional<Time> stream;
  };
  // What changes from now on is newer than what the cloud is going to say.
  const auto begun = in_keeper(intake_, stop, [](Keeper& keeper) {
    keeper.note_changed();
    return Begun{keeper.now(), keeper.model().stream_time()};
  });
  if (!begun) return tl::unexpected(begun.error());
  auto text = list_servers(*access, stop);
  if (!text) return tl::unexpected(text.error());
  auto parsed = parse_servers(*text);
  if (!parsed) return tl::unexpected(parsed.error());
  text->clear();
  if (parsed->empty()) return given_up("it lists no server at all");
  std::sort(parsed->begin(), parsed->end(), by_id);
  const Items<Server> servers = std::make_shared<const std::vector<Server>>(std::move(*parsed));

  // Events of long ago that are still to come would find their instances further on than they are.
  const auto ready = in_keeper(intake_, stop, [at = *begun](const Keeper& keeper) {
    const auto stream = keeper.model().stream_time();
    const bool behind =
        stream != at.stream && keeper.now() - *stream > keeper.model().options().horizon;
    return std::pair(!behind && !keeper.failing(),
                     behind ? "the events are still behind" : "the state cannot be written");
  });
  if (!ready) return tl::unexpected(ready.error());
  if (!ready->first) return given_up(ready->second);

  Found found;
  found.listed = begun->listed;
  const auto go_through = [&](const auto& items, bool applies) -> Result<Found> {
    Found sum;
    for (std::size_t at = 0; at < items->size(); at += kAtOnce) {
      const auto part =
          in_keeper(intake_, stop, [items, at, applies, listed = begun->listed](Keeper& keeper) {
            Found here;
            Reconciliation drifted;
            const std::size_t end = std::min(items->size(), at + kAtOnce);
            for (std::size_t i = at; i < end; ++i) {
              auto drift = difference(keeper.model(), (*items)[i]);
              if (!drift) {
                ++here.agreed;
              } else if (!keeper.has_changed(id_of((*items)[i])) &&
                         !is_newer(*drift, listed, keeper.model())) {
                ++here.drift[static_cast<std::size_t>(drift->kind)];
                drifted.drift.push_back(std::move(*drift));
              }
            }
            if (applies) here.applied = keeper.apply(drifted, listed);
            return here;
          });
      if (!part) return part;
      sum += *part;
    }
    return sum;
  };

  const auto listed = go_through(servers, true);
  if (!listed) return listed;
  found += *listed;
  auto known = in_keeper(intake_, stop,
                         [](const Keeper& keeper) { return keeper.model().instances_as_heard(); });
  if (!known) return tl::unexpected(known.error());
  std::erase_if(*known, [&](const InstanceId& id) {
    Server wanted;
    wanted.id = id;
    return std::binary_search(servers->begin(), servers->end(), wanted, by_id);
  });
  const Items<InstanceId> unlisted =
      std::make_shared<const std::vector<InstanceId>>(std::move(*known));
  auto ghosts = go_through(unlisted, false);
  if (!ghosts) return ghosts;
  const std::size_t count = ghosts->drift[static_cast<std::size_t>(DriftClass::ghost)];
  found.ghosts_left = too_many_ghosts(count, servers->size());
  if (count > 0 && !found.ghosts_left) ghosts = go_through(unlisted, true);
  if (!ghosts) return ghosts;
  ghosts->agreed = 0;  // what is gone on both sides
  found += *ghosts;
  return found;
}

void Reconciler::note(const Result<Found>& found) {
  const std::lock_guard lock(mutex_);
  if (!found) {
    ++figures_.failures;
    spdlog::warn("not reconciled with the cloud '{}': {}", options_.cloud, found.error().detail);
    return;
  }
  figures_.applied += found->applied;
  figures_.succeeded_at = found->listed;
  figures_.agreed = found->agreed;
  figures_.drift = found->drift;
  std::string classes;
  for (std::size_t i = 0; i < kDriftClasses; ++i) {
    if (found->drift[i] == 0) continue;
    classes += ", " + std::to_string(found->drift[i]) + " ";
    classes += name(static_cast<DriftClass>(i));
  }
  spdlog::info("reconciled with the cloud '{}': {} agreed{}, {} put right", options_.cloud,
               found->agreed, classes, found->applied);
  if (found->ghosts_left) {
    spdlog::warn(
        "the cloud '{}' lists so few of the instances that none was taken for deleted; "
        "is a cell of it down?",
        options_.cloud);
  }
}

}  // namespace vmtrail
