// SPDX-License-Identifier: Apache-2.0

#include "model/packed.h"

#include <cstring>
#include <string>
#include <utility>

namespace vmtrail {

namespace {

// What precedes a text of ids: none, a UUID in 16 bytes, or any other with its length.
enum class TextForm : std::uint8_t { none, uuid, other };

// The flags of a state in one number.
constexpr unsigned kDeleted = 1;
constexpr unsigned kIntervalOpen = 2;
constexpr unsigned kBuilding = 4;

// Those of a migration.
constexpr unsigned kPrefixed = 1;
constexpr unsigned kConfirmed = 2;
constexpr unsigned kReverted = 4;
constexpr unsigned kToldAsItIs = 8;
constexpr unsigned kToldOtherwise = 16;

}  // namespace

// ---- out

void Packer::put(std::uint64_t number) {
  for (; number >= 128; number >>= 7) bytes_.push_back(static_cast<std::uint8_t>(number | 128));
  bytes_.push_back(static_cast<std::uint8_t>(number));
}

// Time::min(), which stands for none, is 0; before and after the origin take turns.
void Packer::put_time(Time time) {
  if (time == Time::min()) return put(std::uint64_t{0});
  const std::int64_t distance = (origin_ - time).count();
  put((static_cast<std::uint64_t>(distance) << 1 ^ static_cast<std::uint64_t>(distance >> 63)) + 1);
}

void Packer::put_time(OptionalTime time) {
  put_time(time.value_or(Time::min()));
}

void Packer::put_text(const CompactText& text) {
  if (const auto uuid = text.uuid()) {
    bytes_.push_back(static_cast<std::uint8_t>(TextForm::uuid));
    const std::size_t at = bytes_.size();
    bytes_.resize(at + sizeof *uuid);
    std::memcpy(&bytes_[at], &*uuid, sizeof *uuid);
    return;
  }
  if (text.empty()) {
    bytes_.push_back(static_cast<std::uint8_t>(TextForm::none));
    return;
  }
  bytes_.push_back(static_cast<std::uint8_t>(TextForm::other));
  std::string odd;
  text.append_to(odd);
  put(odd.size());
  bytes_.insert(bytes_.end(), odd.begin(), odd.end());
}

std::uint32_t Packer::number_of(const Rule* rule) {
  if (rules_.empty()) rules_.push_back(nullptr);
  if (rule == nullptr) return 0;
  const auto [known, created] =
      rule_numbers_.try_emplace(rule, static_cast<std::uint32_t>(rules_.size()));
  if (created) rules_.push_back(rule);
  return known->second;
}

void Packer::put_state(const State& state) {
  put(state.vm_state);
  put(state.task_state);
  put(state.mover_host);
  put((state.deleted ? kDeleted : 0) | (state.interval_open ? kIntervalOpen : 0) |
      (state.building ? kBuilding : 0));
  bytes_.push_back(static_cast<std::uint8_t>(static_cast<unsigned>(state.confidence) << 4 |
                                             static_cast<unsigned>(state.power)));
  bytes_.push_back(static_cast<std::uint8_t>(state.cause));
  put_time(state.interval_open ? state.since : Time::min());
  put_time(state.moved_at);
  put_time(state.effective);
  put_text(state.decided_by.text());
  put(state.decided_event_type);
  put(number_of(state.decided_rule));
}

void Packer::put_view(const MigrationView& view) {
  bytes_.push_back(static_cast<std::uint8_t>(static_cast<unsigned>(view.kind) << 4 |
                                             static_cast<unsigned>(view.outcome)));
  put(view.source);
  put(view.destination);
  put_time(view.started_at);
  put_time(view.finished_at);
  put_time(view.confirmed_at);
}

std::span<const std::uint8_t> Packer::pack(const Instance& instance) {
  bytes_.clear();
  put(instance.answer.name);
  put(instance.answer.project_id);
  put(instance.answer.host);
  origin_ = Time{};
  put_time(instance.newest);
  origin_ = instance.newest == Time::min() ? Time{} : instance.newest;
  put_time(instance.cut);
  put_state(instance.answer);
  put(instance.folded.size());
  for (std::size_t i = 0; i < instance.folded.size(); ++i) {
    const RequestId request = instance.folded[i];
    bytes_.push_back(request.prefixed() ? 1 : 0);
    put_text(request.text());
  }
  put(instance.past.size());
  for (const ClosedInterval& interval : instance.past) {
    put(interval.host);
    put_time(interval.from);
    put_time(interval.to);
    bytes_.push_back(static_cast<std::uint8_t>(interval.confidence));
    bytes_.push_back(static_cast<std::uint8_t>(interval.cause));
  }
  put(instance.migrations.size());
  for (const MigrationEntry& entry : instance.migrations) {
    const MigrationEnding ending = entry.ending();
    const MigrationView* const otherwise = entry.told_otherwise();
    bytes_.push_back(static_cast<std::uint8_t>(
        (entry.request().prefixed() ? kPrefixed : 0) | (ending.confirmed ? kConfirmed : 0) |
        (ending.reverted ? kReverted : 0) | (entry.is_told_as_it_is() ? kToldAsItIs : 0) |
        (otherwise != nullptr ? kToldOtherwise : 0)));
    put_text(entry.request().text());
    put_view(entry.own());
    put_time(ending.confirmed_at);
    if (otherwise != nullptr) put_view(*otherwise);
  }
  return bytes_;
}

// ---- in

class Packer::Reader {
 public:
  explicit Reader(const std::uint8_t* bytes) : at_(bytes) {}

  void set_origin(Time origin) { origin_ = origin; }

  std::uint8_t byte() { return *at_++; }

  std::uint64_t number() {
    std::uint64_t number = 0;
    for (unsigned shift = 0;; shift += 7) {
      const std::uint8_t part = byte();
      number |= static_cast<std::uint64_t>(part & 127) << shift;
      if (part < 128) return number;
    }
  }

  NameId name() { return NameId{static_cast<std::uint32_t>(number())}; }

  Time time() {
    std::uint64_t coded = number();
    if (coded-- == 0) return Time::min();
    const auto distance = static_cast<std::int64_t>(coded >> 1 ^ (0 - (coded & 1)));
    return origin_ - Duration(distance);
  }

  OptionalTime optional_time() {
    const Time read = time();
    return read == Time::min() ? OptionalTime() : OptionalTime(read);
  }

  CompactText text() {
    switch (TextForm{byte()}) {
      case TextForm::none:
        break;
      case TextForm::uuid: {
        CompactText::Uuid uuid{};
        std::memcpy(&uuid, at_, sizeof uuid);
        at_ += sizeof uuid;
        return CompactText(uuid);
      }
      case TextForm::other: {
        const std::size_t size = number();
        const auto* const begin = reinterpret_cast<const char*>(at_);
        at_ += size;
        return CompactText(std::string_view(begin, size));
      }
    }
    return {};
  }

  RequestId request(bool prefixed) { return {text(), prefixed}; }

  Likely likely() { return {.name = name(), .project_id = name(), .host = name()}; }

  State state(const Likely& likely, const std::vector<const Rule*>& rules) {
    State state;
    state.host = likely.host;
    state.name = likely.name;
    state.project_id = likely.project_id;
    state.vm_state = name();
    state.task_state = name();
    state.mover_host = name();
    const std::uint64_t flags = number();
    state.deleted = (flags & kDeleted) != 0;
    state.interval_open = (flags & kIntervalOpen) != 0;
    state.building = (flags & kBuilding) != 0;
    const std::uint8_t words = byte();
    state.confidence = Confidence(words >> 4);
    state.power = PowerState(words & 15);
    state.cause = IntervalCause{byte()};
    state.since = optional_time().value_or(Time{});
    state.moved_at = time();
    state.effective = time();
    state.decided_by = MessageId(text());
    state.decided_event_type = name();
    state.decided_rule = rules[number()];
    return state;
  }

  MigrationView view() {
    MigrationView view;
    const std::uint8_t words = byte();
    view.kind = MigrationKind(words >> 4);
    view.outcome = Outcome(words & 15);
    view.source = name();
    view.destination = name();
    view.started_at = time();
    view.finished_at = optional_time();
    view.confirmed_at = optional_time();
    return view;
  }

 private:
  const std::uint8_t* at_;
  Time origin_{};
};

Packer::Likely Packer::likely(const std::uint8_t* bytes) {
  return Reader(bytes).likely();
}

void Packer::unpack(const std::uint8_t* bytes, Instance& instance) const {
  Reader in(bytes);
  const Likely likely = in.likely();
  instance.newest = in.time();
  in.set_origin(instance.newest == Time::min() ? Time{} : instance.newest);
  instance.cut = in.time();
  instance.answer = in.state(likely, rules_);
  instance.folded.clear();
  for (std::uint64_t left = in.number(); left > 0; --left) {
    const bool prefixed = in.byte() != 0;
    instance.folded.add(in.request(prefixed));
  }
  instance.past.clear();
  std::uint64_t left = in.number();
  instance.past.reserve(left);
  for (; left > 0; --left) {
    ClosedInterval& interval = instance.past.emplace_back();
    interval.host = in.name();
    interval.from = in.time();
    interval.to = in.time();
    interval.confidence = Confidence{in.byte()};
    interval.cause = IntervalCause{in.byte()};
  }
  instance.migrations.clear();
  left = in.number();
  instance.migrations.reserve(left);
  for (; left > 0; --left) {
    const std::uint8_t flags = in.byte();
    RequestId request = in.request((flags & kPrefixed) != 0);
    MigrationEntry& entry = instance.migrations.emplace_back(std::move(request), in.view());
    entry.set_ending({.confirmed_at = in.optional_time(),
                      .confirmed = (flags & kConfirmed) != 0,
                      .reverted = (flags & kReverted) != 0});
    if ((flags & kToldAsItIs) != 0) {
      entry.set_told_as_it_is();
    } else if ((flags & kToldOtherwise) != 0) {
      entry.set_told(in.view());
    }
  }
  instance.answer.closed_intervals = static_cast<std::uint32_t>(instance.past.size());
  instance.answer.migrations = static_cast<std::uint32_t>(instance.migrations.size());
}

}  // namespace vmtrail
