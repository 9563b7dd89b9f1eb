// SPDX-License-Identifier: Apache-2.0

#include "model/order.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
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

// How well an operation begins where the instance is.
int fit(const Operation& operation, NameId host, NameId vm_state, Names& names) {
  int result = 0;
  const NameId begins_on = operation.host_in();
  if (begins_on != NameId::nothing && host != NameId::nothing) {
    result += names.same_host(begins_on, host) ? 1 : -1;
  }
  if (operation.state_in != NameId::nothing && vm_state != NameId::nothing) {
    result += operation.state_in == vm_state ? 1 : -1;
  }
  return result;
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
  NameId host = base.host;
  NameId vm_state = base.vm_state;
  Time end = Time::min();
  std::size_t next_bystander = 0;
  while (!serial.empty()) {
    // Those that no other one left is certainly before; should the clocks contradict each other in
    // a circle, the one that ended first.
    std::vector<std::size_t> free;
    std::copy_if(serial.begin(), serial.end(), std::back_inserter(free),
                 [&](std::size_t candidate) {
                   return std::none_of(serial.begin(), serial.end(), [&](std::size_t other) {
                     return other != candidate &&
                            before(operations[other], operations[candidate], clock_tolerance) < 0;
                   });
                 });
    if (free.empty()) free.push_back(serial.front());
    const Time latest_begin = operations[free.front()].last + clock_tolerance;
    std::size_t best = free.front();
    int best_fit = fit(operations[best], host, vm_state, names);
    for (const std::size_t candidate : free) {
      if (operations[candidate].first >= latest_begin) continue;
      if (const int f = fit(operations[candidate], host, vm_state, names); f > best_fit) {
        best = candidate;
        best_fit = f;
      }
    }
    serial.erase(std::find(serial.begin(), serial.end(), best));
    const Operation& chosen = operations[best];
    end = std::max(end, chosen.last);
    while (next_bystander < bystanders.size() &&
           operations[bystanders[next_bystander]].last < end) {
      line.push_back(bystanders[next_bystander++]);
    }
    line.push_back(best);
    if (is_mover(chosen.kind)) {
      if (chosen.kind == OperationKind::shelve) {
        host = NameId::nothing;
      } else if (const NameId out = chosen.host_out(); out != NameId::nothing) {
        host = out;
      }
    }
    if (chosen.state_out != NameId::nothing) vm_state = chosen.state_out;
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
