// SPDX-License-Identifier: Apache-2.0

#include "io/sqlite.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

namespace vmtrail {

namespace {

// The path of a file as SQLite's URIs want it.
std::string escaped(const std::string& path) {
  std::string result;
  for (const char c : path) {
    if (c == '%') {
      result += "%25";
    } else if (c == '?') {
      result += "%3f";
    } else if (c == '#') {
      result += "%23";
    } else {
      result += c;
    }
  }
  return result;
}

// To read a database in WAL mode SQLite makes a file beside it. Where it may not, and nobody is
// writing, the file is read as it stands.
bool settled(const std::string& path, Sqlite::Mode mode) {
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  std::error_code ignored;
  return mode == Sqlite::Mode::read &&
         ::access(directory.empty() ? "." : directory.c_str(), W_OK) != 0 &&
         !std::filesystem::exists(path + "-wal", ignored);
}

constexpr std::chrono::milliseconds kLockWait{5000};  // for another process
constexpr std::chrono::milliseconds kPause{5};        // before a lock is tried again

std::int64_t number(Time time) {
  return time.time_since_epoch().count();
}

}  // namespace

void put(sqlite3_stmt* statement, int at, std::string_view value) {
  if (value.empty()) {
    sqlite3_bind_null(statement, at);
  } else {
    sqlite3_bind_text(statement, at, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
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

void put(sqlite3_stmt* statement, int at, const std::optional<std::string>& value) {
  if (value) {
    sqlite3_bind_text(statement, at, value->data(), static_cast<int>(value->size()), SQLITE_STATIC);
  } else {
    sqlite3_bind_null(statement, at);
  }
}

void put(sqlite3_stmt* statement, int at, Blob value) {
  sqlite3_bind_blob64(statement, at, value.bytes.data(), value.bytes.size(), SQLITE_STATIC);
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

Result<Sqlite> Sqlite::open(const std::string& path, Mode mode) {
  sqlite3* database = nullptr;
  const int flags =
      mode == Mode::create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  const int opened = settled(path, mode)
                         ? sqlite3_open_v2(("file:" + escaped(path) + "?immutable=1").c_str(),
                                           &database, flags | SQLITE_OPEN_URI, nullptr)
                         : sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  Sqlite result(path, database);
  if (opened != SQLITE_OK) return tl::unexpected(result.error("opening"));
  result.set_lock_wait(kLockWait);
  return result;
}

void Sqlite::set_lock_wait(std::chrono::milliseconds most, std::function<void()> meanwhile) {
  lock_wait_->most = most;
  lock_wait_->meanwhile = std::move(meanwhile);
  sqlite3_busy_handler(database_.get(), on_locked, lock_wait_.get());
}

int Sqlite::on_locked(void* wait, int times) {
  auto& waits = *static_cast<LockWait*>(wait);
  const auto now = std::chrono::steady_clock::now();
  if (times == 0) waits.until = now + waits.most;
  if (now >= waits.until) return 0;
  if (waits.meanwhile) {
    waits.meanwhile();
  } else {
    std::this_thread::sleep_for(kPause);
  }
  return 1;
}

Error Sqlite::error(std::string_view doing) const {
  return {ErrorCode::store_error,
          path_ + ": " + std::string(doing) + ": " + sqlite3_errmsg(database_.get())};
}

Result<void> Sqlite::execute(const char* sql, std::string_view doing) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return tl::unexpected(error(doing));
  }
  return {};
}

Result<sqlite3_stmt*> Sqlite::prepare(std::string_view sql) {
  const auto found = prepared_.find(sql.data());
  if (found != prepared_.end()) return found->second.get();
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return tl::unexpected(error("preparing"));
  }
  prepared_.emplace(sql.data(), statement);
  return statement;
}

void Sqlite::fail(std::string_view doing) {
  failure_ = error(doing);
  // SQLite may have rolled back by itself (a full disk); then this changes nothing.
  sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  in_transaction_ = false;
}

void Sqlite::rollback() {
  if (in_transaction_) sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  in_transaction_ = false;
  failure_.reset();
}

Result<void> Sqlite::begin() {
  if (failure_) return tl::unexpected(*failure_);
  if (in_transaction_) return {};
  auto done = execute("BEGIN IMMEDIATE", "beginning a transaction");
  if (done) in_transaction_ = true;
  return done;
}

Result<void> Sqlite::begin_reading() {
  // The moment is that of the first look.
  auto done = execute("BEGIN; SELECT count(*) FROM sqlite_master", "beginning to read");
  in_transaction_ = sqlite3_get_autocommit(database_.get()) == 0;
  return done;
}

Result<void> Sqlite::commit() {
  if (failure_) return tl::unexpected(*failure_);
  if (!in_transaction_) return {};
  int moved = 0;
  sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved != 0) {
    fail("committing");
    failure_->detail = path_ + ": was moved or deleted while it is in use; nobody would find it";
    return tl::unexpected(*failure_);
  }
  if (auto done = execute("COMMIT", "committing"); !done) {
    fail("committing");
    return done;
  }
  in_transaction_ = false;
  return {};
}

}  // namespace vmtrail
