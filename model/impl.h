// SPDX-License-Identifier: Apache-2.0
// The inside of Model, shared by the files that implement it.

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <unordered_map>
#include <vector>

#include "model/changes.h"
#include "model/hosts.h"
#include "model/instance.h"
#include "model/names.h"
#include "model/requests.h"
#include "model/seen.h"
#include "model/skew.h"
#include "model/trail.h"
#include "vmtrail/model.h"

namespace vmtrail {

struct Model::Impl {
  explicit Impl(Options chosen) : options(std::move(chosen)), changes(names) {}

  // Fixed after construction.
  Options options;

  // Changing.
  Names names;
  Hosts hosts;
  Seen seen;
  Requests requests;
  Skew skew;
  Changes changes;
  std::deque<Instance> instances;  // addresses stay
  std::unordered_map<InstanceId, std::uint32_t> index;
  std::optional<Time> newest;  // event of all, whatever its clock
  std::optional<Time> stream;  // as far as time has gone on: newest, but for leaps not believed yet
  unsigned ahead = 0;          // events in a row that leap ahead of the stream

  /// An instance with facts waits here until the stream has gone on for Options::quiet without it.
  struct Waiting {
    Time since;
    InstanceId id;
    std::uint32_t place;
    auto operator<=>(const Waiting&) const = default;
  };
  std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>>
      waiting;  // longest quiet first

  /// The newest event of all moves the stream's time on.
  void stream_to(Time time, RecordConsumer& records);

  /// Is it a copy, as far as memory and archive know?
  [[nodiscard]] bool is_copy(const MessageId& id, Time generated) const;
  void remember(MessageId id);

  Instance& instance_for(const InstanceId& id);
  [[nodiscard]] const Instance* find(const InstanceId& id) const;

  /// Puts a fact into its operation and walks as far as needed.
  void take(Instance& instance, RequestId request, Fact fact);
  void make_joinable(Operation& operation, const Instance& instance);
  /// The facts that wait for the instance with this request.
  void take_loose(Instance& instance, const RequestId& request);
  /// An instance takes a fact, and records tell what that changed.
  void change(Instance& instance, bool known, const RequestId& request, Fact fact,
              Changes::Occasion occasion, RecordConsumer& records);
  /// Can the instance's operation with this request hold another fact?
  [[nodiscard]] static bool has_room(const Instance& instance, const RequestId& request);

  // Folding (fold.cc).
  void fold_old(Instance& instance);
  void make_room(Instance& instance);
  [[nodiscard]] Time now_of(const Instance& instance) const;
  void fold(Instance& instance, std::size_t count);
  void fold_quiet(Time now, Duration quiet, RecordConsumer& records);
  void unload(Instance& instance);

  /// Judges the instance's open operations that have been silent beyond their limit. True:
  /// something changed.
  bool judge(Instance& instance, Time now);
  void judge_all(Time now, bool at_end, RecordConsumer& records);

  [[nodiscard]] Before before(const Instance& instance, bool known) const;
  // What explain() is told of events that are not held (explain.cc).
  Trail& trail_of(Instance& instance);
  void turn_away(Instance& instance, const Event& event, const Rule& rule, Treatment treatment);

  void settle_hosts(NameId was, const Instance& instance);
  void note_hosts(const Fact& fact);
};

/// Requests folded lately that an instance remembers.
inline constexpr std::size_t kFoldedRequests = 16;
/// Operations of an instance beyond which room is made: bystanders go first, then what is over. No
/// real one comes near within a horizon, but for updates that each have a request of their own.
inline constexpr std::size_t kMaxOperations = 64;
/// A step of the stream's time that a single clock may have got wrong, and how many events in a row
/// make it.
inline constexpr Duration kLeap = std::chrono::hours{1};
inline constexpr unsigned kLeapEvents = 8;

}  // namespace vmtrail
