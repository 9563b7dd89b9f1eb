// SPDX-License-Identifier: Apache-2.0
// The inside of Model, shared by the files that implement it.

#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "model/changes.h"
#include "model/hosts.h"
#include "model/instance.h"
#include "model/names.h"
#include "model/seen.h"
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
  Changes changes;
  std::deque<Instance> instances;  // addresses stay
  std::unordered_map<InstanceId, std::uint32_t> index;
  std::optional<Time> newest;

  /// An instance with facts waits here until the stream has gone on for Options::quiet without it.
  struct Waiting {
    std::uint32_t instance;
    Time since;
  };
  std::deque<Waiting> waiting;

  /// The newest event of all moves the stream's time on.
  void stream_to(Time time, RecordConsumer& records);

  /// Is it a copy, as far as memory and archive know?
  [[nodiscard]] bool is_copy(const MessageId& id, Time generated) const;
  void remember(MessageId id);

  Instance& instance_for(const InstanceId& id);
  [[nodiscard]] const Instance* find(const InstanceId& id) const;

  /// Puts a fact into its operation and walks as far as needed.
  void take(Instance& instance, RequestId request, Fact fact);

  // Folding (fold.cc).
  void fold_old(Instance& instance);
  void fold(Instance& instance, std::size_t count);
  void fold_quiet(Time now, Duration quiet, RecordConsumer& records);
  void unload(Instance& instance);

  /// Judges the instance's open operations that have been silent beyond their limit. True:
  /// something changed.
  bool judge(Instance& instance, Time now);
  void judge_all(Time now, bool at_end, RecordConsumer& records);

  [[nodiscard]] Before before(const Instance& instance, bool known) const;
  void settle_hosts(NameId was, const Instance& instance);
  void note_hosts(const Fact& fact);
};

/// Requests folded lately that an instance remembers.
inline constexpr std::size_t kFoldedRequests = 16;
/// Operations that an instance holds at most; no real one comes near within a horizon.
inline constexpr std::size_t kMaxOperations = 64;

}  // namespace vmtrail
