// SPDX-License-Identifier: Apache-2.0
// Writing instances: of each one row, and what has come to its lists.

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "io/store_impl.h"
#include "io/store_packed.h"
#include "vmtrail/record.h"

namespace vmtrail {

namespace {

template <class... Values>
std::uint64_t hash_of(const Values&... values) {
  std::uint64_t hash = 0;
  const auto add = [&hash](const auto& value) {
    using Value = std::decay_t<decltype(value)>;
    hash = (hash ^ std::hash<Value>{}(value)) * 0x9e3779b97f4a7c15U;
    hash ^= hash >> 32;
  };
  (add(values), ...);
  return hash;
}

std::int64_t count(const std::optional<Time>& time) {
  return time ? time->time_since_epoch().count() : -1;
}

std::uint64_t hash_of(const MigrationSnapshot::View& view) {
  return hash_of(static_cast<int>(view.kind), view.source, view.destination,
                 static_cast<int>(view.outcome), count(view.started_at), count(view.finished_at),
                 count(view.confirmed_at));
}

std::uint64_t hash_of(const MigrationSnapshot& migration, bool folded) {
  return hash_of(migration.request_id, hash_of(migration.view), folded,
                 migration.announced ? hash_of(*migration.announced) : 0,
                 migration.base ? hash_of(*migration.base) : 0);
}

std::uint64_t hash_of(const IntervalSnapshot& interval, bool folded) {
  return hash_of(interval.host, count(interval.from), count(interval.to),
                 static_cast<int>(interval.confidence), interval.cause, folded);
}

}  // namespace

// The number by which rows are written: looking for the id each time would cost more than the rest.
Result<void> Store::Impl::number_row(std::string_view id, Written::Instance& known) {
  auto done = database.run(
      "INSERT OR IGNORE INTO instances (id, confidence, deleted, facts) VALUES (?, '', 0, '[]')",
      id);
  if (!done) return done;
  return database.rows(
      "SELECT number FROM instances WHERE id = ?",
      [&](sqlite3_stmt* row) { known.number = sqlite3_column_int64(row, 0); }, id);
}

Result<void> Store::Impl::save_row(std::string_view id, const InstanceSnapshot& saved,
                                   Written::Instance& known) {
  if (known.number == 0) {
    if (auto done = number_row(id, known); !done) return done;
  }
  std::string requests;
  for (const std::string& request : saved.folded_requests) {
    append_line(requests, request);
  }
  const StateSnapshot& s = saved.answer;
  std::string base = packed(saved.base);
  if (saved.facts.empty() && base == packed(s)) base.clear();
  return database.run(
      "UPDATE instances SET (host, confidence, vm_state, task_state, power_state, deleted, name,"
      " project_id, since, cause, mover_host, moved_at, effective, decided_by, decided_event_type,"
      " decided_rule, newest, cut, folded_requests, base, facts)"
      " = (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) WHERE number = ?",
      s.host, name(s.confidence), s.vm_state, s.task_state, name(s.power_state), s.deleted, s.name,
      s.project_id, s.since, s.cause, s.mover_host, s.moved_at, s.effective, s.decided_by,
      s.decided_event_type, s.decided_rule, saved.newest, saved.cut, requests, base,
      packed(saved.facts), known.number);
}

// What is folded changes no more, and the few behind it seldom.
Result<void> Store::Impl::save_intervals(std::string_view id, const InstanceSnapshot& saved,
                                         Written::Instance& known) {
  // With Model::Options::history the oldest go, and the rest move up.
  const Time oldest = saved.intervals.empty() ? Time{} : saved.intervals.front().from;
  if (known.intervals > saved.base_intervals || known.oldest != oldest) known.is_known = false;
  if (!known.is_known) {
    known.intervals = 0;
    known.open.clear();
  }
  known.oldest = oldest;
  const std::size_t size = saved.intervals.size();
  if (!known.is_known || known.intervals + known.open.size() > size) {
    if (auto done = database.run("DELETE FROM intervals WHERE instance = ? AND position >= ?", id,
                                 static_cast<std::int64_t>(known.is_known ? size : 0));
        !done) {
      return done;
    }
  }
  std::vector<std::uint64_t> open;
  for (std::size_t i = known.intervals; i < size; ++i) {
    const IntervalSnapshot& interval = saved.intervals[i];
    const bool folded = i < saved.base_intervals;
    const std::uint64_t hash = hash_of(interval, folded);
    const std::size_t at = i - known.intervals;
    if (!folded) open.push_back(hash);
    if (at < known.open.size() && known.open[at] == hash) continue;
    if (auto done = database.run("INSERT OR REPLACE INTO intervals VALUES (?,?,?,?,?,?,?,?)", id,
                                 static_cast<std::int64_t>(i), interval.host, interval.from,
                                 interval.to, name(interval.confidence), interval.cause, folded);
        !done) {
      return done;
    }
  }
  known.intervals = saved.base_intervals;
  known.open = std::move(open);
  known.is_known = true;
  return {};
}

Result<void> Store::Impl::save_migrations(std::string_view id, const InstanceSnapshot& saved,
                                          Written::Instance& known) {
  const std::size_t before = known.migrations.size();
  const std::size_t size = saved.migrations.size();
  known.migrations.resize(std::min(before, size));
  if (size < before || before == 0) {
    if (auto done = database.run("DELETE FROM migrations WHERE instance = ? AND position >= ?", id,
                                 static_cast<std::int64_t>(known.migrations.size()));
        !done) {
      return done;
    }
  }
  for (std::size_t i = 0; i < size; ++i) {
    const MigrationSnapshot& migration = saved.migrations[i];
    const bool folded = i < saved.base_migrations;
    const std::uint64_t hash = hash_of(migration, folded);
    if (i < known.migrations.size() && known.migrations[i] == hash) continue;
    const MigrationSnapshot::View& now = migration.view;
    const MigrationSnapshot::View told = migration.announced.value_or(MigrationSnapshot::View{});
    const bool announced = migration.announced.has_value();
    if (auto done =
            database.run("INSERT OR REPLACE INTO migrations VALUES"
                         " (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                         id, static_cast<std::int64_t>(i), migration.request_id, name(now.kind),
                         now.source, now.destination, name(now.outcome), now.started_at,
                         now.finished_at, now.confirmed_at, now.outcome == Outcome::reverted,
                         announced, announced ? name(told.kind) : std::string_view{}, told.source,
                         told.destination, announced ? name(told.outcome) : std::string_view{},
                         told.started_at, told.finished_at, told.confirmed_at, folded,
                         migration.base ? name(migration.base->outcome) : std::string_view{},
                         migration.base ? migration.base->confirmed_at : std::nullopt);
        !done) {
      return done;
    }
    known.migrations.resize(std::max(known.migrations.size(), i + 1));
    known.migrations[i] = hash;
  }
  return {};
}

// One row for what was folded or turned away since the last time; trimmed now and then only, for
// that touches pages of long ago.
Result<void> Store::Impl::save_trail(std::string_view id, const InstanceSnapshot& saved,
                                     std::size_t kept, Written::Instance& known) {
  if (saved.trail.empty() || kept == 0) return {};
  const auto turned_away =
      std::count_if(saved.trail.begin(), saved.trail.end(),
                    [](const TrailSnapshot& one) { return was_turned_away(one.treatment); });
  const auto size = static_cast<std::int64_t>(saved.trail.size());
  if (auto done = database.run(
          "INSERT INTO trail (instance, facts, turned_away, entries) VALUES (?,?,?,?)", id,
          size - turned_away, static_cast<std::int64_t>(turned_away), packed(saved.trail));
      !done) {
    return done;
  }
  known.untrimmed += saved.trail.size();
  if (known.untrimmed < kept / 2 + 1) return {};
  known.untrimmed = 0;
  return trim_trail(id, saved.answer.decided_by, kept);
}

// What was turned away must not displace the facts, nor anything the one that decided.
Result<void> Store::Impl::trim_trail(std::string_view id, std::string_view decided_by,
                                     std::size_t kept) {
  std::vector<std::int64_t> spare;
  std::int64_t facts = 0;
  std::int64_t turned_away = 0;
  const auto most = static_cast<std::int64_t>(kept);
  auto read = database.rows(
      "SELECT id, facts, turned_away FROM trail WHERE instance = ? ORDER BY id DESC",
      [&](sqlite3_stmt* row) {
        const std::int64_t facts_here = sqlite3_column_int64(row, 1);
        const std::int64_t turned_here = sqlite3_column_int64(row, 2);
        const bool needed =
            (facts_here > 0 && facts < most) || (turned_here > 0 && turned_away < most);
        if (!needed) spare.push_back(sqlite3_column_int64(row, 0));
        facts += facts_here;
        turned_away += turned_here;
      },
      id);
  std::string decided;  // as it stands among the entries, where a line feed never does
  if (decided_by.empty()) {
    decided = '\n';
  } else {
    append_json(decided, decided_by);
  }
  for (const std::int64_t row : spare) {
    if (!read) break;
    read = database.run("DELETE FROM trail WHERE id = ? AND instr(entries, ?) = 0", row, decided);
  }
  return read;
}

Result<void> Store::Impl::save_instance(const InstanceSnapshot& saved, std::size_t trail) {
  if (written.instances.size() >= Written::kMostInstances) written.instances.clear();
  const auto [entry, is_new] = written.instances.try_emplace(saved.id);
  Written::Instance& known = entry->second;
  if (is_new) known.untrimmed = trail;
  const std::string id = saved.id.to_string();
  if (auto done = save_row(id, saved, known); !done) return done;
  if (auto done = save_intervals(id, saved, known); !done) return done;
  if (auto done = save_migrations(id, saved, known); !done) return done;
  return save_trail(id, saved, trail, known);
}

Result<void> Store::save(const Model& model, const std::function<void()>& between) {
  for (const InstanceId& id : model.changed()) {
    model.snapshot(id, impl_->snapshot);
    if (auto done = impl_->save_instance(impl_->snapshot, model.options().trail); !done) {
      return done;
    }
    if (between) between();
  }
  if (auto done = impl_->save_options(model.options()); !done) return done;
  return impl_->save_model(model.changed_but_instances());
}

}  // namespace vmtrail
