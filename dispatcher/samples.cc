// SPDX-License-Identifier: Apache-2.0
// Running the samples that the rules carry.

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "vmtrail/dispatcher.h"

namespace vmtrail {

namespace {

constexpr std::string_view kInstance = "00000000-0000-4000-8000-000000000001";
constexpr std::string_view kRequest = "sample";
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
  model.apply(event, Matched(event, &rule), records);
}

// The operation that the sample's event is to find begins a second before it, in its request.
void begin_operation(Model& model, const Sample& sample, const Rule& rule,
                     RecordConsumer& records) {
  const std::string host = text_or(sample.given, "host", "");
  Event event;
  event.message_id = "begun";
  event.event_type = "begun";
  event.generated = kNow - std::chrono::seconds{1};
  event[Field::instance_id] = kInstance;
  event[Field::request_id] = kRequest;
  event[Field::publisher_service] = "compute";
  event[Field::publisher_host] = event[Field::payload_host] = host;
  model.apply(event, Matched(event, &rule), records);
}

std::optional<Rule> beginning(const Sample& sample) {
  const auto kind = parse_word<OperationKind>(text_or(sample.given, "operation", ""));
  if (!kind) return std::nullopt;
  Rule rule;
  rule.id = "given";
  rule.rank = 5;
  rule.operation = *kind;
  rule.phase = Phase::start;
  rule.source = {Witness::payload, Witness::nobody};
  return rule;
}

// Traits of the sample, and what they are aliases of. `at` begins what is said of those that would
// have the event quarantined.
std::vector<Trait> tell_traits(const Sample& sample, const TraitNames& names, Event& event,
                               const std::string& at, std::vector<std::string>& failures) {
  std::vector<Trait> traits;
  for (const auto& [name, value] : sample.traits) {
    if (!value) continue;
    traits.push_back({name, *value});
    for (const TraitNames::Alias& alias : names.aliases) {
      if (alias.name != name) continue;
      if (!event.told(alias.field)) event[alias.field] = *value;
      if (event[alias.field] != *value) {
        failures.push_back(at + "the trait '" + name + "' contradicts what else tells " +
                           std::string(vmtrail::name(alias.field)));
      }
    }
  }
  return traits;
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

/// The sample's event, but for its traits; `publisher` is to outlive it.
Event event_of(const Sample& sample, std::string_view event_type, std::string_view publisher,
               bool names_instance) {
  const std::size_t dot = publisher.find('.');
  Event event;
  event.message_id = "sample";
  event.event_type = event_type;
  event.generated = kNow;
  if (names_instance) event[Field::instance_id] = kInstance;
  event[Field::request_id] = kRequest;
  event[Field::publisher_service] = publisher.substr(0, dot);
  if (dot != std::string::npos) {
    event[Field::publisher_host] = publisher.substr(dot + 1);
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
  return event;
}

void check(const RuleSet& rules, const Rule& rule, const Sample& sample,
           const std::string& event_type, std::vector<std::string>& failures) {
  const std::string at = rule.file + ":" + std::to_string(sample.line) + ": rule '" + rule.id +
                         "': " + event_type + ": ";
  const std::string given_host = text_or(sample.given, "host", "src");
  const std::string publisher = text_or(sample.event, "publisher", "compute." + given_host);
  const std::optional<Rule> operation = beginning(sample);
  Event event = event_of(sample, event_type, publisher, !operation || rule.about != About::request);
  const std::vector<Trait> traits = tell_traits(sample, rules.traits(), event, at, failures);
  event.traits = traits;

  const Rule* const matched = rules.match(event);
  const bool overtaken = matched != nullptr && matched < &rule && matched->file != rule.file;
  if (matched != &rule && !overtaken) {
    failures.push_back(at + "matches " +
                       (matched == nullptr ? "no rule" : "rule '" + matched->id + "' instead"));
    return;
  }
  const std::string by = matched == &rule ? "" : "rule '" + matched->id + "' takes it: ";
  Nothing nothing;
  Rule spare;
  Model model;
  Dispatcher dispatcher(rules, model, nothing, nothing);
  if (!sample.given.empty()) boot(model, sample, boot_rule(rules, spare), nothing);
  if (operation) begin_operation(model, sample, *operation, nothing);
  dispatcher.on_event(event);
  for (const auto& [key, value] : sample.expect) {
    const std::string expected = value.value_or("");
    const std::string actual = happened(model, key, event[Field::payload_host]);
    if (actual != expected) {
      failures.push_back(at + by + key + ": expected " + quoted(expected) + ", is " +
                         quoted(actual));
    }
  }
}

class MissingEvents : public Nothing {
 public:
  explicit MissingEvents(std::string_view absence) : absence_(absence) {}
  void on_record(const ChangeRecord& record) override {
    found = found || (record.type == RecordType::event_missing && record.cause->rule == absence_);
  }
  bool found = false;

 private:
  std::string_view absence_;
};

void check(const RuleSet& rules, const Absence& absence, const AbsenceSample& sample,
           std::vector<std::string>& failures) {
  MissingEvents missing(absence.id);
  Model model;
  Dispatcher dispatcher(rules, model, missing, missing);
  Time last = kNow;
  for (std::size_t i = 0; i < sample.events.size(); ++i) {
    const std::string id = "sample" + std::to_string(i);
    Event event;
    event.message_id = id;
    event.event_type = sample.events[i].type;
    event.generated = kNow + sample.events[i].at;
    last = std::max(last, event.generated);
    event[Field::instance_id] = kInstance;
    event[Field::request_id] = sample.events[i].request;
    event[Field::publisher_service] = "compute";
    event[Field::publisher_host] = "src";
    event[Field::state] = "active";
    dispatcher.on_event(event);
  }
  dispatcher.advance(last + absence.within + std::chrono::seconds{1});
  if (missing.found == sample.missing) return;
  const auto text = [](bool value) { return value ? std::string("true") : std::string("false"); };
  failures.push_back(absence.file + ":" + std::to_string(sample.line) + ": absence '" + absence.id +
                     "': missing: expected " + text(sample.missing) + ", is " +
                     text(missing.found));
}

}  // namespace

SampleResults check_samples(const RuleSet& rules) {
  SampleResults results;
  for (const Rule& rule : rules.rules()) {
    results.samples += rule.samples.size();
    if (!rule.samples.empty()) ++results.rules;
    for (const Sample& sample : rule.samples) {
      if (const Value* const event_type = find(sample.event, "type"); event_type != nullptr) {
        check(rules, rule, sample, event_type->value_or(""), results.failures);
        continue;
      }
      for (const std::string& event_type : rule.events) {
        if (!is_pattern(event_type)) check(rules, rule, sample, event_type, results.failures);
      }
    }
  }
  for (const Absence& absence : rules.absences()) {
    results.samples += absence.samples.size();
    if (!absence.samples.empty()) ++results.rules;
    for (const AbsenceSample& sample : absence.samples) {
      check(rules, absence, sample, results.failures);
    }
  }
  return results;
}

}  // namespace vmtrail
