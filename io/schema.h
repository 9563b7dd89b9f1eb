// SPDX-License-Identifier: Apache-2.0
// The tables of the store, as docs/store.md describes them. Times are microseconds since 1970 UTC.

#pragma once

#include <cstdint>

namespace vmtrail {

/// Raised whenever a table changes its meaning. Older stores are brought up to it, one step for
/// each version (store_upgrade.cc); newer ones are not touched.
inline constexpr std::int64_t kSchemaVersion = 4;

// A row of `instances` is all that a batch has to write of most: what is folded and what is not
// stand in it as JSON (store_packed.h). A row of `messages` holds many ids (stored_messages.h).
inline constexpr char kSchema[] = R"sql(
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS rules (
  position INTEGER PRIMARY KEY, file TEXT NOT NULL, text TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS instances (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
  host TEXT, confidence TEXT NOT NULL, vm_state TEXT, task_state TEXT, power_state TEXT,
  deleted INTEGER NOT NULL, name TEXT, project_id TEXT, since INTEGER, cause TEXT,
  mover_host TEXT, moved_at INTEGER, effective INTEGER,
  decided_by TEXT, decided_event_type TEXT, decided_rule TEXT,
  newest INTEGER, cut INTEGER, folded_requests TEXT, base TEXT, facts TEXT NOT NULL);

CREATE VIEW IF NOT EXISTS placements AS
  SELECT id AS instance, host, confidence, vm_state, task_state, power_state, deleted, name,
    project_id, since, cause, decided_by, decided_event_type, decided_rule FROM instances;

CREATE TABLE IF NOT EXISTS intervals (
  instance TEXT NOT NULL, position INTEGER NOT NULL, host TEXT, from_time INTEGER NOT NULL,
  to_time INTEGER NOT NULL, confidence TEXT NOT NULL, cause TEXT NOT NULL, folded INTEGER NOT NULL,
  PRIMARY KEY (instance, position)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS migrations (
  instance TEXT NOT NULL, position INTEGER NOT NULL, request_id TEXT, kind TEXT NOT NULL,
  source TEXT, destination TEXT, outcome TEXT NOT NULL, started_at INTEGER NOT NULL,
  finished_at INTEGER, confirmed_at INTEGER, reverted INTEGER NOT NULL,
  announced INTEGER NOT NULL, told_kind TEXT, told_source TEXT, told_destination TEXT,
  told_outcome TEXT, told_started_at INTEGER, told_finished_at INTEGER, told_confirmed_at INTEGER,
  folded INTEGER NOT NULL, base_outcome TEXT, base_confirmed_at INTEGER,
  PRIMARY KEY (instance, position)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS loose_facts (
  until INTEGER NOT NULL, message_id TEXT PRIMARY KEY, event_type TEXT NOT NULL,
  generated INTEGER NOT NULL, request_id TEXT NOT NULL, rule TEXT NOT NULL,
  publisher_service TEXT, publisher_host TEXT, payload_host TEXT, state TEXT, old_state TEXT,
  task_state TEXT, flavor TEXT, name TEXT, project_id TEXT, power_state TEXT) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS trail (
  id INTEGER PRIMARY KEY, instance TEXT NOT NULL, facts INTEGER NOT NULL,
  turned_away INTEGER NOT NULL, entries TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS trail_of_instance ON trail (instance, id, facts, turned_away);

CREATE TABLE IF NOT EXISTS clock_skews (
  ahead TEXT NOT NULL, behind TEXT NOT NULL, at_least INTEGER NOT NULL,
  PRIMARY KEY (ahead, behind)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS awaited (
  id INTEGER PRIMARY KEY, absence TEXT NOT NULL, instance TEXT NOT NULL, request_id TEXT,
  generated INTEGER NOT NULL, message_id TEXT, event_type TEXT);

CREATE TABLE IF NOT EXISTS hosts (
  name TEXT PRIMARY KEY, status TEXT NOT NULL, since INTEGER,
  statuses TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS messages (
  number INTEGER PRIMARY KEY, reach INTEGER NOT NULL, first INTEGER NOT NULL,
  last INTEGER NOT NULL, ids BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS messages_in_time ON messages (reach, first, last);
CREATE TABLE IF NOT EXISTS undated_messages (id BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (
  sequence INTEGER PRIMARY KEY, stored_at INTEGER NOT NULL, json TEXT NOT NULL, zenoss TEXT);
CREATE TABLE IF NOT EXISTS quarantine (
  id INTEGER PRIMARY KEY, stored_at INTEGER NOT NULL, reason TEXT NOT NULL, detail TEXT,
  input TEXT, line INTEGER NOT NULL, offset INTEGER NOT NULL, bytes BLOB NOT NULL);

CREATE TABLE IF NOT EXISTS positions (
  source TEXT PRIMARY KEY, position TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cursors (
  sink TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;
)sql";

}  // namespace vmtrail
