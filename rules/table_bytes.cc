// SPDX-License-Identifier: Apache-2.0

#include "rules/table_bytes.h"

#include <array>
#include <bit>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace vmtrail {

namespace {

template <class T, class Type>
concept either = std::same_as<std::remove_const_t<T>, Type>;

template <class T>
concept whole = std::integral<T> || std::is_enum_v<T>;

// What a type consists of, for both directions. A binding names every member, so that one that is
// added to the type and not here does not compile.

void members(auto& bytes, either<Place> auto& value) {
  auto& [line, column] = value;
  bytes(line, column);
}

void members(auto& bytes, either<TraitValue> auto& value) {
  auto& [text, typed] = value;
  bytes(text, typed);
}

void members(auto& bytes, either<TraitCondition> auto& value) {
  auto& [name, op, values, exists] = value;
  bytes(name, op, values, exists);
}

void members(auto& bytes, either<Condition> auto& value) {
  auto& [state, task, task_state, periodic, changed, deleted_at, traits] = value;
  bytes(state, task, task_state, periodic, changed, deleted_at, traits);
}

void members(auto& bytes, either<SummaryTemplate::Piece> auto& value) {
  auto& [slot, text] = value;
  bytes(slot, text);
}

void members(auto& bytes, either<SummaryTemplate> auto& value) {
  auto& [pieces] = value;
  bytes(pieces);
}

void members(auto& bytes, either<RecordTemplate> auto& value) {
  auto& [types, severity, summary] = value;
  bytes(types, severity, summary);
}

void members(auto& bytes, either<Writes> auto& value) {
  auto& [vm_state, task_state, attributes, deleted] = value;
  bytes(vm_state, task_state, attributes, deleted);
}

void members(auto& bytes, either<Sample> auto& value) {
  auto& [given, event, traits, expect, line] = value;
  bytes(given, event, traits, expect, line);
}

void members(auto& bytes, either<Rule> auto& value) {
  auto& [id, index, rank, operation, phase, host, source, destination, writes, power, database,
         about, causal, limit, records, events, when, why, samples, file, line, column, events_at,
         when_at, replaces] = value;
  bytes(id, index, rank, operation, phase, host, source, destination, writes, power, database,
        about, causal, limit, records, events, when, why, samples, file, line, column, events_at,
        when_at, replaces);
}

void members(auto& bytes, either<AbsenceSample::Event> auto& value) {
  auto& [type, at, request] = value;
  bytes(type, at, request);
}

void members(auto& bytes, either<AbsenceSample> auto& value) {
  auto& [events, missing, line] = value;
  bytes(events, missing, line);
}

void members(auto& bytes, either<Absence> auto& value) {
  auto& [id, after, without, within, by, severity, summary, why, samples, file, line, column,
         after_at, without_at, replaces] = value;
  bytes(id, after, without, within, by, severity, summary, why, samples, file, line, column,
        after_at, without_at, replaces);
}

void members(auto& bytes, either<TraitNames::Alias> auto& value) {
  auto& [name, field] = value;
  bytes(name, field);
}

void members(auto& bytes, either<Alias> auto& value) {
  auto& [alias, file, at] = value;
  bytes(alias, file, at);
}

void members(auto& bytes, either<Parsed> auto& value) {
  auto& [rules, absences, aliases] = value;
  bytes(rules, absences, aliases);
}

class Writer {
 public:
  template <class... T>
  void operator()(const T&... values) {
    (write(values), ...);
  }

  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }

  template <whole T>
  void write(const T& value) {
    number(static_cast<std::uint64_t>(value));
  }
  void write(Duration value) { write(value.count()); }
  void write(Time value) { write(value.time_since_epoch()); }
  void write(double value) { number(std::bit_cast<std::uint64_t>(value)); }
  void write(std::monostate) {}
  void write(const std::string& value) {
    number(value.size());
    bytes_ += value;
  }
  template <class T>
  void write(const std::vector<T>& values) {
    number(values.size());
    for (const T& value : values) write(value);
  }
  template <class T, std::size_t size>
  void write(const std::array<T, size>& values) {
    for (const T& value : values) write(value);
  }
  template <class T>
  void write(const std::optional<T>& value) {
    write(value.has_value());
    if (value) write(*value);
  }
  template <class A, class B>
  void write(const std::pair<A, B>& value) {
    (*this)(value.first, value.second);
  }
  template <class... T>
  void write(const std::variant<T...>& value) {
    number(value.index());
    std::visit([this](const auto& held) { this->write(held); }, value);
  }
  template <class T>
  void write(const T& value) {
    members(*this, value);
  }

  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <class... T>
  void operator()(T&... values) {
    (read(values), ...);
  }

  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) std::abort();
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1).front());
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
    std::abort();
  }

  template <whole T>
  void read(T& value) {
    value = static_cast<T>(number());
  }
  void read(Duration& value) { value = Duration{static_cast<Duration::rep>(number())}; }
  void read(Time& value) {
    Duration since{};
    read(since);
    value = Time{since};
  }
  void read(double& value) { value = std::bit_cast<double>(number()); }
  void read(std::monostate&) {}
  void read(std::string& value) { value = take(number()); }
  template <class T>
  void read(std::vector<T>& values) {
    const std::uint64_t size = number();
    if (size > rest_.size()) std::abort();  // each takes a byte at least
    values.resize(size);
    for (T& value : values) read(value);
  }
  template <class T, std::size_t size>
  void read(std::array<T, size>& values) {
    for (T& value : values) read(value);
  }
  template <class T>
  void read(std::optional<T>& value) {
    if (number() != 0) read(value.emplace());
  }
  template <class A, class B>
  void read(std::pair<A, B>& value) {
    (*this)(value.first, value.second);
  }
  template <class... T>
  void read(std::variant<T...>& value) {
    const std::uint64_t index = number();
    std::uint64_t tried = 0;
    ((tried++ == index ? read(value.template emplace<T>()) : void()), ...);
  }
  template <class T>
  void read(T& value) {
    members(*this, value);
  }

  std::string_view rest_;
};

}  // namespace

std::string to_bytes(const Parsed& parsed) {
  Writer writer;
  writer(parsed);
  return writer.take();
}

Parsed from_bytes(std::string_view bytes) {
  Parsed parsed;
  Reader reader(bytes);
  reader(parsed);
  if (!reader.at_end()) std::abort();
  return parsed;
}

}  // namespace vmtrail
