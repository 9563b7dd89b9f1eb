// SPDX-License-Identifier: Apache-2.0

#include "tests/disorder/stories.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "tests/disorder/dissect.h"

namespace vmtrail::disorder {
namespace {

/// A case, and which of its requests Nova lists as a migration from a to `destination` (empty: none
/// was found).
struct Story {
  struct Move {
    std::string_view request;
    MigrationKind kind;
    std::string_view destination;
    Outcome outcome;
  };

  std::string_view name;
  std::optional<Move> move;
};

constexpr Story::Move live(Outcome outcome) {
  return {"r2", MigrationKind::live_migration, "b", outcome};
}

/// Left out are stories of one host that is all there is (a resize there), of several instances, of
/// older releases, and those whose point is that the events do not tell the end.
const std::vector<Story>& stories() {
  static const std::vector<Story> all{
      {"boot_rescheduled", {}},
      {"delete_compute_down", {}},
      {"delete_resized", Story::Move{"r2", MigrationKind::cold_migration, "b", Outcome::completed}},
      {"evacuation_no_valid_host",
       Story::Move{"r2", MigrationKind::evacuation, "", Outcome::failed}},
      {"evacuation_refused", Story::Move{"r2", MigrationKind::evacuation, "b", Outcome::failed}},
      {"force_delete", {}},
      {"live_migration_aborted_preparing", live(Outcome::aborted)},
      {"live_migration_driver_fails_since_31", live(Outcome::failed)},
      {"live_migration_end_fails_since_31", live(Outcome::failed)},
      {"live_migration_forced", live(Outcome::completed)},
      {"live_migration_paused", live(Outcome::completed)},
      {"live_migration_refused", {}},
      {"live_migration_source_fails", live(Outcome::failed)},
      {"pause_unpause", {}},
      {"power_off_inside", {}},
      {"reboot_error", {}},
      {"rebuild", {}},
      {"rebuild_failed", {}},
      {"rescue_unrescue", {}},
      {"resize_confirmed", Story::Move{"r2", MigrationKind::resize, "b", Outcome::completed}},
      {"resize_finish_failed",
       Story::Move{"r2", MigrationKind::cold_migration, "b", Outcome::failed}},
      {"resize_prep_failed",
       Story::Move{"r2", MigrationKind::cold_migration, "b", Outcome::failed}},
      {"resize_rescheduled",
       Story::Move{"r2", MigrationKind::cold_migration, "c", Outcome::completed}},
      {"resize_reverted", Story::Move{"r2", MigrationKind::resize, "b", Outcome::completed}},
      {"shelve_failed", {}},
      {"snapshot", {}},
      {"soft_delete_reclaimed", {}},
      {"soft_delete_restored", {}},
      {"stop_failed", {}},
      {"suspend_resume", {}},
      {"volumes", live(Outcome::completed)},
  };
  return all;
}

/// `TIME PUBLISHER EVENT HOST STATE/TASK REQUEST [KEY=VALUE ...]`; nullopt: a line of another kind.
std::optional<Made> told(const std::string& line) {
  std::istringstream words(line);
  std::string time, publisher, action, host, state, request;
  if (!(words >> time >> publisher >> action >> host >> state >> request)) return std::nullopt;
  const auto when = parse_time("2026-11-22T" + time);
  if (!when) return std::nullopt;
  Made event;
  event.generated = *when;
  const bool of_instance = action.front() != '!';
  event.event_type = of_instance ? "compute.instance." + action : action.substr(1);
  event.fields[Field::publisher_service] = publisher.substr(0, publisher.find('.'));
  event.fields[Field::publisher_host] = publisher.substr(publisher.find('.') + 1);
  event.fields[Field::request_id] = request;
  if (of_instance || event.event_type.starts_with("compute_task.")) {
    event.fields[Field::instance_id] = testing::kVm;
    event.fields[Field::state] = state.substr(0, state.find('/'));
  }
  if (!of_instance) return event;
  event.fields[Field::task_state] = state.substr(state.find('/') + 1);
  event.fields[Field::payload_host] = host == "-" ? "" : host;
  event.fields[Field::display_name] = "vm";
  event.fields[Field::flavor] = "m1.tiny";
  if (is_update(event)) event.fields[Field::old_state] = event.fields[Field::state];
  const std::map<std::string, Field> keys = {{"old_state", Field::old_state},
                                             {"flavor", Field::flavor},
                                             {"deleted_at", Field::deleted_at},
                                             {"audit_period_ending", Field::audit_period_ending}};
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    const auto key = keys.find(word.substr(0, equals));
    if (key != keys.end()) event.fields[key->second] = word.substr(equals + 1);
  }
  return event;
}

/// Waiting for an hour teaches nothing: what is silent for longer is silent for two seconds.
void hasten(std::vector<Made>& events) {
  Time was = events.front().generated;
  for (std::size_t i = 1; i < events.size(); ++i) {
    const Time now = events[i].generated;
    events[i].generated =
        events[i - 1].generated + std::min<Duration>(now - was, std::chrono::seconds{2});
    was = now;
  }
}

std::vector<Recording> recordings_of(const Story& story) {
  const std::filesystem::path file =
      std::filesystem::path(VMTRAIL_FIXTURES) / "cases" / std::string(story.name) / "story.txt";
  std::ifstream input(file);
  if (!input) throw std::runtime_error("cannot read " + file.string());
  std::vector<Made> events;
  for (std::string line; std::getline(input, line);) {
    if (auto event = told(line.substr(0, line.find('#')))) events.push_back(std::move(*event));
  }
  if (events.empty()) throw std::runtime_error("nothing is told in " + file.string());
  hasten(events);
  Chronicle chronicle;
  chronicle.name = "the story " + std::string(story.name);
  chronicle.controllers = {"api", "ctl"};
  std::map<std::string, Request> requests;
  for (Made& event : events) {
    const std::string id = field(event, Field::request_id);
    Request& request = requests[id];
    if (request.empty() && story.move && story.move->request == id) {
      chronicle.moves.push_back({event.generated, story.move->kind, "a",
                                 std::string(story.move->destination), story.move->outcome});
    }
    request.push_back(std::move(event));
  }
  std::vector<Request> whole;
  for (auto& [id, request] : requests) whole.push_back(std::move(request));
  return dissect(std::move(whole), chronicle);
}

}  // namespace

std::vector<Recording> written() {
  std::vector<Recording> result;
  for (const Story& story : stories()) {
    for (Recording& recording : recordings_of(story)) {
      // Their boots are only there to have an instance.
      if (!recording.before.exists && story.name != "boot_rescheduled") continue;
      recording.by_hand = true;
      result.push_back(std::move(recording));
    }
  }
  return result;
}

}  // namespace vmtrail::disorder
