// SPDX-License-Identifier: Apache-2.0
// One question while it is answered: its options as what they mean, and the answers' common parts.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/writer.h"
#include "vmtrail/query.h"

namespace vmtrail {

/// A stretch of time; what is not given is open.
struct Window {
  std::optional<Time> since;
  std::optional<Time> until;

  /// Has the interval any part in it? None has in a window that ends before it begins.
  [[nodiscard]] bool meets(const Interval& interval) const {
    return (!since || !interval.to || *interval.to > *since) &&
           (!until || interval.from < *until) && (!since || !until || *since < *until);
  }
  /// That part. One that goes on until now does so in a window without end only.
  [[nodiscard]] Interval clip(Interval interval) const;
};

/// Borrows both. Errors of all: wrong_usage, unless they say otherwise.
struct Question {
  const Request& request;
  const Subject& subject;

  [[nodiscard]] const Model& model() const { return subject.model; }

  [[nodiscard]] Result<std::string> required(std::string_view option) const;
  [[nodiscard]] Result<bool> flag(std::string_view option) const;
  /// A time (2017-01-23T06:22:02Z), or a duration (2h, "2h ago") before the newest event.
  [[nodiscard]] Result<std::optional<Time>> time(std::string_view option) const;
  [[nodiscard]] Result<Window> window() const;  ///< since, until
  /// limit: a number, or all; kLimit if it is not given.
  [[nodiscard]] Result<std::size_t> limit() const;
  static constexpr std::size_t kLimit = 1000;

  /// See Model::same_host().
  [[nodiscard]] bool same_host(std::string_view a, std::string_view b) const {
    return model().same_host(a, b);
  }

  /// The option `instance`, see Model::find(). Errors: not_found, ambiguous.
  [[nodiscard]] Result<InstanceId> instance() const;
  /// The option `host`. Errors: not_found.
  [[nodiscard]] Result<HostAnswer> host() const;
};

/// What every answer begins with; the object stays open.
void write_head(JsonWriter& out, const Subject& subject);

/// Writes what stands behind the head of the answer, unless there is an error.
using Answering = Result<void>(const Question& question, JsonWriter& out);

// Each question is answered in the file of its name or of its siblings.
Answering answer_where;
Answering answer_host;
Answering answer_hosts;
Answering answer_instances;
Answering answer_history;
Answering answer_together;
Answering answer_migrations;
Answering answer_explain;
Answering answer_changes;
Answering answer_stats;
Answering answer_report;
Answering answer_drain;
Answering answer_impact;
Answering answer_doctor;

[[nodiscard]] Error wrong_usage(std::string detail);

/// Where an instance was at a time, and whether it was gone by then. What else it was is not known.
void turn_back(InstanceAnswer& instance, Time time);

/// `"key":[…]` of shapes that vmtrail/record.h knows.
template <class Items>
void list(JsonWriter& out, std::string_view key, const Items& items) {
  out.key(key).open('[');
  for (const auto& item : items) out.shape(item);
  out.close(']');
}

}  // namespace vmtrail
