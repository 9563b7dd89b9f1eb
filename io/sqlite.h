// SPDX-License-Identifier: Apache-2.0
// A SQLite database: prepared statements by their text, parameters and columns by their types, one
// transaction.

#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

#include "vmtrail/error.h"
#include "vmtrail/time.h"
#include "vmtrail/words.h"

namespace vmtrail {

// put() sets a parameter of a statement. (As bind() it would meet std::bind, which takes anything.)
// Text and bytes must stay until the statement has run. Empty text is null; times are microseconds
// since 1970 UTC.
struct Blob {
  std::string_view bytes;
};
void put(sqlite3_stmt* statement, int at, std::string_view value);
void put(sqlite3_stmt* statement, int at, const std::string& value);
void put(sqlite3_stmt* statement, int at, std::int64_t value);
void put(sqlite3_stmt* statement, int at, bool value);
void put(sqlite3_stmt* statement, int at, Time value);
void put(sqlite3_stmt* statement, int at, const std::optional<Time>& value);
/// Empty is not null here: some things may not have been told at all.
void put(sqlite3_stmt* statement, int at, const std::optional<std::string>& value);
void put(sqlite3_stmt* statement, int at, Blob value);

// Columns of the current row, from 0.
[[nodiscard]] std::string text(sqlite3_stmt* row, int column);
[[nodiscard]] std::optional<std::string> optional_text(sqlite3_stmt* row, int column);
[[nodiscard]] Time time(sqlite3_stmt* row, int column);
[[nodiscard]] std::optional<Time> optional_time(sqlite3_stmt* row, int column);
template <class Word>
[[nodiscard]] Word word(sqlite3_stmt* row, int column, Word otherwise) {
  return parse_word<Word>(text(row, column)).value_or(otherwise);
}

/// Owns the connection. The first run() begins a transaction; what is not committed never was.
/// After a run() that failed nothing is written until rollback(). Errors: store_error, with the
/// file, what was being done, and SQLite's words.
class Sqlite {
 public:
  enum class Mode : std::uint8_t { read, create };
  [[nodiscard]] static Result<Sqlite> open(const std::string& path, Mode mode);

  /// How long to wait for what another program has locked (5 s). `meanwhile` is called again and
  /// again until then, and is to take some milliseconds; null: the thread sleeps. It must leave
  /// this database alone.
  void set_lock_wait(std::chrono::milliseconds most, std::function<void()> meanwhile = {});

  Result<void> execute(const char* sql, std::string_view doing);

  /// `sql` must be a literal: statements are kept by its address.
  template <class... Values>
  Result<void> run(std::string_view sql, const Values&... values) {
    if (auto begun = begin(); !begun) return begun;
    const auto statement = prepare(sql);
    if (!statement) return tl::unexpected(statement.error());
    int at = 0;
    (put(*statement, ++at, values), ...);
    const int result = sqlite3_step(*statement);
    if (result != SQLITE_DONE) fail("writing");
    sqlite3_reset(*statement);
    if (failure_) return tl::unexpected(*failure_);
    return {};
  }

  /// Calls `take` with each row of a query whose parameters are the values, until it returns false
  /// if it returns anything.
  template <class Take, class... Values>
  Result<void> rows(std::string_view sql, const Take& take, const Values&... values) {
    const auto statement = prepare(sql);
    if (!statement) return tl::unexpected(statement.error());
    int at = 0;
    (put(*statement, ++at, values), ...);
    int result = SQLITE_ROW;
    while ((result = sqlite3_step(*statement)) == SQLITE_ROW) {
      if constexpr (std::is_same_v<decltype(take(*statement)), bool>) {
        if (!take(*statement)) break;
      } else {
        take(*statement);
      }
    }
    sqlite3_reset(*statement);
    if (result != SQLITE_DONE && result != SQLITE_ROW) return tl::unexpected(error("reading"));
    return {};
  }

  Result<void> begin();
  /// The same for reading alone: what is read until rollback() is of one moment.
  Result<void> begin_reading();
  Result<void> commit();
  /// How many rows the last statement changed.
  [[nodiscard]] std::int64_t changes() const { return sqlite3_changes64(database_.get()); }
  /// Forgets the transaction and a failure in it.
  void rollback();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  struct LockWait {
    std::chrono::milliseconds most{};
    std::function<void()> meanwhile;
    std::chrono::steady_clock::time_point until;
  };
  static int on_locked(void* wait, int times);

  Sqlite(std::string path, sqlite3* database) : path_(std::move(path)), database_(database) {}
  Result<sqlite3_stmt*> prepare(std::string_view sql);
  [[nodiscard]] Error error(std::string_view doing) const;
  void fail(std::string_view doing);

  std::string path_;
  std::unique_ptr<LockWait> lock_wait_ = std::make_unique<LockWait>();  // known to the database
  std::unique_ptr<sqlite3, Close> database_;
  std::unordered_map<const char*, std::unique_ptr<sqlite3_stmt, Finalize>> prepared_;
  bool in_transaction_ = false;
  std::optional<Error> failure_;  // of a write; nothing is written after it
};

}  // namespace vmtrail
