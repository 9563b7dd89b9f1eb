// SPDX-License-Identifier: Apache-2.0

#include "app/daemon.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include <spdlog/spdlog.h>

#include "app/health.h"
#include "app/rules_files.h"
#include "io/epoch.h"
#include "io/sinks.h"
#include "io/sources.h"
#include "io/store.h"

namespace vmtrail {

namespace {

constexpr auto kPatience = std::chrono::seconds{5};  // with the sinks, at the end

Intake::Limits limits_of_intake(const Configuration& configuration) {
  Intake::Limits limits;
  if (configuration.state.empty()) limits.bytes = Intake::Limits::kBytesWithoutStore;
  return limits;
}

}  // namespace

Daemon::Daemon(const Configuration& configuration)
    : intake_(limits_of_intake(configuration)), records_(configuration.recent_bytes) {}

Result<std::unique_ptr<Daemon>> Daemon::open(const Configuration& configuration) {
  std::unique_ptr<Daemon> daemon(new Daemon(configuration));
  if (auto opened = daemon->open_state(configuration); !opened) {
    return tl::unexpected(opened.error());
  }
  if (auto opened = daemon->open_sinks(configuration); !opened) {
    return tl::unexpected(opened.error());
  }
  if (auto read = daemon->read_positions(configuration); !read) return tl::unexpected(read.error());
  // From here on the store is the keeper's.
  daemon->thread_ = std::jthread([raw = daemon.get()] { raw->keep(); });
  if (const auto& reconcile = configuration.reconcile) {
    daemon->reconciler_.emplace(Reconciler::Options{reconcile->cloud, reconcile->every},
                                daemon->intake_);
  }
  add_health(daemon->http_, daemon->intake_, [raw = daemon.get()] { return raw->metrics(); });
  if (auto opened = daemon->open_sources(configuration); !opened) {
    return tl::unexpected(opened.error());
  }
  if (auto opened = daemon->open_listeners(configuration); !opened) {
    return tl::unexpected(opened.error());
  }
  return daemon;
}

// Input never throws, but there may be no memory any more. What was not committed comes again.
void Daemon::keep() {
  try {
    outcome_ = keeper_->run();
  } catch (const std::exception& error) {
    spdlog::critical("the program cannot go on, and ends: {}", error.what());
    outcome_ = tl::unexpected(Error{ErrorCode::unreadable, error.what()});
    intake_.close();
    ::kill(::getpid(), SIGTERM);
  }
}

Result<void> Daemon::open_state(const Configuration& configuration) {
  std::optional<Store> store;
  if (!configuration.state.empty()) {
    auto lock = StateLock::take(configuration.state);
    if (!lock) return tl::unexpected(lock.error());
    lock_ = std::move(*lock);
    auto opened = Store::open(configuration.state, Store::Access::create);
    if (!opened) return tl::unexpected(opened.error());
    store = std::move(*opened);
    spdlog::info("reading the state in {}", configuration.state);
  }
  const auto texts = read_rules(configuration.rules);
  if (!texts) return tl::unexpected(texts.error());
  rules_ = *texts;
  Keeper::Options options;
  if (configuration.horizon) options.model.horizon = *configuration.horizon;
  options.model.short_hosts = configuration.short_hosts;
  if (configuration.history) options.model.history = *configuration.history;
  if (store) options.model.trail = configuration.explain.value_or(kExplain);
  options.retention = configuration.retention;
  options.batch_events = configuration.batch_events;
  options.batch_delay = configuration.batch_delay;
  for (const Url& sink : configuration.sinks) {
    const auto form = sink_form(sink);
    if (!form) return tl::unexpected(form.error());
    options.zenoss = options.zenoss || form->zenoss;
  }
  options.cursors = [this] {
    Cursors cursors;
    for (const auto& sink : sinks_) cursors[sink->name()] = sink->cursor();
    return cursors;
  };
  options.committed = [this](std::chrono::nanoseconds took, std::uint64_t /*events*/) {
    metrics_.committed(took);
  };
  std::uint64_t epoch = fresh_epoch();
  if (store) {
    const auto stored = store->epoch();
    if (!stored) return tl::unexpected(stored.error());
    epoch = *stored;
  }
  watch_.emplace(intake_, records_,
                 WatchDesk::Options{.state = configuration.state,
                                    .epoch = epoch,
                                    .most = configuration.most_watchers,
                                    .heartbeat = configuration.watch_heartbeat,
                                    .patience = configuration.watch_patience,
                                    .short_hosts = options.model.short_hosts});
  auto keeper = Keeper::open(std::move(options), *texts, std::move(store), intake_, records_);
  if (!keeper) return tl::unexpected(keeper.error());
  keeper_ = std::move(*keeper);
  return {};
}

Result<void> Daemon::open_sinks(const Configuration& configuration) {
  for (const Url& url : configuration.sinks) {
    const auto form = sink_form(url);
    if (!form) return tl::unexpected(form.error());
    auto sink = open_sink(url, configuration.beyond_loopback);
    if (!sink) return tl::unexpected(sink.error());
    // A new one begins with what comes now.
    Sequence behind = keeper_->model().sequence();
    if (Store* const store = keeper_->store()) {
      const auto cursor = store->cursor(url.text);
      if (!cursor) return tl::unexpected(cursor.error());
      behind = cursor->value_or(behind);
    }
    SinkFeed::Options options;
    options.name = url.text;
    options.form = *form;
    options.behind = behind;
    options.state = configuration.state;
    options.number = static_cast<unsigned>(sinks_.size());
    sinks_.push_back(std::make_unique<SinkFeed>(std::move(options), std::move(*sink), records_));
  }
  return keeper_->save_cursors();
}

Result<void> Daemon::read_positions(const Configuration& configuration) {
  Store* const store = keeper_->store();
  if (store == nullptr) return {};
  for (const Url& url : configuration.sources) {
    auto position = store->position(url.text);
    if (!position) return tl::unexpected(position.error());
    positions_[url.text] = std::move(*position);
  }
  return {};
}

Result<void> Daemon::open_sources(const Configuration& configuration) {
  for (const Url& url : configuration.sources) {
    SourceSetting setting{.intake = intake_,
                          .position = positions_[url.text],
                          .http = &http_,
                          .beyond_loopback = configuration.beyond_loopback};
    auto source = open_source(url, std::move(setting));
    if (!source) return tl::unexpected(source.error());
    const std::lock_guard lock(sources_mutex_);
    sources_.push_back(std::move(*source));
  }
  return {};
}

Result<void> Daemon::open_listeners(const Configuration& configuration) {
  desk_.emplace(intake_, configuration.state);
  for (const Url& url : configuration.listeners) {
    auto listener = open_listener(url, {.desk = *desk_,
                                        .watch = *watch_,
                                        .http = http_,
                                        .beyond_loopback = configuration.beyond_loopback});
    if (!listener) return tl::unexpected(listener.error());
    listeners_.push_back(std::move(*listener));
  }
  return {};
}

std::string Daemon::metrics() {
  std::vector<Metrics::SourceState> sources;
  {
    const std::lock_guard lock(sources_mutex_);
    for (const auto& source : sources_) sources.push_back({source->name(), source->up()});
  }
  return metrics_.text(intake_, sources, sinks_, watch_->figures(),
                       reconciler_ ? &*reconciler_ : nullptr);
}

std::vector<std::string> Daemon::addresses() const {
  std::vector<std::string> all;
  const auto add = [&all](std::string address) {
    const bool known = std::find(all.begin(), all.end(), address) != all.end();
    if (!address.empty() && !known) all.push_back(std::move(address));
  };
  for (const auto& source : sources_) add(source->address());
  for (const auto& sink : sinks_) add(sink->sink().address());
  for (const auto& listener : listeners_) add(listener->address());
  return all;
}

Result<void> Daemon::change_rules(const std::vector<std::string>& files) {
  auto texts = read_rules(files);
  if (!texts) return tl::unexpected(texts.error());
  if (*texts == rules_) {
    spdlog::info("the rules were read again, and are as they were");
    return {};
  }
  auto rules = RuleSet::parse(*texts);
  if (!rules) return tl::unexpected(rules.error());
  // A question has to be copyable.
  const auto parsed = std::make_shared<RuleSet>(std::move(*rules));
  const bool asked = intake_.ask([parsed, texts = *texts](Keeper& keeper) {
    keeper.change_rules(std::move(*parsed), texts,
                        [] { spdlog::info("the rules were read again"); });
  });
  if (!asked) return tl::unexpected(Error{ErrorCode::unavailable, "too many questions wait"});
  rules_ = std::move(*texts);
  return {};
}

// Nothing is taken in or answered any more.
void Daemon::end_keeper() {
  if (reconciler_) reconciler_->stop();
  for (const auto& source : sources_) source->stop();
  intake_.close();
  if (thread_.joinable()) thread_.join();
  if (desk_) desk_->close();
  if (watch_) watch_->close();
  listeners_.clear();
}

Result<void> Daemon::close() {
  end_keeper();
  http_.stop(kPatience);
  // The keeper has ended: nothing is applied any more, and its store is ours.
  const auto until = std::chrono::steady_clock::now() + kPatience;
  for (const auto& sink : sinks_) sink->await(records_.newest(), until);
  for (const auto& sink : sinks_) sink->stop();
  if (!outcome_) return outcome_;
  return keeper_->save_cursors();
}

Daemon::~Daemon() {
  end_keeper();
  http_.stop(std::chrono::milliseconds{0});  // its routes know the sinks
}

}  // namespace vmtrail
