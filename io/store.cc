// SPDX-License-Identifier: Apache-2.0

#include "io/store.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "io/schema.h"
#include "io/store_impl.h"

namespace vmtrail {

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;

Result<Store> Store::open(const std::string& directory, Access access) {
  const std::string path = (std::filesystem::path(directory) / "vmtrail.db").string();
  if (access == Access::create) {
    std::error_code failed;
    std::filesystem::create_directories(directory, failed);
    if (failed) {
      return tl::unexpected(
          Error{ErrorCode::store_error, directory + ": cannot be made: " + failed.message()});
    }
  } else if (std::error_code ignored; !std::filesystem::exists(path, ignored)) {
    return tl::unexpected(Error{ErrorCode::store_error,
                                "no state in " + directory + " (make one with replay --state)"});
  }
  auto database =
      Sqlite::open(path, access == Access::create ? Sqlite::Mode::create : Sqlite::Mode::read);
  if (!database) return tl::unexpected(database.error());
  auto impl = std::make_unique<Impl>(Impl{std::move(*database)});
  if (auto right = impl->check_version(access); !right) return tl::unexpected(right.error());
  if (access == Access::create) {
    if (auto made = impl->make_tables(); !made) return tl::unexpected(made.error());
  }
  return Store(std::move(impl));
}

Result<void> Store::Impl::set(std::string_view key, std::int64_t value) {
  return database.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", key, value);
}

Result<std::optional<std::int64_t>> Store::Impl::get(std::string_view key) {
  std::optional<std::int64_t> value;
  auto read = database.rows(
      "SELECT value FROM meta WHERE key = ?",
      [&](sqlite3_stmt* row) { value = sqlite3_column_int64(row, 0); }, key);
  if (!read) return tl::unexpected(read.error());
  return value;
}

// Before anything is written: a store of another version is not touched.
Result<void> Store::Impl::check_version(Access access) {
  bool has_tables = false;
  if (auto read = database.rows("SELECT 1 FROM sqlite_master WHERE name = 'meta'",
                                [&](sqlite3_stmt*) { has_tables = true; });
      !read) {
    return read;
  }
  if (!has_tables) {
    if (access == Access::create) return {};
    return tl::unexpected(Error{ErrorCode::store_error, database.path() + ": holds no state"});
  }
  const auto version = get("schema");
  if (!version) return tl::unexpected(version.error());
  if (version->value_or(0) == kSchemaVersion) return {};
  return tl::unexpected(
      Error{ErrorCode::store_error, database.path() + ": made by another version (schema " +
                                        std::to_string(version->value_or(0)) + ", this one reads " +
                                        std::to_string(kSchemaVersion) + ")"});
}

Result<void> Store::Impl::make_tables() {
  if (auto done =
          database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;", "setting up");
      !done) {
    return done;
  }
  if (auto done = database.begin(); !done) return done;
  if (auto done = database.execute(kSchema, "making the tables"); !done) return done;
  if (auto done = set("schema", kSchemaVersion); !done) return done;
  return database.commit();
}

// ---- writing

Result<void> Store::add_message(std::string_view message_id) {
  return impl_->database.run("INSERT OR IGNORE INTO messages VALUES (?)", message_id);
}

Result<void> Store::add_record(Sequence sequence, std::string_view json) {
  return impl_->database.run("INSERT INTO records VALUES (?, ?)",
                             static_cast<std::int64_t>(sequence), json);
}

Result<void> Store::add_quarantined(std::string_view input, const Undecodable& bad) {
  const std::string bytes = redact(bad.bytes);
  return impl_->database.run(
      "INSERT INTO quarantine (reason, detail, input, line, offset, bytes) VALUES (?,?,?,?,?,?)",
      info(bad.reason).name, bad.detail, input, static_cast<std::int64_t>(bad.line),
      static_cast<std::int64_t>(bad.offset), Blob{bytes});
}

Result<void> Store::Impl::save_state(std::string_view table, std::string_view id,
                                     const StateSnapshot& s) {
  const bool is_base = table == "bases";
  const std::string_view sql =
      is_base ? "INSERT OR REPLACE INTO bases VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
              : "INSERT OR REPLACE INTO placements VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
  return database.run(sql, id, s.host, name(s.confidence), s.vm_state, s.task_state,
                      name(s.power_state), s.deleted, s.name, s.project_id, s.since, s.cause,
                      s.mover_host, s.moved_at, s.effective, s.decided_by, s.decided_event_type,
                      s.decided_rule);
}

Result<void> Store::Impl::save_intervals(std::string_view id, const InstanceSnapshot& saved) {
  if (auto done = database.run("DELETE FROM intervals WHERE instance = ?", id); !done) return done;
  std::int64_t position = 0;
  for (const IntervalSnapshot& interval : saved.intervals) {
    if (auto done = database.run("INSERT INTO intervals VALUES (?,?,?,?,?,?,?)", id, position++,
                                 interval.host, interval.from, interval.to,
                                 name(interval.confidence), interval.cause);
        !done) {
      return done;
    }
  }
  return {};
}

Result<void> Store::Impl::save_migrations(std::string_view id, const InstanceSnapshot& saved) {
  if (auto done = database.run("DELETE FROM migrations WHERE instance = ?", id); !done) return done;
  std::int64_t position = 0;
  for (const MigrationSnapshot& migration : saved.migrations) {
    const MigrationSnapshot::View& now = migration.view;
    const MigrationSnapshot::View told = migration.announced.value_or(MigrationSnapshot::View{});
    const bool announced = migration.announced.has_value();
    if (auto done = database.run(
            "INSERT INTO migrations VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", id, position++,
            migration.request_id, name(now.kind), now.source, now.destination, name(now.outcome),
            now.started_at, now.finished_at, now.confirmed_at, migration.reverted, announced,
            announced ? name(told.kind) : std::string_view{}, told.source, told.destination,
            announced ? name(told.outcome) : std::string_view{}, told.started_at, told.finished_at,
            told.confirmed_at);
        !done) {
      return done;
    }
  }
  return {};
}

Result<void> Store::Impl::save_facts(std::string_view id, const InstanceSnapshot& saved) {
  if (auto done = database.run("DELETE FROM facts WHERE instance = ?", id); !done) return done;
  std::int64_t position = 0;
  for (const FactSnapshot& fact : saved.facts) {
    if (auto done = database.run("INSERT INTO facts VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                                 id, position++, fact.message_id, fact.event_type, fact.generated,
                                 fact.request_id, fact.rule, fact.publisher_service,
                                 fact.publisher_host, fact.payload_host, fact.state, fact.old_state,
                                 fact.task_state, fact.flavor, fact.name, fact.project_id,
                                 name(fact.power_state), name(fact.judged));
        !done) {
      return done;
    }
  }
  return {};
}

Result<void> Store::Impl::save_trail(std::string_view id, const InstanceSnapshot& saved,
                                     std::size_t kept) {
  if (saved.trail.empty()) return {};
  for (const TrailSnapshot& fact : saved.trail) {
    if (auto done =
            database.run("INSERT INTO trail (instance, message_id, event_type, generated,"
                         " publisher, rule, at, host, treatment)"
                         " VALUES (?,?,?,?,?,?,?,?,?)",
                         id, fact.message_id, fact.event_type, fact.generated, fact.publisher,
                         fact.rule, fact.at, fact.host, name(fact.treatment));
        !done) {
      return done;
    }
  }
  // What was turned away must not displace the facts.
  if (auto done = database.run(
          "DELETE FROM trail WHERE instance = ?1 AND treatment NOT IN ('duplicate', 'too_late')"
          " AND message_id IS NOT ?2 AND id <= (SELECT id FROM trail WHERE instance = ?1"
          " AND treatment NOT IN ('duplicate', 'too_late') ORDER BY id DESC LIMIT 1 OFFSET ?3)",
          id, saved.answer.decided_by, static_cast<std::int64_t>(kept));
      !done) {
    return done;
  }
  return database.run(
      "DELETE FROM trail WHERE instance = ?1 AND treatment IN ('duplicate', 'too_late')"
      " AND id <= (SELECT id FROM trail WHERE instance = ?1"
      " AND treatment IN ('duplicate', 'too_late') ORDER BY id DESC LIMIT 1 OFFSET ?2)",
      id, static_cast<std::int64_t>(kept));
}

Result<void> Store::Impl::save_instance(const InstanceSnapshot& saved, std::size_t trail) {
  const std::string id = saved.id.to_string();
  std::string requests;
  for (const std::string& request : saved.folded_requests) requests += request + "\n";
  if (auto done =
          database.run("INSERT OR REPLACE INTO instances VALUES (?,?,?,?,?,?)", id, saved.newest,
                       saved.cut, requests, static_cast<std::int64_t>(saved.base_intervals),
                       static_cast<std::int64_t>(saved.base_migrations));
      !done) {
    return done;
  }
  if (auto done = save_state("placements", id, saved.answer); !done) return done;
  if (auto done = save_state("bases", id, saved.base); !done) return done;
  if (auto done = save_intervals(id, saved); !done) return done;
  if (auto done = save_migrations(id, saved); !done) return done;
  if (auto done = save_trail(id, saved, trail); !done) return done;
  return save_facts(id, saved);
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
  for (const HostSnapshot& host : saved.hosts) {
    if (auto done = database.run("INSERT OR REPLACE INTO hosts VALUES (?,?,?,?)", host.name,
                                 name(host.status), host.told_at, host.told_by);
        !done) {
      return done;
    }
  }
  if (auto done = database.run("DELETE FROM seen"); !done) return done;
  for (const SeenSnapshot& seen : saved.seen) {
    if (auto done = database.run("INSERT INTO seen VALUES (?,?)", seen.message_id, seen.until);
        !done) {
      return done;
    }
  }
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
  for (const SkewSnapshot& skew : saved.skews) {
    if (auto done = database.run("INSERT OR REPLACE INTO clock_skews VALUES (?,?,?)", skew.ahead,
                                 skew.behind, skew.at_least.count());
        !done) {
      return done;
    }
  }
  return {};
}

Result<void> Store::save(Model& model) {
  for (const InstanceId& id : model.changed()) {
    if (auto done = impl_->save_instance(model.snapshot(id), model.options().trail); !done)
      return done;
  }
  if (auto done = impl_->save_model(model.snapshot()); !done) return done;
  model.mark_saved();
  return {};
}

Result<void> Store::commit() {
  return impl_->database.commit();
}

}  // namespace vmtrail
