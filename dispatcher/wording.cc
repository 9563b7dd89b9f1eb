// SPDX-License-Identifier: Apache-2.0

#include "dispatcher/wording.h"

#include <algorithm>
#include <optional>

namespace vmtrail {

namespace {

using Slot = SummaryTemplate::Slot;

/// No more than kMaxText bytes, and no half character at the end.
std::string_view cut(std::string_view text) {
  if (text.size() <= kMaxText) return text;
  std::size_t end = kMaxText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

void append(std::string& out, std::string_view text) {
  out += text.empty() ? "none" : cut(text);
}

/// "90s", "15m", "2h": in the largest unit that divides it.
std::string spoken(Duration time) {
  using namespace std::chrono;
  if (time % hours{1} == Duration::zero()) return std::to_string(time / hours{1}) + "h";
  if (time % minutes{1} == Duration::zero()) return std::to_string(time / minutes{1}) + "m";
  if (time % seconds{1} == Duration::zero()) return std::to_string(time / seconds{1}) + "s";
  return std::to_string(time / milliseconds{1}) + "ms";
}

/// What a placeholder stands for where a record, or something missing, fills it.
struct Filling {
  std::string_view subject;
  std::string_view name;
  std::string_view project_id;
  Confidence confidence = Confidence::unknown;
  Time time;
  Cause cause;
  const ChangeRecord* record = nullptr;
  const Event* event = nullptr;
  const Model* model = nullptr;

  void append_to(std::string& out, const SummaryTemplate::Piece& piece) const;
  [[nodiscard]] std::string_view of_operation(Slot slot) const;
  void append_host(std::string& out) const;
};

std::string_view Filling::of_operation(Slot slot) const {
  if (record == nullptr) return {};
  const std::optional<Migration>& migration = record->migration;
  const std::optional<OperationSummary>& operation = record->operation;
  if (!migration && !operation) return {};
  if (slot == Slot::operation) return migration ? vmtrail::name(migration->kind) : operation->kind;
  if (slot == Slot::source) return migration ? migration->source : operation->source;
  if (slot == Slot::destination) return migration ? migration->destination : operation->destination;
  return vmtrail::name(migration ? migration->outcome : operation->outcome);
}

void Filling::append_host(std::string& out) const {
  const auto id = InstanceId::parse(subject);
  const auto instance = id ? model->instance(*id) : std::nullopt;
  append(out, instance ? instance->host : id ? std::string_view{} : subject);
}

void Filling::append_to(std::string& out, const SummaryTemplate::Piece& piece) const {
  switch (piece.slot) {
    case Slot::text:
      out += piece.text;
      return;
    case Slot::name:
      return append(out, name.empty() ? subject : name);
    case Slot::id:
      return append(out, subject);
    case Slot::project_id:
      return append(out, project_id);
    case Slot::host:
      return append_host(out);
    case Slot::from:
      return append(out, record != nullptr && record->from ? record->from->value : "");
    case Slot::to:
      return append(out, record != nullptr && record->to ? record->to->value : "");
    case Slot::event_type:
      return append(out, cause.event_type);
    case Slot::rule:
      return append(out, cause.rule);
    case Slot::message_id:
      return append(out, cause.message_id);
    case Slot::operation:
    case Slot::source:
    case Slot::destination:
    case Slot::outcome:
      return append(out, of_operation(piece.slot));
    case Slot::confidence:
      return append(out, vmtrail::name(confidence));
    case Slot::time:
      return append_time(out, time);
    case Slot::trait:
      return append(out, event != nullptr ? event->trait(piece.text) : "");
  }
}

}  // namespace

const RecordTemplate* template_of(const Rule& rule, RecordType type) {
  const auto found =
      std::find_if(rule.records.begin(), rule.records.end(),
                   [&](const RecordTemplate& one) { return glob_match(one.types, name(type)); });
  return found == rule.records.end() ? nullptr : &*found;
}

void append_summary(std::string& out, const SummaryTemplate& wording, const ChangeRecord& record,
                    const Event& event, const Model& model) {
  Filling filling;
  filling.subject = record.subject;
  if (record.instance) {
    filling.name = record.instance->name;
    filling.project_id = record.instance->project_id;
  }
  filling.confidence = record.confidence;
  filling.time = record.time;
  if (record.cause) filling.cause = *record.cause;
  filling.record = &record;
  filling.event = &event;
  filling.model = &model;
  for (const SummaryTemplate::Piece& piece : wording.pieces) filling.append_to(out, piece);
}

void append_summary(std::string& out, const Absence& absence, const MissingEvent& missing,
                    const Model& model) {
  const std::string subject = missing.instance.to_string();
  const auto instance = model.instance(missing.instance);
  Filling filling;
  filling.subject = subject;
  if (instance) {
    filling.name = instance->name;
    filling.project_id = instance->project_id;
    filling.confidence = instance->confidence;
  }
  filling.time = missing.time;
  filling.cause = missing.cause;
  filling.model = &model;
  if (!absence.summary.empty()) {
    for (const auto& piece : absence.summary.pieces) filling.append_to(out, piece);
    return;
  }
  filling.append_to(out, {Slot::name, {}});
  out += ": no ";
  for (const std::string& event_type : absence.without) {
    if (&event_type != &absence.without.front()) out += " or ";
    out += event_type;
  }
  out += " within " + spoken(absence.within) + " of ";
  out += cut(missing.cause.event_type);
}

}  // namespace vmtrail
