// SPDX-License-Identifier: Apache-2.0

#include "io/store_reader.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <utility>

#include <openssl/evp.h>

#include "io/store_packed.h"
#include "io/stored_messages.h"

namespace vmtrail {

namespace {

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

std::string hexadecimal(const unsigned char* bytes, unsigned size) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += kHex[bytes[i] >> 4];
    text += kHex[bytes[i] & 15];
  }
  return text;
}

}  // namespace

Result<StoreReader> StoreReader::open(const std::string& directory) {
  auto store = Store::open(directory, Store::Access::read);
  if (!store) return tl::unexpected(store.error());
  auto database = Sqlite::open(Store::file_in(directory), Sqlite::Mode::read);
  if (!database) return tl::unexpected(database.error());
  return StoreReader(std::move(*store), std::move(*database));
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
  auto read = database_.rows("SELECT value FROM meta WHERE key = 'sequence'",
                             [&](sqlite3_stmt* row) { last = sqlite3_column_int64(row, 0); });
  if (!read) return tl::unexpected(read.error());
  read = database_.rows(
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
  return all_messages(database_);
}

Result<InputDigest> StoreReader::inputs() {
  InputDigest digest;
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
  bool sound = context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  const auto ids = all_messages(database_);
  if (!ids) return tl::unexpected(ids.error());
  std::string line;
  for (const MessageId& id : *ids) {
    line.clear();
    id.append_to(line);
    line += '\n';
    sound = sound && EVP_DigestUpdate(context.get(), line.data(), line.size()) == 1;
    ++digest.messages;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  sound = sound && EVP_DigestFinal_ex(context.get(), bytes.data(), &size) == 1;
  if (!sound) return tl::unexpected(Error{ErrorCode::store_error, "OpenSSL has no SHA-256"});
  digest.sha256 = hexadecimal(bytes.data(), size);
  return digest;
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
  auto read = database_.rows("SELECT entries FROM trail", [&](sqlite3_stmt* row) {
    const auto trail = unpacked_trail(text(row, 0));
    right = right && trail;
    for (const TrailSnapshot& one : trail.value_or(std::vector<TrailSnapshot>())) {
      add(one, one.publisher);
    }
  });
  if (!read) return tl::unexpected(read.error());
  read = database_.rows("SELECT facts FROM instances", [&](sqlite3_stmt* row) {
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
        Error{ErrorCode::store_error, database_.path() + ": there are facts that cannot be read"});
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
