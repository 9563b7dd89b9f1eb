// SPDX-License-Identifier: Apache-2.0

#include "model/order.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace vmtrail {

namespace {

// Nova runs serial operations one at a time, so that any clock which both used tells their order,
// unless the clocks contradict each other.
int clocks_vote(const Operation& a, const Operation& b) {
  int vote = 0;
  for (const ClockSpan& of_a : a.clocks()) {
    const ClockSpan* const of_b = b.clock(of_a.publisher);
    if (of_b == nullptr) continue;
    const int one = of_a.last < of_b->first ? -1 : of_b->last < of_a.first ? 1 : 0;
    if (one == 0) continue;
    if (vote != 0 && vote != one) return 0;
    vote = one;
  }
  return vote;
}

bool ends_earlier(const Operation& a, const Operation& b) {
  if (a.last != b.last) return a.last < b.last;
  if (a.first != b.first) return a.first < b.first;
  return a.facts.front().message_id < b.facts.front().message_id;
}

/// Where the instance is at some point of the line.
struct Point {
  NameId host;
  NameId vm_state;
};

// How well an operation begins where the instance is.
int fit(const Operation& operation, const Point& at, Names& names) {
  int result = 0;
  const NameId begins_on = operation.host_in();
  if (begins_on != NameId::nothing && at.host != NameId::nothing) {
    result += names.same_host(begins_on, at.host) ? 1 : -1;
  }
  const NameId begins_in = operation.begins_in();
  if (begins_in != NameId::nothing && at.vm_state != NameId::nothing) {
    result += begins_in == at.vm_state ? 1 : -1;
  }
  return result;
}

Point behind(const Operation& operation, Point at) {
  if (operation.kind == OperationKind::shelve) {
    at.host = NameId::nothing;
  } else if (is_mover(operation.kind) && operation.host_out() != NameId::nothing) {
    at.host = operation.host_out();
  }
  if (const NameId state = operation.leads_to(); state != NameId::nothing) at.vm_state = state;
  return at;
}

// Operations by their number, as many as an instance holds at most, without allocating.
class Numbers {
 public:
  void push_back(std::size_t number) { numbers_[size_++] = static_cast<std::uint8_t>(number); }
  void erase(std::size_t number) {
    size_ = static_cast<std::size_t>(std::remove(begin(), end(), number) - begin());
  }
  template <class Unwanted>
  void erase_if(Unwanted unwanted) {
    size_ = static_cast<std::size_t>(std::remove_if(begin(), end(), unwanted) - begin());
  }
  [[nodiscard]] std::uint8_t* begin() { return numbers_.data(); }
  [[nodiscard]] std::uint8_t* end() { return numbers_.data() + size_; }
  [[nodiscard]] const std::uint8_t* begin() const { return numbers_.data(); }
  [[nodiscard]] const std::uint8_t* end() const { return numbers_.data() + size_; }
  [[nodiscard]] std::size_t front() const { return numbers_[0]; }
  [[nodiscard]] std::size_t operator[](std::size_t i) const { return numbers_[i]; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  std::array<std::uint8_t, 2 * kMaxOperations> numbers_;
  std::size_t size_ = 0;
};
static_assert(2 * kMaxOperations <= 256);

/// Puts the serial operations in line one by one.
class SerialLine {
 public:
  SerialLine(const Operations& operations, Duration clock_tolerance, Names& names)
      : operations_(operations), tolerance_(clock_tolerance), names_(names) {}

  /// Which of those left, which are in the order of their ends, is next.
  [[nodiscard]] std::size_t next(const Numbers& left, const Point& at) {
    if (left.size() == 1) return left.front();
    const Numbers candidates = eligible(left);
    if (candidates.size() == 1) return candidates.front();
    // The one that begins where the instance is may leave another with no place to begin: what
    // counts is how well those next to each other fit in all.
    const Numbers near = neighbours(left, candidates);
    const int depth = near.size() <= kLookAhead ? static_cast<int>(near.size()) : 1;
    return best(near, candidates, at, depth).operation;
  }

 private:
  static constexpr std::size_t kLookAhead = 6;

  struct Choice {
    std::size_t operation;
    int fit;
  };

  // Those that no other one left is certainly before, and that begin within the tolerance of the
  // end of the earliest of them; should the clocks contradict each other in a circle, the one that
  // ended first.
  [[nodiscard]] Numbers eligible(const Numbers& left) const {
    Numbers result;
    for (const std::size_t candidate : left) {
      if (std::none_of(left.begin(), left.end(), [&](std::size_t other) {
            return other != candidate &&
                   before(operations_[other], operations_[candidate], tolerance_) < 0;
          })) {
        result.push_back(candidate);
      }
    }
    if (result.empty()) {
      result.push_back(left.front());
      return result;
    }
    const std::size_t first = result.front();
    const Time latest_begin = operations_[first].last + tolerance_;
    result.erase_if([&](std::size_t candidate) {
      return candidate != first && operations_[candidate].first >= latest_begin;
    });
    return result;
  }

  // Those left that are not certainly after all of the candidates, nor after all of their
  // neighbours. What comes later must not change the order of what came before.
  [[nodiscard]] Numbers neighbours(const Numbers& left, const Numbers& candidates) const {
    Time end = Time::min();
    for (const std::size_t candidate : candidates) {
      end = std::max(end, operations_[candidate].last);
    }
    for (bool more = true; more;) {
      more = false;
      for (const std::size_t i : left) {
        if (operations_[i].first <= end + tolerance_ && operations_[i].last > end) {
          end = operations_[i].last;
          more = true;
        }
      }
    }
    Numbers result = left;
    result.erase_if([&](std::size_t i) { return operations_[i].last > end; });
    return result;
  }

  // The first of the candidates from which the next `depth` operations fit best.
  [[nodiscard]] Choice best(const Numbers& left, const Numbers& candidates, const Point& at,
                            int depth) {
    std::optional<Choice> result;
    for (const std::size_t candidate : candidates) {
      int total = fit(operations_[candidate], at, names_);
      if (depth > 1 && left.size() > 1) {
        Numbers rest = left;
        rest.erase(candidate);
        total += best(rest, eligible(rest), behind(operations_[candidate], at), depth - 1).fit;
      }
      if (!result || total > result->fit) result = Choice{candidate, total};
    }
    return *result;
  }

  const Operations& operations_;
  Duration tolerance_;
  Names& names_;
};

// Are they in the order of their ends, each certainly after all before it, and none that deletes
// before the last? Then nothing else needs to be asked.
bool stand_apart(const Operations& operations, Duration clock_tolerance) {
  for (std::size_t i = 1; i < operations.size(); ++i) {
    const Operation& earlier = operations[i - 1];
    if (earlier.deletes || earlier.last + clock_tolerance >= operations[i].first) return false;
  }
  return true;
}

// Moves each operation to where its number stands in the line.
void arrange(Operations& operations, const Numbers& line) {
  auto& owned = operations.owned();
  Numbers from = line;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    std::size_t source = from[i];
    while (source < i) source = from[source];  // where the swaps have put it
    if (source != i) owned[i].swap(owned[source]);
  }
}

}  // namespace

int before(const Operation& a, const Operation& b, Duration clock_tolerance) {
  if (a.last + clock_tolerance < b.first) return -1;
  if (b.last + clock_tolerance < a.first) return 1;
  const bool a_boots = a.kind == OperationKind::boot;
  const bool b_boots = b.kind == OperationKind::boot;
  if (a_boots != b_boots) return a_boots ? -1 : 1;
  return is_serial(a.kind) && is_serial(b.kind) ? clocks_vote(a, b) : 0;
}

void put_in_order(Operations& operations, const State& base, Duration clock_tolerance,
                  Names& names) {
  if (operations.size() < 2 || stand_apart(operations, clock_tolerance)) return;
  if (!std::is_sorted(operations.begin(), operations.end(), ends_earlier)) {
    std::sort(operations.owned().begin(), operations.owned().end(),
              [](const auto& a, const auto& b) { return ends_earlier(*a, *b); });
  }

  // An operation that says "deleted" is the last, whatever the clocks say. The serial ones are put
  // in line one by one; the bystanders come among them by their end.
  Numbers serial;
  Numbers bystanders;
  Numbers deleting;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const Operation& operation = operations[i];
    (operation.deletes ? deleting : is_serial(operation.kind) ? serial : bystanders).push_back(i);
  }

  Numbers line;
  SerialLine serials(operations, clock_tolerance, names);
  Point at{base.host, base.vm_state};
  Time end = Time::min();
  std::size_t next_bystander = 0;
  while (!serial.empty()) {
    const std::size_t next = serials.next(serial, at);
    serial.erase(next);
    const Operation& chosen = operations[next];
    end = std::max(end, chosen.last);
    while (next_bystander < bystanders.size() &&
           operations[bystanders[next_bystander]].last < end) {
      line.push_back(bystanders[next_bystander++]);
    }
    line.push_back(next);
    at = behind(chosen, at);
  }
  while (next_bystander < bystanders.size()) line.push_back(bystanders[next_bystander++]);
  for (const std::size_t i : deleting) line.push_back(i);
  arrange(operations, line);
}

}  // namespace vmtrail
