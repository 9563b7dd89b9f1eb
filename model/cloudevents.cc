// SPDX-License-Identifier: Apache-2.0
// The one place that knows how a change record looks in JSON.

#include "vmtrail/cloudevents.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "model/json_pieces.h"
#include "model/json_shapes.h"
#include "model/text.h"

namespace vmtrail {

namespace {

constexpr std::size_t kLeastRoom = 4096;  // that nearly every record's texts fit into

std::string behind_id(std::string_view source) {
  std::string text = "\",\"source\":";
  append_json(text, source);
  text += ",\"type\":\"vmtrail.";
  return text;
}

/// Of what records of an occasion share.
std::size_t bound_of_shared(const ChangeRecord& record) {
  std::size_t texts = 2 * record.subject.size();
  if (record.instance) texts += record.instance->name.size() + record.instance->project_id.size();
  if (record.cause) {
    texts += record.cause->message_id.size() + record.cause->event_type.size() +
             record.cause->rule.size();
  }
  const std::size_t operation = record.operation ? json::bound(*record.operation) : 0;
  return 2 * json::kOwnWords + json::bound(texts) + operation;
}

bool is_about_migration(RecordType type) {
  return type >= RecordType::migration_started && type <= RecordType::migration_corrected;
}

bool tells_change(RecordType type) {
  return type != RecordType::event_too_late && type != RecordType::event_missing;
}

char* put_piece(char* to, std::string_view piece) {
  std::memcpy(to, piece.data(), piece.size());
  return to + piece.size();
}

char* put(char* to, const std::optional<Side>& side) {
  if (!side) return json::put(to, "null");
  to = json::put(to, "{\"");
  to = put_text(to, side->field);
  to = json::put(to, "\":");
  to = json::string_or_null(to, side->value);
  return json::put(to, "}");
}

char* put(char* to, const std::optional<Cause>& cause) {
  if (!cause) return json::put(to, "null");
  to = json::put(to, "{\"message_id\":");
  to = json::string_or_null(to, cause->message_id);
  to = json::put(to, ",\"event_type\":");
  to = json::string_or_null(to, cause->event_type);
  to = json::put(to, ",\"rule\":");
  to = json::string_or_null(to, cause->rule);
  return json::put(to, "}");
}

char* put_hit(char* to, std::span<const InstanceId> hit) {
  to = json::put(to, ",\"instances\":{\"count\":");
  to = json::put(to, static_cast<std::uint64_t>(hit.size()));
  to = json::put(to, ",\"ids\":[");
  for (const InstanceId& id : hit) {
    if (&id != &hit.front()) to = json::put(to, ",");
    to = json::string(to, id);
  }
  return json::put(to, "]}");
}

}  // namespace

CloudEvents::CloudEvents(std::string_view source) : source_(behind_id(source)) {}

void CloudEvents::keep(const ChangeRecord& record) {
  if (const std::size_t bound = bound_of_shared(record); bound > room_size_) {
    room_size_ = std::max(bound, kLeastRoom);
    room_ = std::make_unique_for_overwrite<char[]>(room_size_);
  }
  char* to = room_.get();
  const char* begin = to;
  const auto piece = [&] { return std::string_view(begin, static_cast<std::size_t>(to - begin)); };

  to = json::put(to, "\",\"subject\":");
  const char* const subject = to;
  to = json::string_or_null(to, record.subject);
  const std::string_view subject_text(subject, static_cast<std::size_t>(to - subject));
  to = json::put(to, ",\"time\":");
  to = json::string(to, record.time);
  to = json::put(to, ",\"sequence\":\"");
  head_ = piece();

  begin = to;
  to = json::put(to, "\",\"datacontenttype\":\"application/json\",\"data\":{");
  if (record.instance) {
    to = json::put(to, "\"instance\":{\"id\":");
    to = put_text(to, subject_text);
    to = json::put(to, ",\"name\":");
    to = json::string_or_null(to, record.instance->name);
    to = json::put(to, ",\"project_id\":");
    to = json::string_or_null(to, record.instance->project_id);
    to = json::put(to, "}");
  } else {
    to = json::put(to, "\"host\":");
    to = put_text(to, subject_text);
  }
  about_ = piece();

  begin = to;
  if (record.instance) {
    to = json::put(to, ",\"confidence\":\"");
    to = put_text(to, name(record.confidence));
    to = json::put(to, "\",\"late\":");
    to = json::put(to, record.late);
    to = json::put(to, ",\"operation\":");
    to = json::put_or_null(to, record.operation);
  }
  state_ = piece();

  begin = to;
  to = json::put(to, ",\"cause\":");
  to = put(to, record.cause);
  to = json::put(to, ",\"severity\":\"");
  cause_ = piece();

  kept_ = source_.size() + static_cast<std::size_t>(to - room_.get());
  occasion_ = record.occasion;
  subject_ = record.subject.data();
}

void CloudEvents::Digits::set(std::uint64_t number) {
  if (size_ != 0 && number == number_ + 1 && text_[size_ - 1] != '9') {
    ++text_[size_ - 1];
  } else {
    size_ = static_cast<std::size_t>(json::put(text_.data(), number) - text_.data());
  }
  number_ = number;
}

std::size_t CloudEvents::prepare(const ChangeRecord& record) {
  sequence_.set(static_cast<std::uint64_t>(record.sequence));
  const bool is_kept = record.occasion != Sequence{} && record.occasion == occasion_ &&
                       record.sequence != record.occasion && record.subject.data() == subject_;
  if (!is_kept) keep(record);
  std::size_t texts = record.summary.size();
  if (record.from) texts += record.from->field.size() + record.from->value.size();
  if (record.to) texts += record.to->field.size() + record.to->value.size();
  std::size_t bound = json::kOwnWords + kept_ + json::bound(texts);
  if (!record.hit.empty()) bound += (kUuidSize + 3) * record.hit.size();
  if (record.migration) bound += json::bound(*record.migration);
  if (!record.timeline.empty()) bound += json::bound(record.timeline);
  return bound;
}

char* CloudEvents::write(char* to, const ChangeRecord& record) const {
  to = json::put(to, "{\"specversion\":\"1.0\",\"id\":\"");
  to = put_text(to, sequence_.text());
  to = put_text(to, source_);
  to = put_text(to, name(record.type));
  to = put_piece(to, head_);
  to = put_text(to, sequence_.text());
  to = put_piece(to, about_);
  std::string_view rest = cause_;
  if (tells_change(record.type)) {
    to = json::put(to, ",\"from\":");
    to = put(to, record.from);
    to = json::put(to, ",\"to\":");
    to = put(to, record.to);
    if (record.type == RecordType::host_state_changed && record.to &&
        record.to->value == name(HostStatus::down)) {
      to = put_hit(to, record.hit);
    }
    if (record.instance && is_about_migration(record.type)) {
      to = put_piece(to, state_);
      to = json::put(to, ",\"migration\":");
      to = json::put_or_null(to, record.migration);
    } else if (record.instance && record.type == RecordType::history_corrected) {
      to = put_piece(to, state_);
      to = json::put(to, ",\"timeline\":");
      to = json::put(to, record.timeline);
    } else {
      rest = {state_.data(), state_.size() + cause_.size()};  // it stands right behind
    }
  }
  to = put_piece(to, rest);
  to = put_text(to, name(record.severity));
  to = json::put(to, "\",\"summary\":");
  to = json::string_or_null(to, record.summary);
  return json::put(to, "}}");
}

void CloudEvents::append(std::string& out, const ChangeRecord& record) {
  JsonRoom room(prepare(record));
  out.append(room.begin(), write(room.begin(), record));
}

void append_cloudevent(std::string& out, const ChangeRecord& record, std::string_view source) {
  CloudEvents(source).append(out, record);
}

}  // namespace vmtrail
