// SPDX-License-Identifier: Apache-2.0
// Reading the store.

#include <array>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "io/store_impl.h"

namespace vmtrail {

namespace {

// The columns of a state, from `column` on.
StateSnapshot state(sqlite3_stmt* row, int column) {
  StateSnapshot saved;
  saved.host = text(row, column);
  saved.confidence = word(row, column + 1, Confidence::unknown);
  saved.vm_state = text(row, column + 2);
  saved.task_state = text(row, column + 3);
  saved.power_state = word(row, column + 4, PowerState::unknown);
  saved.deleted = sqlite3_column_int(row, column + 5) != 0;
  saved.name = text(row, column + 6);
  saved.project_id = text(row, column + 7);
  saved.since = optional_time(row, column + 8);
  saved.cause = text(row, column + 9);
  saved.mover_host = text(row, column + 10);
  saved.moved_at = optional_time(row, column + 11);
  saved.effective = optional_time(row, column + 12);
  saved.decided_by = text(row, column + 13);
  saved.decided_event_type = text(row, column + 14);
  saved.decided_rule = text(row, column + 15);
  return saved;
}

MigrationSnapshot::View view(sqlite3_stmt* row, int column) {
  return {word(row, column, MigrationKind::live_migration),
          text(row, column + 1),
          text(row, column + 2),
          word(row, column + 3, Outcome::in_progress),
          time(row, column + 4),
          optional_time(row, column + 5),
          optional_time(row, column + 6)};
}

// The columns of a fact, from `column` on.
FactSnapshot fact(sqlite3_stmt* row, int column) {
  FactSnapshot saved;
  saved.message_id = text(row, column);
  saved.event_type = text(row, column + 1);
  saved.generated = time(row, column + 2);
  saved.request_id = text(row, column + 3);
  saved.rule = text(row, column + 4);
  saved.publisher_service = text(row, column + 5);
  saved.publisher_host = text(row, column + 6);
  saved.payload_host = optional_text(row, column + 7);
  saved.state = text(row, column + 8);
  saved.old_state = text(row, column + 9);
  saved.task_state = optional_text(row, column + 10);
  saved.flavor = text(row, column + 11);
  saved.name = text(row, column + 12);
  saved.project_id = text(row, column + 13);
  saved.power_state = word(row, column + 14, PowerState::unknown);
  return saved;
}

}  // namespace

bool Store::contains(const MessageId& id) {
  bool found = false;
  const std::string text_of_id = id.to_string();
  const auto read = impl_->database.rows(
      "SELECT 1 FROM messages WHERE message_id = ?", [&](sqlite3_stmt*) { found = true; },
      std::string_view(text_of_id));
  return read && found;
}

Result<std::vector<TrailSnapshot>> Store::trail(const InstanceId& id) {
  std::vector<TrailSnapshot> trail;
  auto read = impl_->database.rows(
      "SELECT message_id, event_type, generated, publisher, rule, at, host, treatment FROM trail"
      " WHERE instance = ? ORDER BY id",
      [&](sqlite3_stmt* row) {
        trail.push_back({text(row, 0), text(row, 1), time(row, 2), text(row, 3), text(row, 4),
                         text(row, 5), optional_text(row, 6), word(row, 7, Treatment::no_witness)});
      },
      id.to_string());
  if (!read) return tl::unexpected(read.error());
  return trail;
}

Result<ModelSnapshot> Store::Impl::load_model() {
  ModelSnapshot saved;
  const auto sequence = get("sequence");
  if (!sequence) return tl::unexpected(sequence.error());
  saved.sequence = Sequence{static_cast<std::uint64_t>(sequence->value_or(0))};
  const auto newest = get("newest_event");
  if (!newest) return tl::unexpected(newest.error());
  if (*newest) saved.newest_event = Time{Duration{**newest}};
  const auto stream = get("stream");
  if (!stream) return tl::unexpected(stream.error());
  if (*stream) saved.stream = Time{Duration{**stream}};
  if (auto read = database.rows("SELECT name, status, told_at, told_by FROM hosts",
                                [&](sqlite3_stmt* row) {
                                  saved.hosts.push_back({text(row, 0), word(row, 1, HostStatus::up),
                                                         optional_time(row, 2), text(row, 3)});
                                });
      !read) {
    return tl::unexpected(read.error());
  }
  if (auto read = database.rows("SELECT message_id, until FROM seen ORDER BY until, message_id",
                                [&](sqlite3_stmt* row) {
                                  saved.seen.push_back({text(row, 0), time(row, 1)});
                                });
      !read) {
    return tl::unexpected(read.error());
  }
  if (auto read = database.rows("SELECT * FROM loose_facts ORDER BY message_id",
                                [&](sqlite3_stmt* row) {
                                  saved.loose_facts.push_back({fact(row, 1), time(row, 0)});
                                });
      !read) {
    return tl::unexpected(read.error());
  }
  if (auto read = database.rows("SELECT ahead, behind, at_least FROM clock_skews",
                                [&](sqlite3_stmt* row) {
                                  saved.skews.push_back({text(row, 0), text(row, 1),
                                                         Duration{sqlite3_column_int64(row, 2)}});
                                });
      !read) {
    return tl::unexpected(read.error());
  }
  return saved;
}

Result<std::map<std::string, InstanceSnapshot>> Store::Impl::load_instances() {
  std::map<std::string, InstanceSnapshot> all;
  std::optional<std::string> broken;
  const auto instance = [&](sqlite3_stmt* row) -> InstanceSnapshot& {
    const std::string id = text(row, 0);
    InstanceSnapshot& saved = all[id];
    if (const auto parsed = InstanceId::parse(id)) {
      saved.id = *parsed;
    } else {
      broken = id;
    }
    return saved;
  };
  const std::array reads = {
      database.rows(
          "SELECT id, newest, cut, folded_requests, base_intervals, base_migrations FROM instances",
          [&](sqlite3_stmt* row) {
            InstanceSnapshot& saved = instance(row);
            saved.newest = optional_time(row, 1);
            saved.cut = optional_time(row, 2);
            std::istringstream lines(text(row, 3));
            for (std::string line; std::getline(lines, line);)
              saved.folded_requests.push_back(line);
            saved.base_intervals = static_cast<std::size_t>(sqlite3_column_int64(row, 4));
            saved.base_migrations = static_cast<std::size_t>(sqlite3_column_int64(row, 5));
          }),
      database.rows("SELECT * FROM bases",
                    [&](sqlite3_stmt* row) { instance(row).base = state(row, 1); }),
      database.rows("SELECT instance, host, from_time, to_time, confidence, cause FROM intervals"
                    " ORDER BY instance, position",
                    [&](sqlite3_stmt* row) {
                      instance(row).intervals.push_back({text(row, 1), time(row, 2), time(row, 3),
                                                         word(row, 4, Confidence::unknown),
                                                         text(row, 5)});
                    }),
      database.rows(
          "SELECT instance, request_id, reverted, announced, kind, source, destination, outcome,"
          " started_at, finished_at, confirmed_at, told_kind, told_source, told_destination,"
          " told_outcome, told_started_at, told_finished_at, told_confirmed_at"
          " FROM migrations ORDER BY instance, position",
          [&](sqlite3_stmt* row) {
            MigrationSnapshot saved{text(row, 1), view(row, 4), sqlite3_column_int(row, 2) != 0,
                                    std::nullopt};
            if (sqlite3_column_int(row, 3) != 0) saved.announced = view(row, 11);
            instance(row).migrations.push_back(std::move(saved));
          }),
      database.rows(
          "SELECT instance, message_id, event_type, generated, request_id, rule,"
          " publisher_service, publisher_host, payload_host, state, old_state, task_state, flavor,"
          " name, project_id, power_state, judged FROM facts ORDER BY instance, position",
          [&](sqlite3_stmt* row) {
            FactSnapshot saved = fact(row, 1);
            saved.judged = word(row, 16, Outcome::in_progress);
            instance(row).facts.push_back(std::move(saved));
          }),
  };
  for (const Result<void>& read : reads) {
    if (!read) return tl::unexpected(read.error());
  }
  for (const auto& [id, saved] : all) {
    if (saved.base_intervals > saved.intervals.size() ||
        saved.base_migrations > saved.migrations.size()) {
      broken = id;
    }
  }
  if (broken) {
    return tl::unexpected(
        Error{ErrorCode::store_error,
              database.path() + ": the rows of instance '" + *broken + "' do not fit"});
  }
  return all;
}

Result<std::size_t> Store::load(Model& model, const RuleSet& rules) {
  const auto saved = impl_->load_model();
  if (!saved) return tl::unexpected(saved.error());
  model.restore(*saved, rules);
  const auto instances = impl_->load_instances();
  if (!instances) return tl::unexpected(instances.error());
  std::size_t dropped = 0;
  for (const auto& [id, instance] : *instances) dropped += model.restore(instance, rules);
  model.mark_saved();
  return dropped;
}

}  // namespace vmtrail
