// SPDX-License-Identifier: Apache-2.0

#include "io/store.h"

#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "io/epoch.h"
#include "io/schema.h"
#include "io/store_impl.h"

namespace vmtrail {

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;

std::string Store::file_in(const std::string& directory) {
  return (std::filesystem::path(directory) / "vmtrail.db").string();
}

Result<void> Store::find_in(const std::string& directory) {
  const std::string path = file_in(directory);
  std::error_code failed;
  if (std::filesystem::exists(path, failed)) return {};
  return tl::unexpected(
      Error{ErrorCode::store_error,
            failed ? path + ": " + failed.message()
                   : "no state in " + directory + " (make one with replay --state)"});
}

Result<Store> Store::open(const std::string& directory, Access access, const Options& options) {
  const std::string path = file_in(directory);
  if (access == Access::create) {
    std::error_code failed;
    std::filesystem::create_directories(directory, failed);
    if (failed) {
      return tl::unexpected(
          Error{ErrorCode::store_error, directory + ": cannot be made: " + failed.message()});
    }
  } else if (auto found = find_in(directory); !found) {
    return tl::unexpected(found.error());
  }
  auto database =
      Sqlite::open(path, access == Access::read ? Sqlite::Mode::read : Sqlite::Mode::create);
  if (!database) return tl::unexpected(database.error());
  auto impl = std::make_unique<Impl>(std::move(*database));
  if (auto right = impl->check_version(access); !right) return tl::unexpected(right.error());
  if (access != Access::read) {
    if (auto made = impl->set_up(options); !made) return tl::unexpected(made.error());
  }
  return Store(std::move(impl));
}

Result<void> Store::hold() {
  return impl_->database.begin_reading();
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

// Before anything is written: a newer store is not touched.
Result<void> Store::Impl::check_version(Access access) {
  bool is_ours = false;
  bool is_empty = true;
  if (auto read = database.rows("SELECT name = 'meta' FROM sqlite_master",
                                [&](sqlite3_stmt* row) {
                                  is_ours = is_ours || sqlite3_column_int(row, 0) != 0;
                                  is_empty = false;
                                });
      !read) {
    return read;
  }
  if (!is_ours) {
    if (access == Access::create && is_empty) return {};
    return tl::unexpected(Error{ErrorCode::store_error, database.path() + ": holds no state"});
  }
  const auto version = get("schema");
  if (!version) return tl::unexpected(version.error());
  const std::int64_t schema = version->value_or(0);
  const bool older = schema > 0 && schema < kSchemaVersion;
  if (schema == kSchemaVersion || (older && access != Access::read)) return {};
  return tl::unexpected(Error{
      ErrorCode::store_error,
      database.path() + ": made by " + (older ? "an older" : "another") + " version (schema " +
          std::to_string(schema) + ", this one reads " + std::to_string(kSchemaVersion) + ")" +
          (older ? "; serve, replay --state and store compact bring it up to date" : "")});
}

Result<void> Store::Impl::set_up(const Options& options) {
  lock_wait = options.lock_wait;
  database.set_lock_wait(lock_wait);
  std::string pragmas =
      "PRAGMA journal_mode = WAL; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 8192;";
  pragmas += options.durability == Durability::power_loss ? " PRAGMA synchronous = FULL;"
                                                          : " PRAGMA synchronous = NORMAL;";
  if (auto done = database.execute(pragmas.c_str(), "setting up"); !done) return done;
  if (options.most_bytes > 0) {
    std::int64_t page = 4096;
    if (auto read = database.rows("PRAGMA page_size",
                                  [&](sqlite3_stmt* row) { page = sqlite3_column_int64(row, 0); });
        !read) {
      return read;
    }
    const std::string limit = "PRAGMA max_page_count = " +
                              std::to_string(options.most_bytes / static_cast<std::uint64_t>(page));
    if (auto done = database.execute(limit.c_str(), "setting up"); !done) return done;
  }
  if (auto done = database.begin(); !done) return done;
  bool has_tables = false;
  if (auto read = database.rows("SELECT 1 FROM sqlite_master WHERE name = 'meta'",
                                [&](sqlite3_stmt*) { has_tables = true; });
      !read) {
    return read;
  }
  if (has_tables) {
    const auto version = get("schema");
    if (!version) return tl::unexpected(version.error());
    if (auto done = upgrade(version->value_or(0)); !done) return done;
  }
  if (auto done = database.execute(kSchema, "making the tables"); !done) return done;
  if (auto done = set("schema", kSchemaVersion); !done) return done;
  const auto epoch = get("epoch");
  if (!epoch) return tl::unexpected(epoch.error());
  if (!*epoch) {
    if (auto done = set("epoch", static_cast<std::int64_t>(fresh_epoch())); !done) return done;
  }
  return database.commit();
}

void Store::set_meanwhile(std::function<void()> meanwhile) {
  impl_->database.set_lock_wait(impl_->lock_wait, std::move(meanwhile));
}

Result<std::uint64_t> Store::epoch() {
  const auto epoch = impl_->get("epoch");
  if (!epoch) return tl::unexpected(epoch.error());
  return static_cast<std::uint64_t>(epoch->value_or(0));
}

Time Store::Impl::stored_at() {
  if (!began) began = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  return *began;
}

// ---- writing

Result<void> Store::add_message(const MessageId& id, Time generated) {
  if (auto begun = impl_->database.begin(); !begun) return begun;
  impl_->messages.add(id, generated);
  return {};
}

Result<void> Store::add_record(Sequence sequence, std::string_view json, std::string_view zenoss) {
  return impl_->database.run("INSERT INTO records VALUES (?, ?, ?, ?)",
                             static_cast<std::int64_t>(sequence), impl_->stored_at(), json, zenoss);
}

Result<void> Store::add_quarantined(std::string_view input, const Undecodable& bad) {
  const std::string bytes = redact(bad.bytes);
  return impl_->database.run(
      "INSERT INTO quarantine (stored_at, reason, detail, input, line, offset, bytes)"
      " VALUES (?,?,?,?,?,?,?)",
      impl_->stored_at(), info(bad.reason).name, bad.detail, input,
      static_cast<std::int64_t>(bad.line), static_cast<std::int64_t>(bad.offset), Blob{bytes});
}

Result<void> Store::commit() {
  if (auto done = write_messages(impl_->database, impl_->messages); !done) return done;
  auto done = impl_->database.commit();
  if (!done) return done;
  impl_->messages.clear();
  impl_->began.reset();
  return {};
}

void Store::rollback() {
  impl_->database.rollback();
  impl_->messages.clear();
  impl_->began.reset();
  impl_->written = {};  // some of it was in what is undone
}

}  // namespace vmtrail
