// SPDX-License-Identifier: Apache-2.0
// The inside of Store, shared by the files that implement it.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "io/sqlite.h"
#include "io/store.h"
#include "io/stored_messages.h"
#include "vmtrail/snapshot.h"

namespace vmtrail {

/// What is known to stand in the tables, so that it need not be written again. Bounded; what is
/// not known here is written, so forgetting costs time and nothing else.
struct Written {
  struct Instance {
    std::size_t intervals = 0;              ///< the first ones, which are folded
    Time oldest{};                          ///< where the first of them begins
    std::vector<std::uint64_t> open;        ///< a hash of each behind them
    bool is_known = false;                  ///< what else may stand in the table is gone
    std::vector<std::uint64_t> migrations;  ///< a hash of each
    std::size_t untrimmed = 0;              ///< entries of the trail since it was last trimmed
    std::int64_t number = 0;                ///< of its row; 0: not known
  };
  static constexpr std::size_t kMostInstances = 100'000;

  std::unordered_map<InstanceId, Instance> instances;
  bool options = false;
  std::unordered_map<std::string, Duration> skews;      // by both publishers
  std::optional<std::vector<std::string>> loose_facts;  // their ids
  std::optional<std::vector<std::int64_t>> awaited;     // the hashes that are their ids; sorted
};

/// Of a trail such entries are kept and counted apart: any number of copies leaves the rest.
[[nodiscard]] inline bool was_turned_away(Treatment treatment) {
  return treatment == Treatment::duplicate || treatment == Treatment::too_late;
}

struct Store::Impl {
  explicit Impl(Sqlite opened) : database(std::move(opened)) {}

  Sqlite database;
  std::chrono::milliseconds lock_wait{5000};
  Written written;
  PendingMessages messages;   // of the transaction; written when it is committed
  std::optional<Time> began;  // of the transaction
  std::string swept;          // the last instance whose history was looked at
  InstanceSnapshot snapshot;  // of the instance that is being saved; for its memory

  Result<void> check_version(Access access);
  Result<void> set_up(const Options& options);
  Result<void> set(std::string_view key, std::int64_t value);
  Result<std::optional<std::int64_t>> get(std::string_view key);
  /// The wall clock as of the first call in a transaction.
  Time stored_at();

  // store_upgrade.cc
  Result<void> upgrade(std::int64_t from);

  // store_save.cc
  Result<void> number_row(std::string_view id, Written::Instance& known);
  Result<void> save_row(std::string_view id, const InstanceSnapshot& saved,
                        Written::Instance& known);
  Result<void> save_intervals(std::string_view id, const InstanceSnapshot& saved,
                              Written::Instance& known);
  Result<void> save_migrations(std::string_view id, const InstanceSnapshot& saved,
                               Written::Instance& known);
  Result<void> save_trail(std::string_view id, const InstanceSnapshot& saved, std::size_t kept,
                          Written::Instance& known);
  Result<void> trim_trail(std::string_view id, std::string_view decided_by, std::size_t kept);
  Result<void> save_instance(const InstanceSnapshot& saved, std::size_t trail);

  // store_save_model.cc
  Result<void> save_options(const Model::Options& options);
  Result<void> save_model(const ModelSnapshot& saved);
  Result<void> save_hosts(const ModelSnapshot& saved);
  Result<void> save_skews(const ModelSnapshot& saved);
  Result<void> save_loose_facts(const ModelSnapshot& saved);

  // store_load.cc
  Result<ModelSnapshot> load_model(Duration horizon);
  Result<std::map<std::string, InstanceSnapshot>> load_instances();
  [[nodiscard]] Error misfit(std::string_view whose) const;
};

}  // namespace vmtrail
