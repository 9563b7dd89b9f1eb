// SPDX-License-Identifier: Apache-2.0
// Running the samples that the rules carry.

#include <algorithm>
#include <chrono>
#include <utility>

#include "vmtrail/dispatcher.h"

namespace vmtrail {

namespace {

constexpr std::string_view kInstance = "00000000-0000-4000-8000-000000000001";
constexpr Time kNow{std::chrono::hours{24 * 365 * 50}};

class Nothing : public RecordConsumer, public QuarantineConsumer {
 public:
  void on_record(const ChangeRecord& /*record*/) override {}
  void on_quarantined(const Undecodable& /*bad*/) override {}
};

using Value = std::optional<std::string>;

const Value* find(const Sample::Values& values, std::string_view key) {
  const auto found = std::find_if(values.begin(), values.end(),
                                  [&](const auto& entry) { return entry.first == key; });
  return found == values.end() ? nullptr : &found->second;
}

std::string text_or(const Sample::Values& values, std::string_view key,
                    std::string_view otherwise) {
  const Value* const value = find(values, key);
  return value != nullptr && *value ? **value : std::string(otherwise);
}

// Null is told, as an empty text; a key that is absent is not told.
void set(Event& event, Field field, const Sample::Values& values, std::string_view key) {
  if (const Value* const value = find(values, key)) {
    event[field] = *value ? std::string_view(**value) : std::string_view("");
  }
}

const Rule& boot_rule(const RuleSet& rules, Rule& spare) {
  if (const Rule* const end = rules.find("create.end")) return *end;
  // A rules file without a boot of its own still may say what is given.
  spare.id = "given";
  spare.rank = 90;
  spare.operation = OperationKind::boot;
  spare.phase = Phase::end;
  spare.host = {Witness::publisher, Witness::nobody};
  spare.destination = spare.host;
  spare.writes.vm_state = true;
  return spare;
}

void boot(Model& model, const Sample& sample, const Rule& rule, RecordConsumer& records) {
  const std::string host = text_or(sample.given, "host", "");
  const std::string state = text_or(sample.given, "vm_state", "active");
  Event event;
  event.message_id = "given";
  event.event_type = "given";
  event.generated = kNow - std::chrono::hours{1};
  event[Field::instance_id] = kInstance;
  event[Field::request_id] = "given";
  event[Field::publisher_service] = "compute";
  event[Field::publisher_host] = host;
  event[Field::state] = state;
  event[Field::task_state] = "";
  model.apply(event, *InstanceId::parse(kInstance), rule, records);
}

std::string happened(const Model& model, std::string_view key, std::string_view subject_host) {
  if (key == "status") {
    const auto host = model.host(subject_host);
    return host ? std::string(name(host->status)) : "";
  }
  const auto instance = model.instance(*InstanceId::parse(kInstance));
  if (!instance) return "(no instance)";
  if (key == "host") return std::string(instance->host);
  if (key == "confidence") return std::string(name(instance->confidence));
  if (key == "vm_state") return std::string(instance->vm_state);
  if (key == "task_state") return std::string(instance->task_state);
  if (key == "power_state") return std::string(name(instance->power_state));
  if (key == "deleted") return instance->deleted ? "true" : "false";
  const std::vector<Migration> migrations = model.migrations();
  if (migrations.empty()) return "(no migration)";
  const Migration& migration = migrations.back();
  if (key == "kind") return std::string(name(migration.kind));
  if (key == "source") return std::string(migration.source);
  if (key == "destination") return std::string(migration.destination);
  return std::string(name(migration.outcome));
}

std::string quoted(const std::string& text) {
  return text.empty() ? "null" : "'" + text + "'";
}

void check(const RuleSet& rules, const Rule& rule, const Sample& sample,
           const std::string& event_type, std::vector<std::string>& failures) {
  const std::string at = rule.file + ":" + std::to_string(sample.line) + ": rule '" + rule.id +
                         "': " + event_type + ": ";
  const std::string given_host = text_or(sample.given, "host", "src");
  const std::string publisher = text_or(sample.event, "publisher", "compute." + given_host);
  const std::size_t dot = publisher.find('.');

  Event event;
  event.message_id = "sample";
  event.event_type = event_type;
  event.generated = kNow;
  event[Field::instance_id] = kInstance;
  event[Field::request_id] = "sample";
  event[Field::publisher_service] = std::string_view(publisher).substr(0, dot);
  if (dot != std::string::npos) {
    event[Field::publisher_host] = std::string_view(publisher).substr(dot + 1);
  }
  set(event, Field::payload_host, sample.event, "host");
  set(event, Field::state, sample.event, "state");
  set(event, Field::old_state, sample.event, "old_state");
  set(event, Field::task_state, sample.event, "task_state");
  set(event, Field::power_state, sample.event, "power_state");
  set(event, Field::flavor, sample.event, "flavor");
  set(event, Field::deleted_at, sample.event, "deleted_at");
  set(event, Field::audit_period_ending, sample.event, "audit_period_ending");
  set(event, Field::binary, sample.event, "binary");
  set(event, Field::disabled, sample.event, "disabled");
  set(event, Field::forced_down, sample.event, "forced_down");
  set(event, Field::display_name, sample.event, "display_name");

  const Rule* const matched = rules.match(event);
  if (matched != &rule) {
    failures.push_back(at + "matches " +
                       (matched == nullptr ? "no rule" : "rule '" + matched->id + "' instead"));
    return;
  }
  Nothing nothing;
  Rule spare;
  Model model;
  Dispatcher dispatcher(rules, model, nothing, nothing);
  if (!sample.given.empty()) boot(model, sample, boot_rule(rules, spare), nothing);
  dispatcher.on_event(event);
  for (const auto& [key, value] : sample.expect) {
    const std::string expected = value.value_or("");
    const std::string actual = happened(model, key, event[Field::payload_host]);
    if (actual != expected) {
      failures.push_back(at + key + ": expected " + quoted(expected) + ", is " + quoted(actual));
    }
  }
}

}  // namespace

std::vector<std::string> check_samples(const RuleSet& rules) {
  std::vector<std::string> failures;
  for (const Rule& rule : rules.rules()) {
    for (const Sample& sample : rule.samples) {
      for (const std::string& event_type : rule.events) {
        if (event_type.find('*') == std::string::npos) {
          check(rules, rule, sample, event_type, failures);
        }
      }
    }
  }
  return failures;
}

}  // namespace vmtrail
