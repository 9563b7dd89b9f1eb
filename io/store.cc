// SPDX-License-Identifier: Apache-2.0

#include "io/store.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include <sqlite3.h>

#include "io/schema.h"
#include "vmtrail/snapshot.h"

namespace vmtrail {

namespace {

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

// put() sets a parameter of a statement. (As bind() it would meet std::bind, which takes anything.)

std::int64_t number(Time time) {
  return time.time_since_epoch().count();
}

void put(sqlite3_stmt* statement, int at, std::string_view value) {
  if (value.empty()) {
    sqlite3_bind_null(statement, at);
  } else {
    sqlite3_bind_text(statement, at, value.data(), static_cast<int>(value.size()),
                      SQLITE_TRANSIENT);
  }
}
void put(sqlite3_stmt* statement, int at, std::int64_t value) {
  sqlite3_bind_int64(statement, at, value);
}
void put(sqlite3_stmt* statement, int at, bool value) {
  sqlite3_bind_int64(statement, at, value ? 1 : 0);
}
void put(sqlite3_stmt* statement, int at, Time value) {
  sqlite3_bind_int64(statement, at, number(value));
}
void put(sqlite3_stmt* statement, int at, const std::optional<Time>& value) {
  if (value) {
    put(statement, at, *value);
  } else {
    sqlite3_bind_null(statement, at);
  }
}
void put(sqlite3_stmt* statement, int at, const std::string& value) {
  put(statement, at, std::string_view(value));
}
// Null and empty are told apart where the event may not have told at all.
void put(sqlite3_stmt* statement, int at, const std::optional<std::string>& value) {
  if (value) {
    sqlite3_bind_text(statement, at, value->data(), static_cast<int>(value->size()),
                      SQLITE_TRANSIENT);
  } else {
    sqlite3_bind_null(statement, at);
  }
}
struct Blob {
  std::string_view bytes;
};
void put(sqlite3_stmt* statement, int at, Blob value) {
  sqlite3_bind_blob64(statement, at, value.bytes.data(), value.bytes.size(), SQLITE_TRANSIENT);
}

std::string text(sqlite3_stmt* row, int column) {
  const unsigned char* const bytes = sqlite3_column_text(row, column);
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(row, column))};
}
std::optional<std::string> optional_text(sqlite3_stmt* row, int column) {
  if (sqlite3_column_type(row, column) == SQLITE_NULL) return std::nullopt;
  return text(row, column);
}
Time time(sqlite3_stmt* row, int column) {
  return Time{Duration{sqlite3_column_int64(row, column)}};
}
std::optional<Time> optional_time(sqlite3_stmt* row, int column) {
  if (sqlite3_column_type(row, column) == SQLITE_NULL) return std::nullopt;
  return time(row, column);
}
template <class Word>
Word word(sqlite3_stmt* row, int column, Word otherwise) {
  return parse_word<Word>(text(row, column)).value_or(otherwise);
}

// The columns of a state, from `column` on.
StateSnapshot state(sqlite3_stmt* row, int column) {
  StateSnapshot saved;
  saved.host = text(row, column);
  saved.confidence = word(row, column + 1, Confidence::unknown);
  saved.vm_state = text(row, column + 2);
  saved.task_state = text(row, column + 3);
  saved.power_state = word(row, column + 4, PowerState::unknown);
  saved.deleted = sqlite3_column_int(row, column + 5) != 0;
  saved.name = text(row, column + 6);
  saved.project_id = text(row, column + 7);
  saved.since = optional_time(row, column + 8);
  saved.cause = text(row, column + 9);
  saved.mover_host = text(row, column + 10);
  saved.moved_at = optional_time(row, column + 11);
  saved.effective = optional_time(row, column + 12);
  saved.decided_by = text(row, column + 13);
  saved.decided_event_type = text(row, column + 14);
  saved.decided_rule = text(row, column + 15);
  return saved;
}

MigrationSnapshot::View view(sqlite3_stmt* row, int column) {
  return {word(row, column, MigrationKind::live_migration),
          text(row, column + 1),
          text(row, column + 2),
          word(row, column + 3, Outcome::in_progress),
          time(row, column + 4),
          optional_time(row, column + 5),
          optional_time(row, column + 6)};
}

}  // namespace

struct Store::Impl {
  std::string path;
  Database database;
  std::map<std::string_view, Statement> prepared;  // by their text, which is a literal
  bool in_transaction = false;

  [[nodiscard]] Error error(std::string_view doing) const {
    return {ErrorCode::store_error,
            path + ": " + std::string(doing) + ": " + sqlite3_errmsg(database.get())};
  }

  Result<void> execute(const char* sql, std::string_view doing) {
    if (sqlite3_exec(database.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
      return tl::unexpected(error(doing));
    }
    return {};
  }

  Result<sqlite3_stmt*> prepare(std::string_view sql) {
    const auto found = prepared.find(sql);
    if (found != prepared.end()) return found->second.get();
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(database.get(), sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
      return tl::unexpected(error("preparing"));
    }
    prepared.emplace(sql, statement);
    return statement;
  }

  template <class... Values>
  Result<void> run(std::string_view sql, const Values&... values) {
    if (!in_transaction) {
      if (auto begun = execute("BEGIN IMMEDIATE", "beginning a transaction"); !begun) return begun;
      in_transaction = true;
    }
    const auto statement = prepare(sql);
    if (!statement) return tl::unexpected(statement.error());
    int at = 0;
    (put(*statement, ++at, values), ...);
    const int result = sqlite3_step(*statement);
    sqlite3_reset(*statement);
    if (result != SQLITE_DONE) return tl::unexpected(error("writing"));
    return {};
  }

  // Calls `take` with each row of a query whose parameters are the values.
  template <class Take, class... Values>
  Result<void> rows(std::string_view sql, const Take& take, const Values&... values) {
    const auto statement = prepare(sql);
    if (!statement) return tl::unexpected(statement.error());
    int at = 0;
    (put(*statement, ++at, values), ...);
    int result = SQLITE_ROW;
    while ((result = sqlite3_step(*statement)) == SQLITE_ROW) take(*statement);
    sqlite3_reset(*statement);
    if (result != SQLITE_DONE) return tl::unexpected(error("reading"));
    return {};
  }

  Result<void> set(std::string_view key, std::int64_t value) {
    return run("INSERT OR REPLACE INTO meta VALUES (?, ?)", key, value);
  }
  Result<std::optional<std::int64_t>> get(std::string_view key) {
    std::optional<std::int64_t> value;
    auto read = rows(
        "SELECT value FROM meta WHERE key = ?",
        [&](sqlite3_stmt* row) { value = sqlite3_column_int64(row, 0); }, key);
    if (!read) return tl::unexpected(read.error());
    return value;
  }

  Result<void> save_state(std::string_view table, std::string_view id, const StateSnapshot& s) {
    const bool is_base = table == "bases";
    const std::string_view sql =
        is_base ? "INSERT OR REPLACE INTO bases VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
                : "INSERT OR REPLACE INTO placements VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
    return run(sql, id, s.host, name(s.confidence), s.vm_state, s.task_state, name(s.power_state),
               s.deleted, s.name, s.project_id, s.since, s.cause, s.mover_host, s.moved_at,
               s.effective, s.decided_by, s.decided_event_type, s.decided_rule);
  }

  Result<void> save_intervals(std::string_view id, const InstanceSnapshot& saved);
  Result<void> save_migrations(std::string_view id, const InstanceSnapshot& saved);
  Result<void> save_facts(std::string_view id, const InstanceSnapshot& saved);
  Result<void> save_instance(const InstanceSnapshot& saved);
  Result<void> save_model(const ModelSnapshot& saved);
  Result<ModelSnapshot> load_model();
  Result<std::map<std::string, InstanceSnapshot>> load_instances();
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;

Result<Store> Store::open(const std::string& directory, Access access) {
  auto impl = std::make_unique<Impl>();
  impl->path = (std::filesystem::path(directory) / "vmtrail.db").string();
  if (access == Access::create) {
    std::error_code failed;
    std::filesystem::create_directories(directory, failed);
    if (failed) {
      return tl::unexpected(
          Error{ErrorCode::store_error, directory + ": cannot be made: " + failed.message()});
    }
  } else if (std::error_code ignored; !std::filesystem::exists(impl->path, ignored)) {
    return tl::unexpected(Error{ErrorCode::store_error,
                                "no state in " + directory + " (make one with replay --state)"});
  }
  sqlite3* database = nullptr;
  const int flags =
      access == Access::create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  const int opened = sqlite3_open_v2(impl->path.c_str(), &database, flags, nullptr);
  impl->database.reset(database);
  if (opened != SQLITE_OK) return tl::unexpected(impl->error("opening"));
  sqlite3_busy_timeout(database, 5000);
  if (access == Access::create) {
    if (auto done =
            impl->execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;", "setting up");
        !done) {
      return tl::unexpected(done.error());
    }
    if (auto done = impl->execute(kSchema, "making the tables"); !done) {
      return tl::unexpected(done.error());
    }
  }
  const auto version = impl->get("schema");
  if (!version) return tl::unexpected(version.error());
  if (*version && **version != kSchemaVersion) {
    return tl::unexpected(
        Error{ErrorCode::store_error, impl->path + ": made by another version (schema " +
                                          std::to_string(**version) + ", this one reads " +
                                          std::to_string(kSchemaVersion) + ")"});
  }
  if (!*version) {
    if (access == Access::read) {
      return tl::unexpected(Error{ErrorCode::store_error, impl->path + ": holds no state"});
    }
    if (auto set = impl->set("schema", kSchemaVersion); !set) return tl::unexpected(set.error());
  }
  return Store(std::move(impl));
}

// ---- writing

Result<void> Store::add_message(std::string_view message_id) {
  return impl_->run("INSERT OR IGNORE INTO messages VALUES (?)", message_id);
}

Result<void> Store::add_record(Sequence sequence, std::string_view json) {
  return impl_->run("INSERT INTO records VALUES (?, ?)", static_cast<std::int64_t>(sequence), json);
}

Result<void> Store::add_quarantined(std::string_view input, const Undecodable& bad) {
  const std::string bytes = redact(bad.bytes);
  return impl_->run(
      "INSERT INTO quarantine (reason, detail, input, line, offset, bytes) VALUES (?,?,?,?,?,?)",
      info(bad.reason).name, bad.detail, input, static_cast<std::int64_t>(bad.line),
      static_cast<std::int64_t>(bad.offset), Blob{bytes});
}

Result<void> Store::Impl::save_intervals(std::string_view id, const InstanceSnapshot& saved) {
  if (auto done = run("DELETE FROM intervals WHERE instance = ?", id); !done) return done;
  std::int64_t position = 0;
  for (const IntervalSnapshot& interval : saved.intervals) {
    if (auto done =
            run("INSERT INTO intervals VALUES (?,?,?,?,?,?,?)", id, position++, interval.host,
                interval.from, interval.to, name(interval.confidence), interval.cause);
        !done) {
      return done;
    }
  }
  return {};
}

Result<void> Store::Impl::save_migrations(std::string_view id, const InstanceSnapshot& saved) {
  if (auto done = run("DELETE FROM migrations WHERE instance = ?", id); !done) return done;
  std::int64_t position = 0;
  for (const MigrationSnapshot& migration : saved.migrations) {
    const MigrationSnapshot::View& now = migration.view;
    const MigrationSnapshot::View told = migration.announced.value_or(MigrationSnapshot::View{});
    const bool announced = migration.announced.has_value();
    if (auto done =
            run("INSERT INTO migrations VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", id,
                position++, migration.request_id, name(now.kind), now.source, now.destination,
                name(now.outcome), now.started_at, now.finished_at, now.confirmed_at,
                migration.reverted, announced, announced ? name(told.kind) : std::string_view{},
                told.source, told.destination, announced ? name(told.outcome) : std::string_view{},
                told.started_at, told.finished_at, told.confirmed_at);
        !done) {
      return done;
    }
  }
  return {};
}

Result<void> Store::Impl::save_facts(std::string_view id, const InstanceSnapshot& saved) {
  if (auto done = run("DELETE FROM facts WHERE instance = ?", id); !done) return done;
  std::int64_t position = 0;
  for (const FactSnapshot& fact : saved.facts) {
    if (auto done = run("INSERT INTO facts VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", id,
                        position++, fact.message_id, fact.event_type, fact.generated,
                        fact.request_id, fact.rule, fact.publisher_service, fact.publisher_host,
                        fact.payload_host, fact.state, fact.old_state, fact.task_state, fact.flavor,
                        fact.name, fact.project_id, name(fact.power_state), name(fact.judged));
        !done) {
      return done;
    }
  }
  return {};
}

Result<void> Store::Impl::save_instance(const InstanceSnapshot& saved) {
  const std::string id = saved.id.to_string();
  std::string requests;
  for (const std::string& request : saved.folded_requests) requests += request + "\n";
  if (auto done = run("INSERT OR REPLACE INTO instances VALUES (?,?,?,?,?,?)", id, saved.newest,
                      saved.cut, requests, static_cast<std::int64_t>(saved.base_intervals),
                      static_cast<std::int64_t>(saved.base_migrations));
      !done) {
    return done;
  }
  if (auto done = save_state("placements", id, saved.answer); !done) return done;
  if (auto done = save_state("bases", id, saved.base); !done) return done;
  if (auto done = save_intervals(id, saved); !done) return done;
  if (auto done = save_migrations(id, saved); !done) return done;
  return save_facts(id, saved);
}

Result<void> Store::Impl::save_model(const ModelSnapshot& saved) {
  if (auto done = set("sequence", static_cast<std::int64_t>(saved.sequence)); !done) return done;
  if (saved.newest_event) {
    if (auto done = set("newest_event", number(*saved.newest_event)); !done) return done;
  }
  for (const HostSnapshot& host : saved.hosts) {
    if (auto done = run("INSERT OR REPLACE INTO hosts VALUES (?,?,?,?)", host.name,
                        name(host.status), host.told_at, host.told_by);
        !done) {
      return done;
    }
  }
  if (auto done = run("DELETE FROM seen"); !done) return done;
  for (const SeenSnapshot& seen : saved.seen) {
    if (auto done = run("INSERT INTO seen VALUES (?,?)", seen.message_id, seen.until); !done) {
      return done;
    }
  }
  return {};
}

Result<void> Store::save(Model& model) {
  for (const InstanceId& id : model.changed()) {
    if (auto done = impl_->save_instance(model.snapshot(id)); !done) return done;
  }
  if (auto done = impl_->save_model(model.snapshot()); !done) return done;
  model.mark_saved();
  return {};
}

Result<void> Store::commit() {
  if (!impl_->in_transaction) return {};
  auto done = impl_->execute("COMMIT", "committing");
  if (done) impl_->in_transaction = false;
  return done;
}

// ---- reading

bool Store::contains(const MessageId& id) {
  bool found = false;
  const std::string text_of_id = id.to_string();
  const auto read = impl_->rows(
      "SELECT 1 FROM messages WHERE message_id = ?", [&](sqlite3_stmt*) { found = true; },
      std::string_view(text_of_id));
  return read && found;
}

Result<ModelSnapshot> Store::Impl::load_model() {
  ModelSnapshot saved;
  const auto sequence = get("sequence");
  if (!sequence) return tl::unexpected(sequence.error());
  saved.sequence = Sequence{static_cast<std::uint64_t>(sequence->value_or(0))};
  const auto newest = get("newest_event");
  if (!newest) return tl::unexpected(newest.error());
  if (*newest) saved.newest_event = Time{Duration{**newest}};
  if (auto read = rows("SELECT name, status, told_at, told_by FROM hosts",
                       [&](sqlite3_stmt* row) {
                         saved.hosts.push_back({text(row, 0), word(row, 1, HostStatus::up),
                                                optional_time(row, 2), text(row, 3)});
                       });
      !read) {
    return tl::unexpected(read.error());
  }
  if (auto read = rows("SELECT message_id, until FROM seen ORDER BY until, message_id",
                       [&](sqlite3_stmt* row) {
                         saved.seen.push_back({text(row, 0), time(row, 1)});
                       });
      !read) {
    return tl::unexpected(read.error());
  }
  return saved;
}

Result<std::map<std::string, InstanceSnapshot>> Store::Impl::load_instances() {
  std::map<std::string, InstanceSnapshot> all;
  std::optional<std::string> broken;
  const auto instance = [&](sqlite3_stmt* row) -> InstanceSnapshot& {
    const std::string id = text(row, 0);
    InstanceSnapshot& saved = all[id];
    if (const auto parsed = InstanceId::parse(id)) {
      saved.id = *parsed;
    } else {
      broken = id;
    }
    return saved;
  };
  const std::array reads = {
      rows(
          "SELECT id, newest, cut, folded_requests, base_intervals, base_migrations FROM instances",
          [&](sqlite3_stmt* row) {
            InstanceSnapshot& saved = instance(row);
            saved.newest = optional_time(row, 1);
            saved.cut = optional_time(row, 2);
            std::istringstream lines(text(row, 3));
            for (std::string line; std::getline(lines, line);)
              saved.folded_requests.push_back(line);
            saved.base_intervals = static_cast<std::size_t>(sqlite3_column_int64(row, 4));
            saved.base_migrations = static_cast<std::size_t>(sqlite3_column_int64(row, 5));
          }),
      rows("SELECT * FROM bases", [&](sqlite3_stmt* row) { instance(row).base = state(row, 1); }),
      rows("SELECT instance, host, from_time, to_time, confidence, cause FROM intervals"
           " ORDER BY instance, position",
           [&](sqlite3_stmt* row) {
             instance(row).intervals.push_back({text(row, 1), time(row, 2), time(row, 3),
                                                word(row, 4, Confidence::unknown), text(row, 5)});
           }),
      rows("SELECT instance, request_id, reverted, announced, kind, source, destination, outcome,"
           " started_at, finished_at, confirmed_at, told_kind, told_source, told_destination,"
           " told_outcome, told_started_at, told_finished_at, told_confirmed_at"
           " FROM migrations ORDER BY instance, position",
           [&](sqlite3_stmt* row) {
             MigrationSnapshot saved{text(row, 1), view(row, 4), sqlite3_column_int(row, 2) != 0,
                                     std::nullopt};
             if (sqlite3_column_int(row, 3) != 0) saved.announced = view(row, 11);
             instance(row).migrations.push_back(std::move(saved));
           }),
      rows("SELECT instance, message_id, event_type, generated, request_id, rule,"
           " publisher_service, publisher_host, payload_host, state, old_state, task_state, flavor,"
           " name, project_id, power_state, judged FROM facts ORDER BY instance, position",
           [&](sqlite3_stmt* row) {
             FactSnapshot fact;
             fact.message_id = text(row, 1);
             fact.event_type = text(row, 2);
             fact.generated = time(row, 3);
             fact.request_id = text(row, 4);
             fact.rule = text(row, 5);
             fact.publisher_service = text(row, 6);
             fact.publisher_host = text(row, 7);
             fact.payload_host = optional_text(row, 8);
             fact.state = text(row, 9);
             fact.old_state = text(row, 10);
             fact.task_state = optional_text(row, 11);
             fact.flavor = text(row, 12);
             fact.name = text(row, 13);
             fact.project_id = text(row, 14);
             fact.power_state = word(row, 15, PowerState::unknown);
             fact.judged = word(row, 16, Outcome::in_progress);
             instance(row).facts.push_back(std::move(fact));
           }),
  };
  for (const Result<void>& read : reads) {
    if (!read) return tl::unexpected(read.error());
  }
  for (const auto& [id, saved] : all) {
    if (saved.base_intervals > saved.intervals.size() ||
        saved.base_migrations > saved.migrations.size()) {
      broken = id;
    }
  }
  if (broken) {
    return tl::unexpected(Error{ErrorCode::store_error,
                                path + ": the rows of instance '" + *broken + "' do not fit"});
  }
  return all;
}

Result<void> Store::load(Model& model, const RuleSet& rules) {
  const auto saved = impl_->load_model();
  if (!saved) return tl::unexpected(saved.error());
  model.restore(*saved);
  const auto instances = impl_->load_instances();
  if (!instances) return tl::unexpected(instances.error());
  for (const auto& [id, instance] : *instances) model.restore(instance, rules);
  model.mark_saved();
  return {};
}

}  // namespace vmtrail
