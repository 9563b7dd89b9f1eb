// SPDX-License-Identifier: Apache-2.0

#include "model/order.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>

namespace vmtrail {

namespace {

// Nova runs serial operations one at a time, so that any clock which both used tells their order,
// unless the clocks contradict each other.
int clocks_vote(const Operation& a, const Operation& b) {
  int vote = 0;
  for (const ClockSpan& of_a : a.clocks) {
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

/// Puts the serial operations in line one by one.
class Line {
 public:
  Line(const std::vector<Operation>& operations, Duration clock_tolerance, Names& names)
      : operations_(operations), tolerance_(clock_tolerance), names_(names) {}

  /// Which of those left, which are in the order of their ends, is next.
  [[nodiscard]] std::size_t next(const std::vector<std::size_t>& left, const Point& at) {
    const std::vector<std::size_t> candidates = eligible(left);
    if (candidates.size() == 1) return candidates.front();
    // The one that begins where the instance is may leave another with no place to begin: what
    // counts is how well those next to each other fit in all.
    const std::vector<std::size_t> near = neighbours(left, candidates);
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
  [[nodiscard]] std::vector<std::size_t> eligible(const std::vector<std::size_t>& left) const {
    std::vector<std::size_t> result;
    std::copy_if(left.begin(), left.end(), std::back_inserter(result), [&](std::size_t candidate) {
      return std::none_of(left.begin(), left.end(), [&](std::size_t other) {
        return other != candidate &&
               before(operations_[other], operations_[candidate], tolerance_) < 0;
      });
    });
    if (result.empty()) return {left.front()};
    const std::size_t first = result.front();
    const Time latest_begin = operations_[first].last + tolerance_;
    std::erase_if(result, [&](std::size_t candidate) {
      return candidate != first && operations_[candidate].first >= latest_begin;
    });
    return result;
  }

  // Those left that are not certainly after all of the candidates, nor after all of their
  // neighbours. What comes later must not change the order of what came before.
  [[nodiscard]] std::vector<std::size_t> neighbours(
      const std::vector<std::size_t>& left, const std::vector<std::size_t>& candidates) const {
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
    std::vector<std::size_t> result;
    std::copy_if(left.begin(), left.end(), std::back_inserter(result),
                 [&](std::size_t i) { return operations_[i].last <= end; });
    return result;
  }

  // The first of the candidates from which the next `depth` operations fit best.
  [[nodiscard]] Choice best(const std::vector<std::size_t>& left,
                            const std::vector<std::size_t>& candidates, const Point& at,
                            int depth) {
    std::optional<Choice> result;
    for (const std::size_t candidate : candidates) {
      int total = fit(operations_[candidate], at, names_);
      if (depth > 1 && left.size() > 1) {
        std::vector<std::size_t> rest = left;
        std::erase(rest, candidate);
        total += best(rest, eligible(rest), behind(operations_[candidate], at), depth - 1).fit;
      }
      if (!result || total > result->fit) result = Choice{candidate, total};
    }
    return *result;
  }

  const std::vector<Operation>& operations_;
  Duration tolerance_;
  Names& names_;
};

}  // namespace

int before(const Operation& a, const Operation& b, Duration clock_tolerance) {
  if (a.last + clock_tolerance < b.first) return -1;
  if (b.last + clock_tolerance < a.first) return 1;
  const bool a_boots = a.kind == OperationKind::boot;
  const bool b_boots = b.kind == OperationKind::boot;
  if (a_boots != b_boots) return a_boots ? -1 : 1;
  return is_serial(a.kind) && is_serial(b.kind) ? clocks_vote(a, b) : 0;
}

bool last_is_certain(const std::vector<Operation>& operations, Duration clock_tolerance) {
  const Operation& last = operations.back();
  return std::all_of(operations.begin(), operations.end() - 1, [&](const Operation& other) {
    return !other.deletes && other.last + clock_tolerance < last.first;
  });
}

void put_in_order(std::vector<Operation>& operations, const State& base, Duration clock_tolerance,
                  Names& names) {
  if (operations.size() < 2) return;
  std::sort(operations.begin(), operations.end(), ends_earlier);

  // An operation that says "deleted" is the last, whatever the clocks say. The serial ones are put
  // in line one by one; the bystanders come among them by their end.
  std::vector<std::size_t> serial;
  std::vector<std::size_t> bystanders;
  std::vector<std::size_t> deleting;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const Operation& operation = operations[i];
    (operation.deletes ? deleting : is_serial(operation.kind) ? serial : bystanders).push_back(i);
  }

  std::vector<std::size_t> line;
  line.reserve(operations.size());
  Line serial_line(operations, clock_tolerance, names);
  Point at{base.host, base.vm_state};
  Time end = Time::min();
  std::size_t next_bystander = 0;
  while (!serial.empty()) {
    const std::size_t next = serial_line.next(serial, at);
    std::erase(serial, next);
    const Operation& chosen = operations[next];
    end = std::max(end, chosen.last);
    while (next_bystander < bystanders.size() &&
           operations[bystanders[next_bystander]].last < end) {
      line.push_back(bystanders[next_bystander++]);
    }
    line.push_back(next);
    at = behind(chosen, at);
  }
  line.insert(line.end(), bystanders.begin() + static_cast<std::ptrdiff_t>(next_bystander),
              bystanders.end());
  line.insert(line.end(), deleting.begin(), deleting.end());

  std::vector<Operation> ordered;
  ordered.reserve(operations.size());
  for (const std::size_t i : line) ordered.push_back(std::move(operations[i]));
  operations = std::move(ordered);
}

}  // namespace vmtrail
