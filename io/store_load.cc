// SPDX-License-Identifier: Apache-2.0
// Reading the store.

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "io/store_impl.h"
#include "io/store_packed.h"

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

bool Store::contains(const MessageId& id, Time generated) {
  return impl_->messages.contains(id) || has_message(impl_->database, id, generated);
}

// A row may hold more than is wanted: it is trimmed by rows, and now and then.
Result<std::vector<TrailSnapshot>> Store::trail(const InstanceId& id) {
  const std::string instance = id.to_string();
  const auto most = impl_->get("trail");
  if (!most) return tl::unexpected(most.error());
  std::string decided_by;
  std::vector<TrailSnapshot> trail;
  std::int64_t facts = most->value_or(0);
  std::int64_t turned_away = facts;
  bool right = true;
  auto read = impl_->database.rows(
      "SELECT decided_by FROM instances WHERE id = ?",
      [&](sqlite3_stmt* row) { decided_by = text(row, 0); }, instance);
  if (!read) return tl::unexpected(read.error());
  read = impl_->database.rows(
      "SELECT entries FROM trail WHERE instance = ? ORDER BY id DESC",
      [&](sqlite3_stmt* row) {
        auto entries = unpacked_trail(text(row, 0));
        right = right && entries;
        if (!right) return;
        for (auto one = entries->rbegin(); one != entries->rend(); ++one) {
          std::int64_t& room = was_turned_away(one->treatment) ? turned_away : facts;
          if (room-- > 0 || (one->message_id == decided_by && !was_turned_away(one->treatment))) {
            trail.push_back(std::move(*one));
          }
        }
      },
      instance);
  if (!read) return tl::unexpected(read.error());
  if (!right) return tl::unexpected(impl_->misfit("instance '" + instance + "'"));
  std::reverse(trail.begin(), trail.end());
  return trail;
}

Error Store::Impl::misfit(std::string_view whose) const {
  return {ErrorCode::store_error,
          database.path() + ": the rows of " + std::string(whose) + " do not fit"};
}

// The ids of the last horizon are not kept twice: they are those of its messages. Older copies are
// looked up by contains().
Result<ModelSnapshot> Store::Impl::load_model(Duration horizon) {
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
  for (const auto& [key, count] : {std::pair{"ahead", &saved.ahead}, {"behind", &saved.behind}}) {
    const auto value = get(key);
    if (!value) return tl::unexpected(value.error());
    *count = static_cast<std::uint32_t>(value->value_or(0));
  }
  std::optional<std::string> broken;
  if (auto read =
          database.rows("SELECT name, status, since, statuses FROM hosts",
                        [&](sqlite3_stmt* row) {
                          auto statuses = unpacked_statuses(text(row, 3));
                          if (!statuses) broken = text(row, 0);
                          saved.hosts.push_back(
                              {text(row, 0), word(row, 1, HostStatus::up), optional_time(row, 2),
                               std::move(statuses).value_or(std::vector<StatusSnapshot>())});
                        });
      !read) {
    return tl::unexpected(read.error());
  }
  if (broken) {
    return tl::unexpected(misfit("host '" + *broken + "'"));
  }
  if (saved.newest_event) {
    const Time until = *saved.newest_event + horizon;
    const auto ids = messages_since(database, *saved.newest_event - horizon);
    if (!ids) return tl::unexpected(ids.error());
    for (const MessageId& id : *ids) saved.seen.push_back({id.to_string(), until});
  }
  if (auto read = database.rows(
          "SELECT until, message_id, event_type, generated, request_id, rule, publisher_service, "
          "publisher_host, payload_host, state, old_state, task_state, flavor, name, project_id, "
          "power_state FROM loose_facts ORDER BY message_id",
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
  // What is folded comes first.
  const auto count = [&](std::size_t& folded, const auto& list, sqlite3_stmt* row, int column) {
    if (sqlite3_column_int(row, column) == 0) return;
    if (++folded != list.size()) broken = text(row, 0);
  };
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
      database.rows("SELECT id, host, confidence, vm_state, task_state, power_state, deleted, name,"
                    " project_id, since, cause, mover_host, moved_at, effective, decided_by,"
                    " decided_event_type, decided_rule, newest, cut, folded_requests, base, facts"
                    " FROM instances",
                    [&](sqlite3_stmt* row) {
                      InstanceSnapshot& saved = instance(row);
                      saved.answer = state(row, 1);
                      saved.newest = optional_time(row, 17);
                      saved.cut = optional_time(row, 18);
                      saved.folded_requests = lines_of(text(row, 19));
                      const auto base = optional_text(row, 20);
                      auto unpacked = base ? unpacked_state(*base) : std::optional(saved.answer);
                      auto facts = unpacked_facts(text(row, 21));
                      if (!unpacked || !facts) {
                        broken = text(row, 0);
                        return;
                      }
                      saved.base = std::move(*unpacked);
                      saved.facts = std::move(*facts);
                    }),
      database.rows("SELECT instance, host, from_time, to_time, confidence, cause, folded"
                    " FROM intervals ORDER BY instance, position",
                    [&](sqlite3_stmt* row) {
                      InstanceSnapshot& saved = instance(row);
                      saved.intervals.push_back({text(row, 1), time(row, 2), time(row, 3),
                                                 word(row, 4, Confidence::unknown), text(row, 5)});
                      count(saved.base_intervals, saved.intervals, row, 6);
                    }),
      database.rows(
          "SELECT instance, request_id, base_outcome, announced, kind, source, destination, "
          "outcome,"
          " started_at, finished_at, confirmed_at, told_kind, told_source, told_destination,"
          " told_outcome, told_started_at, told_finished_at, told_confirmed_at, folded,"
          " base_confirmed_at"
          " FROM migrations ORDER BY instance, position",
          [&](sqlite3_stmt* row) {
            InstanceSnapshot& saved = instance(row);
            MigrationSnapshot migration{text(row, 1), view(row, 4), std::nullopt, std::nullopt};
            if (sqlite3_column_int(row, 3) != 0) migration.announced = view(row, 11);
            if (const auto outcome = parse_word<Outcome>(text(row, 2))) {
              MigrationSnapshot::View& base = migration.base.emplace(migration.view);
              base.outcome = *outcome;
              base.confirmed_at = optional_time(row, 19);
            }
            saved.migrations.push_back(std::move(migration));
            count(saved.base_migrations, saved.migrations, row, 18);
          }),
  };
  for (const Result<void>& read : reads) {
    if (!read) return tl::unexpected(read.error());
  }
  if (broken) {
    return tl::unexpected(misfit("instance '" + *broken + "'"));
  }
  return all;
}

Result<Model::Options> Store::model_options() const {
  Model::Options options;
  options.trail = kExplain;
  const auto trail = impl_->get("trail");
  if (!trail) return tl::unexpected(trail.error());
  const auto horizon = impl_->get("horizon");
  if (!horizon) return tl::unexpected(horizon.error());
  const auto short_hosts = impl_->get("short_hosts");
  if (!short_hosts) return tl::unexpected(short_hosts.error());
  if (*trail) options.trail = static_cast<std::size_t>(**trail);
  if (*horizon) options.horizon = Duration{**horizon};
  if (*short_hosts) options.short_hosts = **short_hosts != 0;
  return options;
}

Result<std::size_t> Store::load(Model& model, const RuleSet& rules) {
  const auto saved = impl_->load_model(model.options().horizon);
  if (!saved) return tl::unexpected(saved.error());
  std::size_t dropped = model.restore(*saved, rules);
  const auto instances = impl_->load_instances();
  if (!instances) return tl::unexpected(instances.error());
  for (const auto& [id, instance] : *instances) dropped += model.restore(instance, rules);
  model.mark_saved();
  return dropped;
}

}  // namespace vmtrail
