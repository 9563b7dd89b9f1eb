// SPDX-License-Identifier: Apache-2.0

#include "tests/disorder/dissect.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace vmtrail::disorder {
namespace {

Time first(const Request& request) {
  return request.front().generated;
}
Time last(const Request& request) {
  return request.back().generated;
}

/// The instance, between two operations.
class Dissection {
 public:
  explicit Dissection(const Chronicle& chronicle) : chronicle_(chronicle) {}

  std::vector<Recording> cut(std::vector<Request> requests) {
    std::sort(requests.begin(), requests.end(),
              [](const Request& a, const Request& b) { return first(a) < first(b); });
    std::vector<Recording> result;
    for (std::size_t i = 0; i < requests.size();) {
      // An abort has a request of its own and falls into the migration that it means.
      std::size_t next = i + 1;
      while (next < requests.size() && last(requests[next]) <= last(requests[i])) ++next;
      result.push_back(recorded({requests.begin() + static_cast<std::ptrdiff_t>(i),
                                 requests.begin() + static_cast<std::ptrdiff_t>(next)}));
      i = next;
    }
    check_end();
    return result;
  }

 private:
  Recording recorded(const std::vector<Request>& requests) {
    Recording result;
    result.before = standing_;
    result.requests = requests.size();
    const Time begin = first(requests.front());
    const std::map<std::string, Role> roles = roles_in(requests);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      for (const Made& event : requests[i]) {
        result.lines.push_back({event.generated - begin, event, i,
                                roles.at(field(event, Field::publisher_host)),
                                roles.at(field(event, Field::payload_host))});
      }
    }
    std::stable_sort(result.lines.begin(), result.lines.end(),
                     [](const Line& a, const Line& b) { return a.at < b.at; });
    result.length = result.lines.back().at;
    result.host_after = lead(result, roles);
    for (const Chronicle::Move& move : chronicle_.moves) {
      if (move.created < begin || move.created > begin + result.length) continue;
      if (result.move) fault("has two migrations in one operation");
      result.move = {move.kind, roles.at(move.source), roles.at(move.destination), move.outcome};
      ++moves_;
    }
    describe(result);
    return result;
  }

  /// Goes to where the operation leads.
  Role lead(Recording& recording, const std::map<std::string, Role>& roles) {
    standing_.exists = true;
    const std::string left = host_;
    // Nova clears the task when it is done; updates that end earlier do not tell how it ended.
    bool with_updates = false;
    for (const Line& line : recording.lines) {
      if (is_update(line.event)) with_updates = field(line.event, Field::task_state).empty();
    }
    for (const Line& line : recording.lines) {
      const bool counts = with_updates ? is_update(line.event)
                                       : line.event.event_type.ends_with(".end") &&
                                             !field(line.event, Field::payload_host).empty();
      if (!counts) continue;
      host_ = field(line.event, Field::payload_host);
      standing_.placed = !host_.empty();
      standing_.vm_state = field(line.event, Field::state);
      standing_.deleted = standing_.deleted || standing_.vm_state == "deleted";
    }
    if (standing_.vm_state != "resized") {
      standing_.kept.clear();
    } else if (recording.before.vm_state != "resized") {
      standing_.kept = recording.before.vm_state;
      former_ = left;
    }
    recording.after = standing_;
    return roles.at(host_);
  }

  /// The roles of the hosts that an operation names; the empty name is nobody's.
  [[nodiscard]] std::map<std::string, Role> roles_in(const std::vector<Request>& requests) const {
    std::map<std::string, Role> roles{{"", Role::nobody}};
    for (const std::string& controller : chronicle_.controllers) {
      roles[controller] = Role::controller;
    }
    if (!host_.empty()) roles[host_] = Role::here;
    if (standing_.vm_state == "resized") roles[former_] = Role::former;
    std::vector<std::string> others;
    std::string goes_to;
    for (const Request& request : requests) {
      for (const Made& event : request) {
        for (const Field which : {Field::publisher_host, Field::payload_host}) {
          std::string host = field(event, which);
          if (roles.try_emplace(host, Role::there).second) others.push_back(host);
          if (which == Field::payload_host && roles[host] == Role::there) goes_to = std::move(host);
        }
      }
    }
    if (others.size() > 2) fault("is told of by four hosts in one operation");
    if (others.size() == 2) {
      roles[goes_to.empty() || others.front() == goes_to ? others.back() : others.front()] =
          Role::tried;
    }
    return roles;
  }

  /// What a few words can say of it; of a conductor's error traits tell neither instance nor state.
  static void describe(Recording& recording) {
    std::string kind = "compute.instance.update";
    bool told_without_updates = recording.after.vm_state == recording.before.vm_state;
    const std::string flavor = flavor_at_first(recording);
    for (Line& line : recording.lines) {
      const std::string told = field(line.event, Field::flavor);
      line.new_flavor = !told.empty() && told != flavor;
      if (!told.empty()) recording.changes_flavor = line.new_flavor;
      if (is_update(line.event) || !line.event.event_type.starts_with("compute.instance."))
        continue;
      if (field(line.event, Field::state) == recording.after.vm_state) told_without_updates = true;
      if (line.event.event_type == "compute.instance.resize.revert.end") recording.reverts = true;
      if (line.request == 0) kind = line.event.event_type;
    }
    recording.needs_updates = !told_without_updates;
    recording.kind = kind + ", " + recording.before.vm_state + " to " + recording.after.vm_state;
    if (recording.move) recording.kind += ", " + std::string(name(recording.move->outcome));
  }

  static std::string flavor_at_first(const Recording& recording) {
    for (const Line& line : recording.lines) {
      if (std::string told = field(line.event, Field::flavor); !told.empty()) return told;
    }
    return {};
  }

  void check_end() const {
    if (moves_ != chronicle_.moves.size()) fault("has a migration that is in no operation");
    if (!chronicle_.end) return;
    const Standing& end = *chronicle_.end;
    if (end.deleted != standing_.deleted ||
        (!end.deleted && (chronicle_.host_at_end != host_ || end.vm_state != standing_.vm_state))) {
      fault("does not end as it should");
    }
  }

  [[noreturn]] void fault(std::string_view what) const {
    throw std::runtime_error(chronicle_.name + " " + std::string(what));
  }

  const Chronicle& chronicle_;

  Standing standing_;
  std::string host_;
  std::string former_;  // while the state is resized: the host before
  std::size_t moves_ = 0;
};

}  // namespace

std::vector<Recording> dissect(std::vector<Request> requests, const Chronicle& chronicle) {
  return Dissection(chronicle).cut(std::move(requests));
}

}  // namespace vmtrail::disorder
