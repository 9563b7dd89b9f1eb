// SPDX-License-Identifier: Apache-2.0

#include "io/store_packed.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

#include <simdjson.h>

#include "vmtrail/record.h"
#include "vmtrail/words.h"

namespace vmtrail {

namespace {

namespace dom = simdjson::dom;

// What stands in an array, in this order. Const or not.

template <class State>
auto members_of(State& s, const StateSnapshot*) {
  return std::tie(s.host, s.confidence, s.vm_state, s.task_state, s.power_state, s.deleted, s.name,
                  s.project_id, s.since, s.cause, s.mover_host, s.moved_at, s.effective,
                  s.decided_by, s.decided_event_type, s.decided_rule);
}
template <class Fact>
auto members_of(Fact& f, const FactSnapshot*) {
  return std::tie(f.message_id, f.event_type, f.generated, f.request_id, f.rule,
                  f.publisher_service, f.publisher_host, f.payload_host, f.state, f.old_state,
                  f.task_state, f.flavor, f.name, f.project_id, f.power_state, f.judged);
}
template <class Trail>
auto members_of(Trail& t, const TrailSnapshot*) {
  return std::tie(t.message_id, t.event_type, t.generated, t.publisher, t.rule, t.at, t.host,
                  t.treatment);
}
template <class Status>
auto members_of(Status& s, const StatusSnapshot*) {
  return std::tie(s.message_id, s.generated, s.status);
}
template <class One>
auto members_of(One& one) {
  return members_of(one, &one);
}

// Writes the members of one array.

void put(std::string& out, std::string_view text) {
  append_json(out, text);
}
void put(std::string& out, const std::string& text) {
  append_json(out, text);
}
void put(std::string& out, const std::optional<std::string>& text) {
  if (text && text->empty()) {
    out += "\"\"";
  } else {
    append_json(out, text ? std::string_view(*text) : std::string_view());
  }
}
void put(std::string& out, std::int64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}
void put(std::string& out, Time time) {
  put(out, std::int64_t{time.time_since_epoch().count()});
}
void put(std::string& out, const std::optional<Time>& time) {
  if (time) {
    put(out, *time);
  } else {
    out += "null";
  }
}
void put(std::string& out, bool value) {
  out += value ? '1' : '0';
}
template <class Word>
requires std::is_enum_v<Word>
void put(std::string& out, Word word) {
  put(out, name(word));
}

// Most facts of an instance say the same as the one before: a text like that is 0.

template <class Member>
constexpr bool kIsText =
    std::is_same_v<Member, std::string> || std::is_same_v<Member, std::optional<std::string>>;

// `before` is the member of the array before, if there is one.
template <class Member>
void put(std::string& out, const Member& member, const Member* before) {
  if (kIsText<Member> && before != nullptr && member == *before) {
    out += '0';
  } else {
    put(out, member);
  }
}

template <class One, class Take>
bool for_each_member(One& one, One* before, const Take& take) {
  auto members = members_of(one);
  auto others = members_of(before != nullptr ? *before : one);
  return [&]<std::size_t... kIndex>(std::index_sequence<kIndex...>) {
    return (
        take(std::get<kIndex>(members), before != nullptr ? &std::get<kIndex>(others) : nullptr) &&
        ...);
  }
  (std::make_index_sequence<std::tuple_size_v<decltype(members)>>());
}

template <class One>
void pack(std::string& out, const One& one, const One* before) {
  out += '[';
  for_each_member(one, before, [&out]<class Member>(const Member& member, const Member* same) {
    put(out, member, same);
    out += ',';
    return true;
  });
  out.back() = ']';
}

// Reads them. A member that is not what it should be makes the whole wrong.

bool get(const dom::element& member, std::optional<std::string>& text) {
  std::string_view value;
  if (member.is_null()) return true;
  if (member.get(value) != simdjson::SUCCESS) return false;
  text.emplace(value);
  return true;
}
bool get(const dom::element& member, std::string& text) {
  std::string_view value;
  if (member.is_null()) return true;
  if (member.get(value) != simdjson::SUCCESS) return false;
  text = value;
  return true;
}
bool get(const dom::element& member, Time& time) {
  std::int64_t count = 0;
  if (member.get(count) != simdjson::SUCCESS) return false;
  time = Time{Duration{count}};
  return true;
}
bool get(const dom::element& member, std::optional<Time>& time) {
  return member.is_null() || get(member, time.emplace());
}
bool get(const dom::element& member, bool& value) {
  std::int64_t number = 0;
  const bool right = member.get(number) == simdjson::SUCCESS;
  value = number != 0;
  return right;
}
template <class Word>
requires std::is_enum_v<Word>
bool get(const dom::element& member, Word& word) {
  std::string_view value;
  if (member.is_null()) return true;
  if (member.get(value) != simdjson::SUCCESS) return false;
  const auto parsed = parse_word<Word>(value);
  if (parsed) word = *parsed;
  return parsed.has_value();
}

template <class Member>
bool get(const dom::element& found, Member& member, const Member* before) {
  std::int64_t zero = 1;
  if (!kIsText<Member> || before == nullptr || found.get(zero) != simdjson::SUCCESS) {
    return get(found, member);
  }
  member = *before;
  return zero == 0;
}

template <class One>
bool unpack(const dom::element& row, One& one, One* before) {
  dom::array array;
  if (row.get(array) != simdjson::SUCCESS) return false;
  auto at = array.begin();
  const auto end = array.end();
  const bool right =
      for_each_member(one, before, [&]<class Member>(Member& member, const Member* same) {
        if (!(at != end)) return false;
        const dom::element found = *at;
        ++at;
        return get(found, member, same);
      });
  return right && !(at != end);
}

template <class One>
std::string packed_list(std::span<const One> list) {
  if (list.empty()) return "[]";
  std::string out;
  const One* before = nullptr;
  for (const One& one : list) {
    out += out.empty() ? '[' : ',';
    pack(out, one, before);
    before = &one;
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
    One one;
    if (!unpack(row, one, list.empty() ? nullptr : &list.back())) return std::nullopt;
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace

std::string packed(const StateSnapshot& state) {
  std::string out;
  pack<StateSnapshot>(out, state, nullptr);
  return out;
}

std::optional<StateSnapshot> unpacked_state(std::string_view text) {
  thread_local dom::parser parser;
  dom::element row;
  if (parser.parse(text.data(), text.size()).get(row) != simdjson::SUCCESS) return std::nullopt;
  StateSnapshot state;
  if (!unpack<StateSnapshot>(row, state, nullptr)) return std::nullopt;
  return state;
}

std::string packed(std::span<const FactSnapshot> facts) {
  return packed_list(facts);
}

std::string packed(std::span<const TrailSnapshot> trail) {
  return packed_list(trail);
}

std::string packed(std::span<const StatusSnapshot> statuses) {
  return packed_list(statuses);
}

std::optional<std::vector<FactSnapshot>> unpacked_facts(std::string_view text) {
  return unpacked_list<FactSnapshot>(text);
}

std::optional<std::vector<TrailSnapshot>> unpacked_trail(std::string_view text) {
  return unpacked_list<TrailSnapshot>(text);
}

std::optional<std::vector<StatusSnapshot>> unpacked_statuses(std::string_view text) {
  return unpacked_list<StatusSnapshot>(text);
}

void append_line(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\n' || c == '\\') out += '\\';
    out += c == '\n' ? 'n' : c;
  }
  out += '\n';
}

std::vector<std::string> lines_of(std::string_view lines) {
  std::vector<std::string> texts;
  std::string text;
  bool escaped = false;
  for (const char c : lines) {
    if (!escaped && c == '\n') {
      texts.push_back(std::exchange(text, {}));
    } else if (!escaped && c == '\\') {
      escaped = true;
    } else {
      text += escaped && c == 'n' ? '\n' : c;
      escaped = false;
    }
  }
  return texts;
}

}  // namespace vmtrail
