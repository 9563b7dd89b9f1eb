// SPDX-License-Identifier: Apache-2.0
// Events made by hand, and a consumer that knows the model from its records alone.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vmtrail/cloudevents.h"
#include "vmtrail/dispatcher.h"
#include "vmtrail/model.h"

namespace vmtrail::testing {

inline constexpr std::string_view kVm = "87be4b45-e214-4ca3-8f5c-1bd31159f9e4";
inline constexpr Time kStart{std::chrono::seconds{1'485'152'522}};

/// An event that owns its text. Fields that are not set are not told.
struct Made {
  std::string message_id;
  std::string event_type;
  Time generated = kStart;
  std::map<Field, std::string> fields;

  [[nodiscard]] Event event() const {
    Event result;
    result.message_id = message_id;
    result.event_type = event_type;
    result.generated = generated;
    for (const auto& [field, value] : fields) result[field] = value;
    return result;
  }
};

/// A legacy notification `action` at `ms` milliseconds, from compute host `publisher`, of request
/// `request`.
inline Made made(std::string action, int ms, std::string publisher, std::string request,
                 std::map<Field, std::string> fields = {}) {
  Made result;
  result.message_id = action + "@" + std::to_string(ms) + publisher;
  result.event_type = "compute.instance." + action;
  result.generated = kStart + std::chrono::milliseconds{ms};
  result.fields = std::move(fields);
  result.fields.try_emplace(Field::instance_id, kVm);
  result.fields.try_emplace(Field::publisher_service, "compute");
  result.fields.try_emplace(Field::publisher_host, std::move(publisher));
  result.fields.try_emplace(Field::state, "active");
  if (!request.empty()) result.fields.try_emplace(Field::request_id, std::move(request));
  return result;
}

/// A whole live migration with Ceilometer's default traits, from `ms` on, a second long.
inline std::vector<Made> live_migration(const std::string& request, int ms,
                                        const std::string& source, const std::string& destination) {
  return {made("live_migration.pre.start", ms, destination, request),
          made("live_migration.pre.end", ms + 100, destination, request),
          made("live_migration._post.start", ms + 500, source, request),
          made("live_migration.post.dest.start", ms + 600, destination, request),
          made("live_migration.post.dest.end", ms + 800, destination, request),
          made("live_migration._post.end", ms + 1000, source, request)};
}

inline void append(std::vector<Made>& stream, std::vector<Made> more) {
  for (Made& event : more) stream.push_back(std::move(event));
}

/// What a consumer knows that applies the records in their sequence and nothing else.
class FoldedRecords : public RecordConsumer {
 public:
  struct Instance {
    std::string name_seen;
    std::string host;
    std::string confidence = "unknown";
    std::string vm_state;
    std::string task_state;
    std::string power_state;
    bool deleted = false;
  };

  void on_record(const ChangeRecord& record) override {
    gapless = gapless && static_cast<std::uint64_t>(record.sequence) == ++sequence;
    types.push_back(record.type);
    std::string json;
    append_cloudevent(json, record, "vmtrail/test");
    std::string again;
    cloudevents.append(again, record);
    alike = alike && again == json;
    text += json + "\n";
    if (!record.instance || record.type == RecordType::event_too_late ||
        record.type == RecordType::event_missing || record.type == RecordType::placement_drift) {
      return;
    }
    Instance& instance = instances[std::string(record.subject)];
    if (record.to) {
      const std::string value(record.to->value);
      if (record.to->field == "host") instance.host = value;
      if (record.to->field == "vm_state") instance.vm_state = value;
      if (record.to->field == "task_state") instance.task_state = value;
      if (record.to->field == "power_state") instance.power_state = value;
    }
    instance.confidence = name(record.confidence);
    if (record.type == RecordType::instance_deleted) instance.deleted = true;
    if (name(record.type).substr(0, 10) != "migration.") return;
    const RequestId& request =
        record.migration ? record.migration->request_id : record.operation->request_id;
    // One without a request is known by its time.
    const Time begun =
        record.migration ? record.migration->started_at : record.operation->started_at;
    const auto key = std::pair(std::string(record.subject), key_of(request, begun));
    if (!record.migration) {
      migrations.erase(key);
      return;
    }
    std::string migration;
    append_json(migration, *record.migration);
    migrations[key] = migration;
  }

  /// Every difference from the model, one line each; empty: none.
  [[nodiscard]] std::string differences(const Model& model) const {
    std::string result;
    const auto differ = [&](const std::string& what, std::string_view folded,
                            std::string_view held) {
      if (folded != held) {
        result += what + ": '" + std::string(folded) + "' in the records, '" + std::string(held) +
                  "' in the model\n";
      }
    };
    if (!gapless) result += "a gap in the sequence\n";
    if (!alike) result += "a record that is not written as it is by itself\n";
    differ("sequence", std::to_string(sequence),
           std::to_string(static_cast<std::uint64_t>(model.sequence())));
    differ("instances", std::to_string(instances.size()), std::to_string(model.instance_count()));
    for (const InstanceId& id : model.instances()) {
      const InstanceAnswer held = *model.instance(id);
      const auto found = instances.find(id.to_string());
      if (found == instances.end()) {
        result += id.to_string() + " is in no record\n";
        continue;
      }
      const Instance& folded = found->second;
      differ("host", folded.host, held.host);
      differ("confidence", folded.confidence, name(held.confidence));
      differ("vm_state", folded.vm_state, held.vm_state);
      differ("task_state", folded.task_state, held.task_state);
      differ("power_state", folded.power_state, name(held.power_state));
      differ("deleted", folded.deleted ? "yes" : "no", held.deleted ? "yes" : "no");
    }
    std::map<std::pair<std::string, std::string>, std::string> held;
    for (const Migration& migration : model.migrations()) {
      append_json(held[{migration.instance.to_string(),
                        key_of(migration.request_id, migration.started_at)}],
                  migration);
    }
    for (const auto& [key, json] : held) {
      const auto found = migrations.find(key);
      differ("migration", found == migrations.end() ? "" : found->second, json);
    }
    differ("migrations", std::to_string(migrations.size()), std::to_string(held.size()));
    return result;
  }

  static std::string key_of(const RequestId& request, Time started_at) {
    return request.empty() ? to_string(started_at) : request.to_string();
  }

  std::map<std::string, Instance> instances;
  std::map<std::pair<std::string, std::string>, std::string> migrations;
  std::vector<RecordType> types;
  std::string text;  ///< all records as they are written
  CloudEvents cloudevents{"vmtrail/test"};
  std::uint64_t sequence = 0;
  bool gapless = true;
  bool alike = true;
};

class NoQuarantine : public QuarantineConsumer {
 public:
  void on_quarantined(const Undecodable& bad) override { last = bad.reason; }
  std::optional<ErrorCode> last;
};

/// Rules, model, dispatcher and a consumer, ready to be fed.
struct Machine {
  explicit Machine(const RuleSet& shared, Model::Options options = {})
      : rules(shared), model(std::move(options)), dispatcher(rules, model, records, quarantine) {}

  void feed(const Made& event) { dispatcher.on_event(event.event()); }
  void feed(const std::vector<Made>& stream) {
    for (const Made& event : stream) feed(event);
  }
  [[nodiscard]] InstanceAnswer vm() const { return *model.instance(*InstanceId::parse(kVm)); }
  /// How many facts of kVm are not folded.
  [[nodiscard]] std::size_t facts_held() const {
    return model.snapshot(*InstanceId::parse(kVm)).facts.size();
  }
  [[nodiscard]] std::uint64_t too_late() const {
    return dispatcher.counts().ignored[static_cast<std::size_t>(ErrorCode::too_late)];
  }

  /// Goes on from what is saved of another.
  void restore(const Machine& from) {
    model.restore(from.model.snapshot(), rules);
    for (const InstanceId& id : from.model.instances_as_heard()) {
      model.restore(from.model.snapshot(id), rules);
    }
  }

  /// The parts of the placement that do not depend on the order of arrival.
  [[nodiscard]] std::string placement() const {
    std::string text;
    for (const InstanceId& id : model.instances()) {
      append_json(text, *model.instance(id));
      text += '\n';
    }
    for (const Migration& migration : model.migrations()) {
      append_json(text, migration);
      text += '\n';
    }
    return text;
  }

  const RuleSet& rules;
  FoldedRecords records;
  NoQuarantine quarantine;
  Model model;
  Dispatcher dispatcher;
};

/// Parsed once for all tests of a program.
inline const RuleSet& shipped_rules() {
  static const RuleSet rules = RuleSet::shipped();
  return rules;
}

}  // namespace vmtrail::testing
