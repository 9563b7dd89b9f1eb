// SPDX-License-Identifier: Apache-2.0

#include "io/stored_messages.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <simdjson.h>

#include "vmtrail/record.h"

namespace vmtrail {

namespace {

constexpr std::size_t kUuidBytes = 16;
constexpr std::size_t kMostIds = 512;                 // of a row
constexpr auto kMostApart = std::chrono::minutes{1};  // two neighbours in a row
constexpr std::int64_t kExpiredRows = 200;            // at a time

// Rows are looked for by classes of how much time they reach over: one of class n begins less than
// 2^n microseconds before what it holds.
constexpr int kReach[] = {10, 16, 22, 28, 34};
#define VMTRAIL_REACHES                                                             \
  "(SELECT 10 AS reach UNION ALL SELECT 16 UNION ALL SELECT 22 UNION ALL SELECT 28" \
  " UNION ALL SELECT 34) AS r CROSS JOIN messages AS m ON m.reach = r.reach"

constexpr Duration kLongest{(std::int64_t{1} << 34) - 1};

int reach_of(Duration duration) {
  return *std::find_if(std::begin(kReach), std::end(kReach),
                       [&](int reach) { return duration.count() < std::int64_t{1} << reach; });
}

void append_bytes(std::string& out, CompactText::Uuid uuid) {
  for (const std::uint64_t half : {uuid.high, uuid.low}) {
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(half >> shift);
  }
}

CompactText::Uuid uuid_at(std::string_view bytes) {
  CompactText::Uuid uuid{};
  for (std::size_t i = 0; i < kUuidBytes; ++i) {
    std::uint64_t& half = i < kUuidBytes / 2 ? uuid.high : uuid.low;
    half = half << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return uuid;
}

std::string_view bytes_of(sqlite3_stmt* row, int column) {
  const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(row, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(row, column))};
}

// Calls `take` with each id of a row. false: not all of it is what write_rows() has written.
template <class Take>
bool for_each_id(sqlite3_stmt* row, int column, Take take) {
  const std::string_view packed = bytes_of(row, column);
  if (sqlite3_column_type(row, column) == SQLITE_BLOB) {
    bool right = packed.size() % kUuidBytes == 0;
    for (std::size_t at = 0; at + kUuidBytes <= packed.size(); at += kUuidBytes) {
      const CompactText::Uuid uuid = uuid_at(packed.substr(at));
      if (CompactText::fits(uuid)) {
        take(MessageId(CompactText(uuid)));
      } else {
        right = false;
      }
    }
    return right;
  }
  thread_local simdjson::dom::parser parser;
  simdjson::dom::array ids;
  bool right = parser.parse(packed.data(), packed.size()).get(ids) == simdjson::SUCCESS;
  if (!right) return false;
  for (const simdjson::dom::element one : ids) {
    std::string_view id;
    if (one.get(id) == simdjson::SUCCESS) {
      take(MessageId(id));
    } else {
      right = false;
    }
  }
  return right;
}

tl::unexpected<Error> misfit(const Sqlite& database) {
  return tl::unexpected(Error{ErrorCode::store_error,
                              database.path() + ": there are ids of messages that cannot be read"});
}

bool has(sqlite3_stmt* row, int column, const MessageId& id) {
  const auto uuid = id.text().uuid();
  const bool of_uuids = sqlite3_column_type(row, column) == SQLITE_BLOB;
  if (of_uuids != uuid.has_value()) return false;
  bool found = false;
  if (!uuid) {
    std::ignore =
        for_each_id(row, column, [&](const MessageId& one) { found = found || one == id; });
    return found;
  }
  std::string wanted;
  append_bytes(wanted, *uuid);
  const std::string_view packed = bytes_of(row, column);
  std::size_t low = 0;
  std::size_t high = packed.size() / kUuidBytes;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    const int order = packed.substr(middle * kUuidBytes, kUuidBytes).compare(wanted);
    if (order == 0) return true;
    (order < 0 ? low : high) = order < 0 ? middle + 1 : middle;
  }
  return false;
}

constexpr std::string_view kInsert =
    "INSERT INTO messages (reach, first, last, ids) VALUES (?,?,?,?)";

// UUIDs as their bytes, sorted; all others as a JSON array.
Result<void> write_rows(Sqlite& database, std::span<const PendingMessages::Message* const> run) {
  const Time first = run.front()->generated;
  const Time last = run.back()->generated;
  const std::int64_t reach = reach_of(last - first);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> uuids;
  std::string texts;
  for (const PendingMessages::Message* const message : run) {
    if (const auto uuid = message->id.text().uuid()) {
      uuids.emplace_back(uuid->high, uuid->low);
      continue;
    }
    texts += texts.empty() ? '[' : ',';
    append_json(texts, message->id.to_string());
  }
  if (!uuids.empty()) {
    std::sort(uuids.begin(), uuids.end());
    uuids.erase(std::unique(uuids.begin(), uuids.end()), uuids.end());
    std::string bytes;
    bytes.reserve(uuids.size() * kUuidBytes);
    for (const auto& [high, low] : uuids) append_bytes(bytes, {high, low});
    if (auto done = database.run(kInsert, reach, first, last, Blob{bytes}); !done) return done;
  }
  if (texts.empty()) return {};
  return database.run(kInsert, reach, first, last, std::string_view(texts += ']'));
}

// As `messages` had them, one a row; what is not a UUID is text.
struct UndatedId {
  std::string bytes;
  bool is_uuid;
};

UndatedId undated(const MessageId& id) {
  UndatedId stored{{}, false};
  if (const auto uuid = id.text().uuid()) {
    stored.is_uuid = true;
    append_bytes(stored.bytes, *uuid);
  } else {
    id.append_to(stored.bytes);
  }
  return stored;
}

void put(sqlite3_stmt* statement, int at, const UndatedId& id) {
  if (id.is_uuid) {
    vmtrail::put(statement, at, Blob{id.bytes});
  } else {
    vmtrail::put(statement, at, std::string_view(id.bytes));
  }
}

}  // namespace

bool PendingMessages::contains(const MessageId& id) {
  for (; count_indexed_ < all_.size(); ++count_indexed_) indexed_.insert(all_[count_indexed_].id);
  return indexed_.contains(id);
}

Result<void> write_messages(Sqlite& database, const PendingMessages& messages) {
  std::vector<const PendingMessages::Message*> sorted;
  sorted.reserve(messages.all().size());
  for (const PendingMessages::Message& message : messages.all()) sorted.push_back(&message);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto* a, const auto* b) { return a->generated < b->generated; });
  std::size_t begin = 0;
  for (std::size_t i = 1; i <= sorted.size(); ++i) {
    if (i < sorted.size() && i - begin < kMostIds &&
        sorted[i]->generated - sorted[i - 1]->generated <= kMostApart &&
        sorted[i]->generated - sorted[begin]->generated <= kLongest) {
      continue;
    }
    if (auto done = write_rows(database, std::span(sorted).subspan(begin, i - begin)); !done) {
      return done;
    }
    begin = i;
  }
  return {};
}

Result<void> write_undated_message(Sqlite& database, const MessageId& id) {
  return database.run("INSERT OR IGNORE INTO undated_messages VALUES (?)", undated(id));
}

bool has_message(Sqlite& database, const MessageId& id, Time generated) {
  bool found = false;
  auto read = database.rows(
      "SELECT m.ids FROM " VMTRAIL_REACHES
      " AND m.first BETWEEN ?1 - (1 << r.reach) AND ?1 AND m.last >= ?1",
      [&](sqlite3_stmt* row) {
        found = has(row, 0, id);
        return !found;
      },
      generated);
  if (!read || found) return found;
  read = database.rows(
      "SELECT 1 FROM undated_messages WHERE id = ?", [&](sqlite3_stmt*) { found = true; },
      undated(id));
  return read && found;
}

Result<std::vector<MessageId>> messages_since(Sqlite& database, Time oldest) {
  std::vector<MessageId> ids;
  bool right = true;
  auto read = database.rows(
      "SELECT m.ids FROM " VMTRAIL_REACHES
      " AND m.first >= ?1 - (1 << r.reach) AND m.last >= ?1 ORDER BY m.first, m.number",
      [&](sqlite3_stmt* row) {
        right = for_each_id(row, 0, [&](MessageId id) { ids.push_back(std::move(id)); }) && right;
      },
      oldest);
  if (!read) return tl::unexpected(read.error());
  if (!right) return misfit(database);
  return ids;
}

Result<std::vector<MessageId>> all_messages(Sqlite& database) {
  std::vector<MessageId> ids;
  bool right = true;
  const auto take = [&](sqlite3_stmt* row) {
    right = for_each_id(row, 0, [&](MessageId id) { ids.push_back(std::move(id)); }) && right;
  };
  auto read = database.rows("SELECT ids FROM messages", take);
  if (!read) return tl::unexpected(read.error());
  read = database.rows("SELECT id FROM undated_messages", [&](sqlite3_stmt* row) {
    if (sqlite3_column_type(row, 0) == SQLITE_BLOB) {
      take(row);
    } else {
      ids.emplace_back(text(row, 0));
    }
  });
  if (!read) return tl::unexpected(read.error());
  if (!right) return misfit(database);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

Result<bool> expire_messages(Sqlite& database, Time oldest) {
  auto done =
      database.run("DELETE FROM messages WHERE number IN (SELECT m.number FROM " VMTRAIL_REACHES
                   " AND m.first < ?1 AND m.last < ?1 LIMIT ?2)",
                   oldest, kExpiredRows);
  if (!done) return tl::unexpected(done.error());
  bool more = database.changes() >= kExpiredRows;
  constexpr std::int64_t kUndated = 2'000;
  done = database.run(
      "DELETE FROM undated_messages WHERE id IN (SELECT id FROM undated_messages LIMIT ?)",
      kUndated);
  if (!done) return tl::unexpected(done.error());
  more = more || database.changes() >= kUndated;
  return more;
}

}  // namespace vmtrail
