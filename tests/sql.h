// SPDX-License-Identifier: Apache-2.0
// What somebody else does to the database of a state directory.

#pragma once

#include <sqlite3.h>

#include <stdexcept>
#include <string>

namespace vmtrail::testing {

/// Makes the database if there is none; the directory must be there. Throws what SQLite complains
/// of.
inline void execute(const std::string& directory, const std::string& sql) {
  sqlite3* database = nullptr;
  std::string failed;
  if (sqlite3_open((directory + "/vmtrail.db").c_str(), &database) != SQLITE_OK ||
      sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    failed = sqlite3_errmsg(database);
  }
  sqlite3_close(database);
  if (!failed.empty()) throw std::runtime_error(sql + ": " + failed);
}

}  // namespace vmtrail::testing
