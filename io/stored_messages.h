// SPDX-License-Identifier: Apache-2.0
// The ids of events in the store: many in a row, found by their time. docs/store.md describes the
// tables.

#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <vector>

#include "io/sqlite.h"
#include "vmtrail/ids.h"
#include "vmtrail/time.h"

namespace vmtrail {

/// Ids that are not written yet. Asking for one is rare, and pays for itself then.
class PendingMessages {
 public:
  struct Message {
    MessageId id;
    Time generated;
  };

  void add(const MessageId& id, Time generated) { all_.push_back({id, generated}); }
  void clear() {
    all_.clear();
    indexed_.clear();
    count_indexed_ = 0;
  }

  [[nodiscard]] bool empty() const { return all_.empty(); }
  [[nodiscard]] bool contains(const MessageId& id);
  [[nodiscard]] const std::vector<Message>& all() const { return all_; }

 private:
  std::vector<Message> all_;
  std::unordered_set<MessageId> indexed_;
  std::size_t count_indexed_ = 0;  // the first ones of all_
};

/// Writes them as rows that are short in time.
[[nodiscard]] Result<void> write_messages(Sqlite& database, const PendingMessages& messages);
/// One whose time is not known: stores of earlier schemas did not keep it.
[[nodiscard]] Result<void> write_undated_message(Sqlite& database, const MessageId& id);

/// Is it in a row? Its time tells where to look.
[[nodiscard]] bool has_message(Sqlite& database, const MessageId& id, Time generated);
/// Those of the rows that reach up to `oldest` or beyond, and thus some that are older.
[[nodiscard]] Result<std::vector<MessageId>> messages_since(Sqlite& database, Time oldest);
/// All of them, in the order of their texts. Error: store_error, also of rows that hold anything
/// else.
[[nodiscard]] Result<std::vector<MessageId>> all_messages(Sqlite& database);

/// Removes some of the rows that are older as a whole. true: there may be more.
[[nodiscard]] Result<bool> expire_messages(Sqlite& database, Time oldest);

}  // namespace vmtrail
