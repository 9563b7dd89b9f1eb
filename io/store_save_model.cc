// SPDX-License-Identifier: Apache-2.0
// Writing what belongs to no instance: as a rule little of it has changed.

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "io/store_impl.h"
#include "io/store_packed.h"

namespace vmtrail {

Result<void> Store::Impl::save_options(const Model::Options& options) {
  if (written.options) return {};  // of one model
  for (const auto& [key, value] : {std::pair{"trail", static_cast<std::int64_t>(options.trail)},
                                   {"horizon", static_cast<std::int64_t>(options.horizon.count())},
                                   {"short_hosts", std::int64_t{options.short_hosts}}}) {
    if (auto done = set(key, value); !done) return done;
  }
  written.options = true;
  return {};
}

Result<void> Store::Impl::save_hosts(const ModelSnapshot& saved) {
  for (const HostSnapshot& host : saved.hosts) {
    if (auto done = database.run("INSERT OR REPLACE INTO hosts VALUES (?,?,?,?)", host.name,
                                 name(host.status), host.since, packed(host.statuses));
        !done) {
      return done;
    }
  }
  return {};
}

Result<void> Store::Impl::save_skews(const ModelSnapshot& saved) {
  for (const SkewSnapshot& skew : saved.skews) {
    Duration& there = written.skews[skew.ahead + '\n' + skew.behind];
    if (std::exchange(there, skew.at_least) == skew.at_least) continue;
    if (auto done = database.run("INSERT OR REPLACE INTO clock_skews VALUES (?,?,?)", skew.ahead,
                                 skew.behind, skew.at_least.count());
        !done) {
      return done;
    }
  }
  return {};
}

// They come and go, but are few.
Result<void> Store::Impl::save_loose_facts(const ModelSnapshot& saved) {
  std::vector<std::string> ids;
  for (const auto& [fact, until] : saved.loose_facts) ids.push_back(fact.message_id);
  if (written.loose_facts == ids) return {};
  if (auto done = database.run("DELETE FROM loose_facts"); !done) return done;
  for (const auto& [fact, until] : saved.loose_facts) {
    if (auto done =
            database.run("INSERT INTO loose_facts VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", until,
                         fact.message_id, fact.event_type, fact.generated, fact.request_id,
                         fact.rule, fact.publisher_service, fact.publisher_host, fact.payload_host,
                         fact.state, fact.old_state, fact.task_state, fact.flavor, fact.name,
                         fact.project_id, name(fact.power_state));
        !done) {
      return done;
    }
  }
  written.loose_facts = std::move(ids);
  return {};
}

Result<void> Store::Impl::save_model(const ModelSnapshot& saved) {
  if (auto done = set("sequence", static_cast<std::int64_t>(saved.sequence)); !done) return done;
  if (saved.newest_event) {
    if (auto done = set("newest_event", saved.newest_event->time_since_epoch().count()); !done)
      return done;
  }
  if (saved.stream) {
    if (auto done = set("stream", saved.stream->time_since_epoch().count()); !done) return done;
  }
  if (auto done = set("ahead", saved.ahead); !done) return done;
  if (auto done = set("behind", saved.behind); !done) return done;
  if (auto done = save_hosts(saved); !done) return done;
  if (auto done = save_skews(saved); !done) return done;
  return save_loose_facts(saved);
}

// The hash of a row is its id: those that are gone are found without being kept.
Result<void> Store::set_awaited(std::span<const AwaitedSnapshot> awaited) {
  Impl& impl = *impl_;
  std::vector<std::pair<std::int64_t, const AwaitedSnapshot*>> rows;
  rows.reserve(awaited.size());
  for (const AwaitedSnapshot& one : awaited) {
    const std::string row = one.absence + '\n' + one.instance.to_string() + '\n' + one.request_id +
                            '\n' + std::to_string(one.generated.time_since_epoch().count()) + '\n' +
                            one.message_id + '\n' + one.event_type;
    rows.emplace_back(static_cast<std::int64_t>(std::hash<std::string>{}(row)), &one);
  }
  std::sort(rows.begin(), rows.end());
  if (!impl.written.awaited) {
    if (auto done = impl.database.run("DELETE FROM awaited"); !done) return done;
  }
  const std::vector<std::int64_t> before =
      std::exchange(impl.written.awaited, std::nullopt).value_or(std::vector<std::int64_t>());
  std::vector<std::int64_t> after;
  after.reserve(rows.size());
  for (const auto& [id, one] : rows) {
    if (!after.empty() && after.back() == id) continue;
    after.push_back(id);
    if (std::binary_search(before.begin(), before.end(), id)) continue;
    if (auto done = impl.database.run("INSERT OR REPLACE INTO awaited VALUES (?,?,?,?,?,?,?)", id,
                                      one->absence, one->instance.to_string(), one->request_id,
                                      one->generated, one->message_id, one->event_type);
        !done) {
      return done;
    }
  }
  for (const std::int64_t id : before) {
    if (std::binary_search(after.begin(), after.end(), id)) continue;
    if (auto done = impl.database.run("DELETE FROM awaited WHERE id = ?", id); !done) return done;
  }
  impl.written.awaited = std::move(after);
  return {};
}

}  // namespace vmtrail
