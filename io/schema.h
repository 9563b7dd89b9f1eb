// SPDX-License-Identifier: Apache-2.0
// The tables of the store, as docs/store.md describes them. Times are microseconds since 1970 UTC.

#pragma once

#include <cstdint>

namespace vmtrail {

/// Raised whenever a table changes its meaning; a store of another version is not touched.
inline constexpr std::int64_t kSchemaVersion = 3;

// `placements` is the answer, for people; `bases` what is folded, to which `facts` are added.
inline constexpr char kSchema[] = R"sql(
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS rules (
  position INTEGER PRIMARY KEY, file TEXT NOT NULL, text TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS instances (
  id TEXT PRIMARY KEY, newest INTEGER, cut INTEGER, folded_requests TEXT,
  base_intervals INTEGER NOT NULL, base_migrations INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS placements (
  instance TEXT PRIMARY KEY, host TEXT, confidence TEXT NOT NULL, vm_state TEXT, task_state TEXT,
  power_state TEXT, deleted INTEGER NOT NULL, name TEXT, project_id TEXT, since INTEGER, cause TEXT,
  mover_host TEXT, moved_at INTEGER, effective INTEGER, decided_by TEXT, decided_event_type TEXT,
  decided_rule TEXT) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS bases (
  instance TEXT PRIMARY KEY, host TEXT, confidence TEXT NOT NULL, vm_state TEXT, task_state TEXT,
  power_state TEXT, deleted INTEGER NOT NULL, name TEXT, project_id TEXT, since INTEGER, cause TEXT,
  mover_host TEXT, moved_at INTEGER, effective INTEGER, decided_by TEXT, decided_event_type TEXT,
  decided_rule TEXT) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS intervals (
  instance TEXT NOT NULL, position INTEGER NOT NULL, host TEXT, from_time INTEGER NOT NULL,
  to_time INTEGER NOT NULL, confidence TEXT NOT NULL, cause TEXT NOT NULL,
  PRIMARY KEY (instance, position)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS migrations (
  instance TEXT NOT NULL, position INTEGER NOT NULL, request_id TEXT, kind TEXT NOT NULL,
  source TEXT, destination TEXT, outcome TEXT NOT NULL, started_at INTEGER NOT NULL,
  finished_at INTEGER, confirmed_at INTEGER, reverted INTEGER NOT NULL,
  announced INTEGER NOT NULL, told_kind TEXT, told_source TEXT, told_destination TEXT,
  told_outcome TEXT, told_started_at INTEGER, told_finished_at INTEGER, told_confirmed_at INTEGER,
  PRIMARY KEY (instance, position)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS facts (
  instance TEXT NOT NULL, position INTEGER NOT NULL, message_id TEXT NOT NULL,
  event_type TEXT NOT NULL, generated INTEGER NOT NULL, request_id TEXT, rule TEXT NOT NULL,
  publisher_service TEXT, publisher_host TEXT, payload_host TEXT, state TEXT, old_state TEXT,
  task_state TEXT, flavor TEXT, name TEXT, project_id TEXT, power_state TEXT, judged TEXT NOT NULL,
  PRIMARY KEY (instance, position)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS loose_facts (
  until INTEGER NOT NULL, message_id TEXT PRIMARY KEY, event_type TEXT NOT NULL,
  generated INTEGER NOT NULL, request_id TEXT NOT NULL, rule TEXT NOT NULL,
  publisher_service TEXT, publisher_host TEXT, payload_host TEXT, state TEXT, old_state TEXT,
  task_state TEXT, flavor TEXT, name TEXT, project_id TEXT, power_state TEXT) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS trail (
  id INTEGER PRIMARY KEY, instance TEXT NOT NULL, message_id TEXT NOT NULL,
  event_type TEXT NOT NULL, generated INTEGER NOT NULL, publisher TEXT, rule TEXT NOT NULL,
  at TEXT NOT NULL, host TEXT, treatment TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS trail_of_instance ON trail (instance, id);

CREATE TABLE IF NOT EXISTS clock_skews (
  ahead TEXT NOT NULL, behind TEXT NOT NULL, at_least INTEGER NOT NULL,
  PRIMARY KEY (ahead, behind)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS awaited (
  absence TEXT NOT NULL, instance TEXT NOT NULL, request_id TEXT, generated INTEGER NOT NULL,
  message_id TEXT, event_type TEXT);

CREATE TABLE IF NOT EXISTS hosts (
  name TEXT PRIMARY KEY, status TEXT NOT NULL, told_at INTEGER, told_by TEXT) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS messages (message_id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen (message_id TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (
  sequence INTEGER PRIMARY KEY, json TEXT NOT NULL, zenoss TEXT);
CREATE TABLE IF NOT EXISTS positions (source TEXT PRIMARY KEY, position TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cursors (sink TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS quarantine (
  id INTEGER PRIMARY KEY, reason TEXT NOT NULL, detail TEXT, input TEXT, line INTEGER NOT NULL,
  offset INTEGER NOT NULL, bytes BLOB NOT NULL);
)sql";

}  // namespace vmtrail
