// SPDX-License-Identifier: Apache-2.0
// Reading the store beside whoever writes it, for queries.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "io/store.h"
#include "vmtrail/query.h"

namespace vmtrail {

class Sqlite;

/// Has a read-only connection of its own, so that it sees what is committed and never keeps a
/// writer waiting. One thread at a time; another thread opens another one. Errors: store_error.
class StoreReader : public Archive {
 public:
  /// The state must be there.
  [[nodiscard]] static Result<StoreReader> open(const std::string& directory);

  [[nodiscard]] Result<std::vector<TrailSnapshot>> trail(const InstanceId& id) override;
  [[nodiscard]] Result<RecordPage> records_since(Sequence since, std::size_t limit) override;

  // These read whole tables: not while a model waits.
  [[nodiscard]] Result<InputDigest> inputs();
  /// The ids that inputs() is the digest of, in its order.
  [[nodiscard]] Result<std::vector<MessageId>> messages();
  [[nodiscard]] Result<std::vector<FeedLine>> feed();

  /// The store over the same connection.
  [[nodiscard]] Store& store() { return store_; }

 private:
  explicit StoreReader(Store store) : store_(std::move(store)) {}
  [[nodiscard]] Sqlite& database();

  Store store_;
};

}  // namespace vmtrail
