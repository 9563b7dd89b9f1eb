// SPDX-License-Identifier: Apache-2.0

#include "io/store_reader.h"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <utility>

#include "io/sha256.h"
#include "io/store_impl.h"
#include "io/store_packed.h"
#include "io/stored_messages.h"

namespace vmtrail {

Result<StoreReader> StoreReader::open(const std::string& directory) {
  auto store = Store::open(directory, Store::Access::read);
  if (!store) return tl::unexpected(store.error());
  return StoreReader(std::move(*store));
}

Sqlite& StoreReader::database() {
  return store_.impl_->database;
}

Result<std::vector<TrailSnapshot>> StoreReader::trail(const InstanceId& id) {
  return store_.trail(id);
}

// Records are removed from the front, so the one that follows `since` is there, or compacted, or
// has not been written yet. How many there have been is asked first: what is committed meanwhile
// is found then, and not taken for gone.
Result<RecordPage> StoreReader::records_since(Sequence since, std::size_t limit) {
  RecordPage page;
  page.next = since;
  const auto after = static_cast<std::int64_t>(since);
  const auto most = static_cast<std::int64_t>(
      std::min<std::size_t>(limit, std::numeric_limits<std::int64_t>::max()));
  std::int64_t last = 0;
  auto read = database().rows("SELECT value FROM meta WHERE key = 'sequence'",
                              [&](sqlite3_stmt* row) { last = sqlite3_column_int64(row, 0); });
  if (!read) return tl::unexpected(read.error());
  read = database().rows(
      "SELECT sequence, json FROM records WHERE sequence > ? ORDER BY sequence LIMIT ?",
      [&](sqlite3_stmt* row) {
        const auto sequence = Sequence{static_cast<std::uint64_t>(sqlite3_column_int64(row, 0))};
        if (page.records.empty() &&
            static_cast<std::uint64_t>(sequence) != static_cast<std::uint64_t>(since) + 1) {
          page.compacted = true;
        }
        if (page.compacted) return;
        page.records.push_back(text(row, 1));
        page.next = sequence;
      },
      after, most);
  if (!read) return tl::unexpected(read.error());
  if (page.records.empty()) page.compacted = page.compacted || last > after;
  return page;
}

Result<std::vector<MessageId>> StoreReader::messages() {
  return all_messages(database());
}

Result<InputDigest> StoreReader::inputs() {
  const auto ids = all_messages(database());
  if (!ids) return tl::unexpected(ids.error());
  Sha256 digest;
  std::string line;
  for (const MessageId& id : *ids) {
    line.clear();
    id.append_to(line);
    line += '\n';
    digest.add(line);
  }
  return InputDigest{.messages = ids->size(), .sha256 = digest.finish()};
}

// A trail entry no longer tells whether there was a payload host.
Result<std::vector<FeedLine>> StoreReader::feed() {
  std::map<std::pair<std::string, std::string>, FeedLine> lines;
  const auto add = [&lines](const auto& one, const std::string& publisher) -> FeedLine& {
    FeedLine& line = lines[{one.event_type, publisher}];
    ++line.events;
    line.newest = std::max(line.newest, one.generated);
    return line;
  };
  bool right = true;
  auto read = database().rows("SELECT entries FROM trail", [&](sqlite3_stmt* row) {
    const auto trail = unpacked_trail(text(row, 0));
    right = right && trail;
    for (const TrailSnapshot& one : trail.value_or(std::vector<TrailSnapshot>())) {
      add(one, one.publisher);
    }
  });
  if (!read) return tl::unexpected(read.error());
  read = database().rows("SELECT facts FROM instances", [&](sqlite3_stmt* row) {
    const auto facts = unpacked_facts(text(row, 0));
    right = right && facts;
    for (const FactSnapshot& one : facts.value_or(std::vector<FactSnapshot>())) {
      const bool both = !one.publisher_service.empty() && !one.publisher_host.empty();
      FeedLine& line = add(one, one.publisher_service + (both ? "." : "") + one.publisher_host);
      ++line.facts;
      if (one.payload_host) ++line.with_payload_host;
    }
  });
  if (!read) return tl::unexpected(read.error());
  if (!right) {
    return tl::unexpected(
        Error{ErrorCode::store_error, database().path() + ": there are facts that cannot be read"});
  }
  std::vector<FeedLine> feed;
  for (auto& [key, line] : lines) {
    line.event_type = key.first;
    line.publisher = key.second;
    feed.push_back(std::move(line));
  }
  return feed;
}

}  // namespace vmtrail
