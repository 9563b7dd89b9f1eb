// SPDX-License-Identifier: Apache-2.0
// The inside of Store, shared by the files that implement it.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "io/sqlite.h"
#include "io/store.h"
#include "vmtrail/snapshot.h"

namespace vmtrail {

struct Store::Impl {
  Sqlite database;

  Result<void> check_version(Access access);
  Result<void> make_tables();
  Result<void> set(std::string_view key, std::int64_t value);
  Result<std::optional<std::int64_t>> get(std::string_view key);

  Result<void> save_state(std::string_view table, std::string_view id, const StateSnapshot& s);
  Result<void> save_intervals(std::string_view id, const InstanceSnapshot& saved);
  Result<void> save_migrations(std::string_view id, const InstanceSnapshot& saved);
  Result<void> save_facts(std::string_view id, const InstanceSnapshot& saved);
  Result<void> save_trail(std::string_view id, const InstanceSnapshot& saved, std::size_t kept);
  Result<void> save_instance(const InstanceSnapshot& saved, std::size_t trail);

  Result<void> save_model(const ModelSnapshot& saved);

  // store_load.cc
  Result<ModelSnapshot> load_model();
  Result<std::map<std::string, InstanceSnapshot>> load_instances();
};

}  // namespace vmtrail
