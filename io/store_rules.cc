// SPDX-License-Identifier: Apache-2.0
// The rules of the last run, and what their absences wait for.

#include <utility>

#include "io/store.h"
#include "io/store_impl.h"

namespace vmtrail {

Result<void> Store::set_rules(std::span<const RulesText> rules) {
  if (auto done = impl_->database.run("DELETE FROM rules"); !done) return done;
  std::int64_t position = 0;
  for (const RulesText& file : rules) {
    if (auto done = impl_->database.run("INSERT INTO rules VALUES (?, ?, ?)", position++, file.file,
                                        file.text);
        !done) {
      return done;
    }
  }
  return {};
}

Result<std::vector<RulesText>> Store::rules() {
  std::vector<RulesText> rules;
  auto read = impl_->database.rows("SELECT file, text FROM rules ORDER BY position",
                                   [&](sqlite3_stmt* row) {
                                     rules.push_back({text(row, 0), text(row, 1)});
                                   });
  if (!read) return tl::unexpected(read.error());
  return rules;
}

Result<std::vector<AwaitedSnapshot>> Store::awaited() {
  std::vector<AwaitedSnapshot> awaited;
  bool broken = false;
  auto read = impl_->database.rows(
      "SELECT absence, instance, request_id, generated, message_id, event_type FROM awaited"
      " ORDER BY absence, instance, request_id, generated, message_id",
      [&](sqlite3_stmt* row) {
        const auto instance = InstanceId::parse(text(row, 1));
        broken = broken || !instance;
        if (!instance) return;
        awaited.push_back(
            {text(row, 0), *instance, text(row, 2), time(row, 3), text(row, 4), text(row, 5)});
      });
  if (!read) return tl::unexpected(read.error());
  if (broken) {
    return tl::unexpected(Error{ErrorCode::store_error,
                                impl_->database.path() + ": a row of awaited names no instance"});
  }
  return awaited;
}

}  // namespace vmtrail
