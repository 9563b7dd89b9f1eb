// SPDX-License-Identifier: Apache-2.0
// Bringing an older store up to date, in one transaction.

#include <initializer_list>
#include <string>

#include "io/schema.h"
#include "io/store_impl.h"
#include "io/stored_messages.h"

namespace vmtrail {

namespace {

// There were two of version 1: the first had neither rules nor what follows from them.
constexpr char kTo2[] = R"sql(
DROP TABLE IF EXISTS rules;
CREATE TABLE rules (position INTEGER PRIMARY KEY, file TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS loose_facts (
  until INTEGER NOT NULL, message_id TEXT PRIMARY KEY, event_type TEXT NOT NULL,
  generated INTEGER NOT NULL, request_id TEXT NOT NULL, rule TEXT NOT NULL,
  publisher_service TEXT, publisher_host TEXT, payload_host TEXT, state TEXT, old_state TEXT,
  task_state TEXT, flavor TEXT, name TEXT, project_id TEXT, power_state TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS trail (
  id INTEGER PRIMARY KEY, instance TEXT NOT NULL, message_id TEXT NOT NULL,
  event_type TEXT NOT NULL, generated INTEGER NOT NULL, publisher TEXT, rule TEXT NOT NULL,
  at TEXT NOT NULL, host TEXT, treatment TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS clock_skews (
  ahead TEXT NOT NULL, behind TEXT NOT NULL, at_least INTEGER NOT NULL,
  PRIMARY KEY (ahead, behind)) WITHOUT ROWID;
CREATE TABLE awaited (
  absence TEXT NOT NULL, instance TEXT NOT NULL, request_id TEXT, generated INTEGER NOT NULL,
  message_id TEXT, event_type TEXT);
)sql";

// Renames what changes its form; kSchema makes the new tables, which are filled then.
constexpr char kFrom2Rename[] = R"sql(
ALTER TABLE instances RENAME TO old_instances;
ALTER TABLE placements RENAME TO old_placements;
ALTER TABLE intervals RENAME TO old_intervals;
ALTER TABLE migrations RENAME TO old_migrations;
DROP INDEX IF EXISTS trail_of_instance;
ALTER TABLE trail RENAME TO old_trail;
ALTER TABLE awaited RENAME TO old_awaited;
ALTER TABLE messages RENAME TO old_messages;
ALTER TABLE records RENAME TO old_records;
ALTER TABLE quarantine RENAME TO old_quarantine;
)sql";

// The ids of messages are in another form than before. When they were sent is known of those alone
// that are still remembered.
constexpr char kFrom2Fill[] = R"sql(
INSERT INTO instances SELECT NULL, i.id, p.host, ifnull(p.confidence, 'unknown'), p.vm_state,
  p.task_state, p.power_state, ifnull(p.deleted, 0), p.name, p.project_id, p.since, p.cause,
  p.mover_host, p.moved_at, p.effective, p.decided_by, p.decided_event_type, p.decided_rule,
  i.newest, i.cut, i.folded_requests,
  (SELECT json_array(host, confidence, vm_state, task_state, power_state, deleted, name, project_id,
    since, cause, mover_host, moved_at, effective, decided_by, decided_event_type, decided_rule)
    FROM bases WHERE instance = i.id),
  (SELECT json_group_array(json(fact)) FROM (SELECT json_array(message_id, event_type, generated,
    request_id, rule, publisher_service, publisher_host, payload_host, state, old_state, task_state,
    flavor, name, project_id, power_state, judged) AS fact
    FROM facts WHERE instance = i.id ORDER BY position))
  FROM old_instances i LEFT JOIN old_placements p ON p.instance = i.id;
INSERT INTO intervals SELECT o.*, o.position < i.base_intervals FROM old_intervals o
  JOIN old_instances i ON i.id = o.instance;
INSERT INTO migrations SELECT o.*, o.position < i.base_migrations, NULL, NULL FROM old_migrations o
  JOIN old_instances i ON i.id = o.instance;
INSERT INTO trail SELECT NULL, instance,
  sum(treatment NOT IN ('duplicate', 'too_late')), sum(treatment IN ('duplicate', 'too_late')),
  json_group_array(json_array(message_id, event_type, generated, publisher, rule, at, host,
    treatment)) FROM (SELECT * FROM old_trail ORDER BY instance, id) GROUP BY instance;
INSERT INTO meta SELECT 'trail', 32 WHERE EXISTS (SELECT 1 FROM trail);
INSERT INTO awaited SELECT NULL, absence, instance, request_id, generated, message_id, event_type
  FROM old_awaited;
INSERT INTO records SELECT sequence,
  CAST(strftime('%s', 'now') AS INTEGER) * 1000000, json, NULL FROM old_records;
INSERT INTO quarantine SELECT id, CAST(strftime('%s', 'now') AS INTEGER) * 1000000, reason, detail,
  input, line, offset, bytes FROM old_quarantine;
DROP TABLE old_instances;
DROP TABLE old_placements;
DROP TABLE bases;
DROP TABLE facts;
DROP TABLE old_intervals;
DROP TABLE old_migrations;
DROP TABLE old_trail;
DROP TABLE old_awaited;
DROP TABLE old_records;
DROP TABLE old_quarantine;
)sql";

// Until version 3 a host had the newest of its reports only.
constexpr char kHostsRename[] = "ALTER TABLE hosts RENAME TO old_hosts";
constexpr char kHostsFill[] = R"sql(
INSERT INTO hosts SELECT name, status, told_at, CASE WHEN told_at IS NULL THEN '[]'
  ELSE json_array(json_array(told_by, told_at, status)) END FROM old_hosts;
DROP TABLE old_hosts;
)sql";

constexpr char kFrom3Alter[] = R"sql(
ALTER TABLE migrations ADD COLUMN base_outcome TEXT;
ALTER TABLE migrations ADD COLUMN base_confirmed_at INTEGER;
)sql";

Result<void> to_2(Sqlite& database) {
  return database.execute(kTo2, "bringing schema 1 to 2");
}

Result<void> move_messages(Sqlite& database) {
  Result<void> done;
  auto read = database.rows("SELECT message_id FROM old_messages", [&](sqlite3_stmt* row) {
    if (done) done = write_undated_message(database, MessageId(text(row, 0)));
  });
  if (!read) return read;
  PendingMessages remembered;
  read = database.rows(
      "SELECT message_id, (SELECT value FROM meta WHERE key = 'stream') FROM seen",
      [&](sqlite3_stmt* row) { remembered.add(MessageId(text(row, 0)), time(row, 1)); });
  if (!read) return read;
  if (done) done = write_messages(database, remembered);
  if (!done) return done;
  return database.execute("DROP TABLE old_messages; DROP TABLE seen;",
                          "bringing schema 2 up to date");
}

Result<void> execute(Sqlite& database, const std::string& doing,
                     std::initializer_list<const char*> statements) {
  for (const char* const one : statements) {
    if (auto done = database.execute(one, doing); !done) return done;
  }
  return {};
}

Result<void> from_2(Sqlite& database) {
  auto done = execute(database, "bringing schema 2 up to date",
                      {kFrom2Rename, kHostsRename, kSchema, kFrom2Fill, kHostsFill});
  return done ? move_messages(database) : done;
}

Result<void> from_3(Sqlite& database) {
  return execute(database, "bringing schema 3 up to date",
                 {kFrom3Alter, kHostsRename, kSchema, kHostsFill});
}

}  // namespace

Result<void> Store::Impl::upgrade(std::int64_t from) {
  static_assert(kSchemaVersion == 4);
  if (from == 1) {
    if (auto done = to_2(database); !done) return done;
  }
  if (from < 3) return from_2(database);
  return from == 3 ? from_3(database) : Result<void>();
}

}  // namespace vmtrail
