// SPDX-License-Identifier: Apache-2.0
// What the store keeps for sources and sinks: positions, cursors, records to catch up with.

#include <utility>

#include "io/store_impl.h"

namespace vmtrail {

Result<std::vector<StoredRecord>> Store::records(Sequence behind, std::size_t most) {
  std::vector<StoredRecord> found;
  auto read = impl_->database.rows(
      "SELECT sequence, json, zenoss, substr(json_extract(json, '$.type'), 9) FROM records"
      " WHERE sequence > ? ORDER BY sequence LIMIT ?",
      [&](sqlite3_stmt* row) {
        found.push_back({Sequence{static_cast<std::uint64_t>(sqlite3_column_int64(row, 0))},
                         text(row, 1), text(row, 2), text(row, 3)});
      },
      static_cast<std::int64_t>(behind), static_cast<std::int64_t>(most));
  if (!read) return tl::unexpected(read.error());
  return found;
}

Result<std::string> Store::position(std::string_view source) {
  std::string position;
  auto read = impl_->database.rows(
      "SELECT position FROM positions WHERE source = ?",
      [&](sqlite3_stmt* row) { position = text(row, 0); }, source);
  if (!read) return tl::unexpected(read.error());
  return position;
}

Result<std::optional<Sequence>> Store::cursor(std::string_view sink) {
  std::optional<Sequence> cursor;
  auto read = impl_->database.rows(
      "SELECT sequence FROM cursors WHERE sink = ?",
      [&](sqlite3_stmt* row) {
        cursor = Sequence{static_cast<std::uint64_t>(sqlite3_column_int64(row, 0))};
      },
      sink);
  if (!read) return tl::unexpected(read.error());
  return cursor;
}

Result<void> Store::set_position(std::string_view source, std::string_view position) {
  return impl_->database.run("INSERT OR REPLACE INTO positions VALUES (?, ?)", source, position);
}

Result<void> Store::set_cursor(std::string_view sink, Sequence sequence) {
  return impl_->database.run("INSERT OR REPLACE INTO cursors VALUES (?, ?)", sink,
                             static_cast<std::int64_t>(sequence));
}

}  // namespace vmtrail
