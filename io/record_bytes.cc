// SPDX-License-Identifier: Apache-2.0

#include "io/record_bytes.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace vmtrail {

namespace {

// What is measured, written and read, each the same in the same order: the parts of a record, which
// are constant but where they are read.

template <class Parts, class Type>
concept Is = std::is_same_v<std::remove_const_t<Parts>, Type>;

template <class Archive>
void take(Archive& archive, Is<ChangeRecord::Instance> auto& instance) {
  archive(instance.name, instance.project_id);
}

template <class Archive>
void take(Archive& archive, Is<Side> auto& side) {
  archive(side.field, side.value);
}

template <class Archive>
void take(Archive& archive, Is<Cause> auto& cause) {
  archive(cause.message_id, cause.event_type, cause.rule);
}

template <class Archive>
void take(Archive& archive, Is<OperationSummary> auto& operation) {
  archive(operation.kind, operation.request_id, operation.outcome, operation.source,
          operation.destination, operation.started_at, operation.finished_at);
}

template <class Archive>
void take(Archive& archive, Is<Migration> auto& migration) {
  archive(migration.instance, migration.kind, migration.request_id, migration.source,
          migration.destination, migration.outcome, migration.started_at, migration.finished_at,
          migration.confirmed_at);
}

template <class Archive>
void take(Archive& archive, Is<Interval> auto& interval) {
  archive(interval.host, interval.from, interval.to, interval.confidence, interval.cause);
}

template <class Archive>
void take(Archive& archive, Is<ChangeRecord> auto& record, bool shares) {
  archive(record.sequence, record.occasion, record.type, record.time, record.confidence,
          record.late, record.severity, record.site_severity, record.site_summary);
  if (!shares) archive(record.subject, record.instance, record.operation, record.cause);
  archive(record.from, record.to, record.migration, record.timeline, record.hit, record.summary);
}

template <class T>
concept Plain = std::is_trivially_copyable_v<T> &&
    (std::is_arithmetic_v<T> || std::is_enum_v<T> || std::is_same_v<T, Time> ||
     std::is_same_v<T, InstanceId> || std::is_same_v<T, CompactText::Uuid>);

/// How a request's id is written.
enum class IdForm : std::uint8_t { none, uuid, prefixed_uuid, text };

IdForm form_of(const RequestId& id) {
  if (id.empty()) return IdForm::none;
  if (!id.text().uuid()) return IdForm::text;
  return id.prefixed() ? IdForm::prefixed_uuid : IdForm::uuid;
}

/// What writes, and what measures: `Sink` takes bytes.
template <class Sink>
class Output : public Sink {
 public:
  using Sink::Sink;

  void operator()(const auto&... parts) { (put(parts), ...); }

 private:
  void put(const Plain auto& value) { Sink::add(&value, sizeof value); }
  void put(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    Sink::add(text.data(), text.size());
  }
  void put(const RequestId& id) {
    const IdForm form = form_of(id);
    put(form);
    if (form == IdForm::text) {
      const std::string text = id.to_string();
      put(std::string_view(text));
    } else if (form != IdForm::none) {
      put(*id.text().uuid());
    }
  }
  template <class T>
  void put(const std::optional<T>& part) {
    put(part.has_value());
    if (part) put(*part);
  }
  template <class T>
  void put(std::span<const T> parts) {
    put(static_cast<std::uint32_t>(parts.size()));
    for (const T& part : parts) put(part);
  }
  template <class T>
  void put(const T& parts) requires(!Plain<T>) {
    vmtrail::take(*this, parts);
  }
};

struct Measure {
  void add(const void* /*from*/, std::size_t bytes) { size += bytes; }
  std::size_t size = 0;
};

struct Copy {
  explicit Copy(char* begin) : to(begin) {}
  void add(const void* from, std::size_t bytes) {
    if (bytes != 0) std::memcpy(to, from, bytes);
    to += bytes;
  }
  char* to;
};

/// Reads; text is where it was read from.
class Input {
 public:
  explicit Input(const char* at) : at_(at) {}

  void operator()(auto&... parts) { (get(parts), ...); }
  [[nodiscard]] const char* at() const { return at_; }

 private:
  void get(Plain auto& value) { at_ = get_bytes(at_, value); }
  void get(std::string_view& text) {
    std::uint32_t size = 0;
    get(size);
    text = {at_, size};
    at_ += size;
  }
  void get(RequestId& id) {
    IdForm form{};
    get(form);
    if (form == IdForm::text) {
      std::string_view text;
      get(text);
      id = RequestId(text);
    } else if (form == IdForm::none) {
      id = RequestId();
    } else {
      CompactText::Uuid uuid{};
      get(uuid);
      id = RequestId(CompactText(uuid), form == IdForm::prefixed_uuid);
    }
  }
  template <class T>
  void get(std::optional<T>& part) {
    bool has = false;
    get(has);
    if (!has) return part.reset();
    if (!part) part.emplace();
    get(*part);
  }
  void get(std::span<const Interval>& timeline) { get(timeline, timeline_); }
  void get(std::span<const InstanceId>& hit) { get(hit, hit_); }
  template <class T>
  void get(std::span<const T>& parts, std::vector<T>& room) {
    std::uint32_t count = 0;
    get(count);
    room.resize(count);
    for (T& part : room) get(part);
    parts = room;
  }
  template <class T>
  void get(T& parts) requires(!Plain<T>) {
    take(*this, parts);
  }

  const char* at_;
  std::vector<Interval> timeline_;
  std::vector<InstanceId> hit_;
};

}  // namespace

void RecordBytesWriter::begin(FarBytes& to) {
  bytes_.begin(to, false);
  occasion_ = Sequence{};
}

void RecordBytesWriter::add(const ChangeRecord& record) {
  const bool shared = shares(record);
  occasion_ = record.occasion;
  subject_ = record.subject.data();
  Output<Measure> measure;
  measure(shared);
  take(measure, record, shared);
  Output<Copy> output(bytes_.room(measure.size));
  output(shared);
  take(output, record, shared);
  bytes_.wrote(output.to);
}

void tell_records(const FarBytes& bytes, RecordConsumer& records) {
  if (bytes.empty()) return;
  Input input(bytes.begin());
  ChangeRecord record;
  while (input.at() != bytes.end()) {
    const char* const begin = input.at();
    bool shared = false;
    input(shared);
    take(input, record, shared);
    bytes.fetch_far(begin, input.at());
    records.on_record(record);
  }
}

}  // namespace vmtrail
