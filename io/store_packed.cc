// SPDX-License-Identifier: Apache-2.0

#include "io/store_packed.h"

#include <cstdint>
#include <utility>

#include <simdjson.h>

#include "vmtrail/record.h"
#include "vmtrail/words.h"

namespace vmtrail {

namespace {

namespace dom = simdjson::dom;

// Writes the members of one array.
class Row {
 public:
  explicit Row(std::string& out) : out_(out) { out_ += '['; }
  ~Row() { out_.back() = ']'; }
  Row(const Row&) = delete;
  Row& operator=(const Row&) = delete;

  Row& add(std::string_view text) {
    append_json(out_, text);
    out_ += ',';
    return *this;
  }
  Row& add(const std::string& text) { return add(std::string_view(text)); }
  Row& add(const std::optional<std::string>& text) {
    if (text && text->empty()) {
      out_ += "\"\",";
      return *this;
    }
    return add(text ? std::string_view(*text) : std::string_view());
  }
  Row& add(Time time) {
    out_ += std::to_string(time.time_since_epoch().count());
    out_ += ',';
    return *this;
  }
  Row& add(const std::optional<Time>& time) {
    if (time) return add(*time);
    out_ += "null,";
    return *this;
  }
  Row& add(bool value) {
    out_ += value ? "1," : "0,";
    return *this;
  }

 private:
  std::string& out_;
};

// Reads them. A member that is not what it should be makes the whole wrong.
class Members {
 public:
  explicit Members(const dom::element& row) {
    dom::array members;
    if (row.get(members) != simdjson::SUCCESS) {
      right_ = false;
      return;
    }
    at_ = members.begin();
    end_ = members.end();
  }
  [[nodiscard]] bool right() const { return right_ && !(at_ != end_); }

  std::optional<std::string> optional_text() {
    const std::optional<dom::element> member = next();
    std::string_view text;
    if (!member || member->is_null()) return std::nullopt;
    right_ = right_ && member->get(text) == simdjson::SUCCESS;
    return std::string(text);
  }
  std::string text() { return optional_text().value_or(std::string()); }
  std::optional<Time> optional_time() {
    const std::optional<dom::element> member = next();
    std::int64_t count = 0;
    if (!member || member->is_null()) return std::nullopt;
    right_ = right_ && member->get(count) == simdjson::SUCCESS;
    return Time{Duration{count}};
  }
  Time time() { return optional_time().value_or(Time{}); }
  bool truth() { return time() != Time{}; }
  template <class Word>
  Word word(Word otherwise) {
    return parse_word<Word>(text()).value_or(otherwise);
  }

 private:
  std::optional<dom::element> next() {
    if (!right_ || !(at_ != end_)) {
      right_ = false;
      return std::nullopt;
    }
    const dom::element member = *at_;
    ++at_;
    return member;
  }

  dom::array::iterator at_;
  dom::array::iterator end_;
  bool right_ = true;
};

void pack(std::string& out, const FactSnapshot& fact) {
  Row(out)
      .add(fact.message_id)
      .add(fact.event_type)
      .add(fact.generated)
      .add(fact.request_id)
      .add(fact.rule)
      .add(fact.publisher_service)
      .add(fact.publisher_host)
      .add(fact.payload_host)
      .add(fact.state)
      .add(fact.old_state)
      .add(fact.task_state)
      .add(fact.flavor)
      .add(fact.name)
      .add(fact.project_id)
      .add(name(fact.power_state))
      .add(name(fact.judged));
}

void unpack(Members& members, FactSnapshot& fact) {
  fact.message_id = members.text();
  fact.event_type = members.text();
  fact.generated = members.time();
  fact.request_id = members.text();
  fact.rule = members.text();
  fact.publisher_service = members.text();
  fact.publisher_host = members.text();
  fact.payload_host = members.optional_text();
  fact.state = members.text();
  fact.old_state = members.text();
  fact.task_state = members.optional_text();
  fact.flavor = members.text();
  fact.name = members.text();
  fact.project_id = members.text();
  fact.power_state = members.word(PowerState::unknown);
  fact.judged = members.word(Outcome::in_progress);
}

void pack(std::string& out, const TrailSnapshot& one) {
  Row(out)
      .add(one.message_id)
      .add(one.event_type)
      .add(one.generated)
      .add(one.publisher)
      .add(one.rule)
      .add(one.at)
      .add(one.host)
      .add(name(one.treatment));
}

void unpack(Members& members, TrailSnapshot& one) {
  one.message_id = members.text();
  one.event_type = members.text();
  one.generated = members.time();
  one.publisher = members.text();
  one.rule = members.text();
  one.at = members.text();
  one.host = members.optional_text();
  one.treatment = members.word(Treatment::no_witness);
}

template <class One>
std::string packed_list(std::span<const One> list) {
  if (list.empty()) return "[]";
  std::string out;
  for (const One& one : list) {
    out += out.empty() ? '[' : ',';
    pack(out, one);
  }
  return out + "]";
}

// The arrays are small and many; the parser keeps its buffers.
std::optional<dom::array> parsed(std::string_view text) {
  thread_local dom::parser parser;
  dom::array list;
  if (parser.parse(text.data(), text.size()).get(list) != simdjson::SUCCESS) return std::nullopt;
  return list;
}

template <class One>
std::optional<std::vector<One>> unpacked_list(std::string_view text) {
  const auto rows = parsed(text);
  if (!rows) return std::nullopt;
  std::vector<One> list;
  for (const dom::element row : *rows) {
    Members members(row);
    unpack(members, list.emplace_back());
    if (!members.right()) return std::nullopt;
  }
  return list;
}

}  // namespace

std::string packed(const StateSnapshot& state) {
  std::string out;
  Row(out)
      .add(state.host)
      .add(name(state.confidence))
      .add(state.vm_state)
      .add(state.task_state)
      .add(name(state.power_state))
      .add(state.deleted)
      .add(state.name)
      .add(state.project_id)
      .add(state.since)
      .add(state.cause)
      .add(state.mover_host)
      .add(state.moved_at)
      .add(state.effective)
      .add(state.decided_by)
      .add(state.decided_event_type)
      .add(state.decided_rule);
  return out;
}

std::optional<StateSnapshot> unpacked_state(std::string_view text) {
  thread_local dom::parser parser;
  dom::element row;
  if (parser.parse(text.data(), text.size()).get(row) != simdjson::SUCCESS) return std::nullopt;
  Members members(row);
  StateSnapshot state;
  state.host = members.text();
  state.confidence = members.word(Confidence::unknown);
  state.vm_state = members.text();
  state.task_state = members.text();
  state.power_state = members.word(PowerState::unknown);
  state.deleted = members.truth();
  state.name = members.text();
  state.project_id = members.text();
  state.since = members.optional_time();
  state.cause = members.text();
  state.mover_host = members.text();
  state.moved_at = members.optional_time();
  state.effective = members.optional_time();
  state.decided_by = members.text();
  state.decided_event_type = members.text();
  state.decided_rule = members.text();
  return members.right() ? std::optional(std::move(state)) : std::nullopt;
}

std::string packed(std::span<const FactSnapshot> facts) {
  return packed_list(facts);
}

std::string packed(std::span<const TrailSnapshot> trail) {
  return packed_list(trail);
}

std::optional<std::vector<FactSnapshot>> unpacked_facts(std::string_view text) {
  return unpacked_list<FactSnapshot>(text);
}

std::optional<std::vector<TrailSnapshot>> unpacked_trail(std::string_view text) {
  return unpacked_list<TrailSnapshot>(text);
}

}  // namespace vmtrail
