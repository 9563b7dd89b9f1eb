// SPDX-License-Identifier: Apache-2.0
// Removing what is older than it is to be kept, a little with each batch.

#include <algorithm>
#include <optional>
#include <string>

#include "io/store_impl.h"

namespace vmtrail {

namespace {

constexpr std::int64_t kRows =
    2'000;  // of each table at a time; a batch adds fewer in the long run
constexpr std::int64_t kInstances = 200;  // whose history is looked at
constexpr auto kRemembered =
    std::chrono::hours{24};  // ids of messages stay for longer than any horizon

// The last row of the oldest ones that are all older than `before`; the sequence stays whole, as
// rows go from its end alone.
Result<std::optional<std::int64_t>> last_expired(Sqlite& database, const char* oldest_first,
                                                 Time before) {
  std::optional<std::int64_t> last;
  auto read = database.rows(
      oldest_first,
      [&](sqlite3_stmt* row) {
        if (time(row, 1) >= before) return false;
        last = sqlite3_column_int64(row, 0);
        return true;
      },
      kRows);
  if (!read) return tl::unexpected(read.error());
  return last;
}

}  // namespace

Result<bool> Store::expire(const Expiry& before) {
  Sqlite& database = impl_->database;
  bool more = false;
  const auto removed = [&] { more = more || database.changes() >= kRows; };
  if (before.records) {
    const auto last =
        last_expired(database, "SELECT sequence, stored_at FROM records ORDER BY sequence LIMIT ?",
                     *before.records);
    if (!last) return tl::unexpected(last.error());
    if (*last) {
      auto done = database.run("DELETE FROM records WHERE sequence <= ?", **last);
      if (!done) return tl::unexpected(done.error());
      removed();
    }
    const auto stream = impl_->get("stream");
    if (!stream) return tl::unexpected(stream.error());
    const Time oldest =
        std::min(*before.records, Time{Duration{stream->value_or(0)}} - kRemembered);
    const auto more_messages = expire_messages(database, oldest);
    if (!more_messages) return more_messages;
    more = more || *more_messages;
  }
  if (before.quarantine) {
    const auto last = last_expired(
        database, "SELECT id, stored_at FROM quarantine ORDER BY id LIMIT ?", *before.quarantine);
    if (!last) return tl::unexpected(last.error());
    if (*last) {
      auto done = database.run("DELETE FROM quarantine WHERE id <= ?", **last);
      if (!done) return tl::unexpected(done.error());
      removed();
    }
  }
  if (before.history) {
    // Round and round through the instances; one pass over all of them is enough for now.
    std::string& swept = impl_->swept;
    std::string last;
    auto done = database.rows(
        "SELECT max(id), count(*) FROM (SELECT id FROM instances WHERE id > ifnull(?, '')"
        " ORDER BY id LIMIT ?)",
        [&](sqlite3_stmt* row) {
          last = text(row, 0);
          more = more || sqlite3_column_int64(row, 1) == kInstances;
        },
        swept, kInstances);
    if (done && !last.empty()) {
      done = database.run(
          "DELETE FROM intervals WHERE instance > ifnull(?, '') AND instance <= ? AND folded"
          " AND to_time < ?",
          swept, last, *before.history);
    }
    if (done && !last.empty()) {
      // From the oldest on, as the model does, and none that what is not folded may still change.
      done = database.run(
          "DELETE FROM migrations WHERE instance > ifnull(?, '') AND instance <= ? AND folded"
          " AND NOT EXISTS (SELECT 1 FROM migrations AS kept"
          "  WHERE kept.instance = migrations.instance AND kept.position <= migrations.position"
          "   AND (base_outcome IS NOT NULL OR ifnull(finished_at, started_at) >= ?))",
          swept, last, *before.history);
    }
    if (!done) return tl::unexpected(done.error());
    swept = last;
  }
  return more;
}

Result<Sequence> Store::oldest_record() {
  std::optional<std::int64_t> oldest;
  auto read = impl_->database.rows("SELECT min(sequence) FROM records", [&](sqlite3_stmt* row) {
    if (sqlite3_column_type(row, 0) != SQLITE_NULL) oldest = sqlite3_column_int64(row, 0);
  });
  if (!read) return tl::unexpected(read.error());
  if (!oldest) {
    const auto sequence = impl_->get("sequence");
    if (!sequence) return tl::unexpected(sequence.error());
    oldest = sequence->value_or(0) + 1;
  }
  return Sequence{static_cast<std::uint64_t>(*oldest)};
}

}  // namespace vmtrail
