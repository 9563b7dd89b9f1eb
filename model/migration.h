// SPDX-License-Identifier: Apache-2.0
// A migration as its instance keeps it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "model/boxed.h"
#include "model/names.h"
#include "model/optional_time.h"
#include "vmtrail/ids.h"
#include "vmtrail/time.h"
#include "vmtrail/words.h"

namespace vmtrail {

/// What is told of a migration: the fields of the contract.
struct MigrationView {
  Time started_at{};
  OptionalTime finished_at;
  OptionalTime confirmed_at;
  NameId source{};
  NameId destination{};
  MigrationKind kind{};
  Outcome outcome = Outcome::in_progress;

  friend bool operator==(const MigrationView&, const MigrationView&) = default;
};

/// What later operations have made of a migration.
struct MigrationEnding {
  OptionalTime confirmed_at;
  bool confirmed = false;  ///< perhaps without its end
  bool reverted = false;
};

/// A migration, and what records have told of it. An instance keeps all that it ever had: it is
/// small.
class MigrationEntry {
 public:
  /// `own`: as its own operation tells it, without a confirmation. Nothing is told yet.
  MigrationEntry(RequestId request, const MigrationView& own)
      : request_(std::move(request)),
        started_at_(own.started_at),
        finished_at_(own.finished_at),
        source_(own.source),
        destination_(own.destination),
        kind_(own.kind),
        outcome_(own.outcome) {}

  [[nodiscard]] const RequestId& request() const { return request_; }
  [[nodiscard]] MigrationView own() const {
    return {.started_at = started_at_,
            .finished_at = finished_at_,
            .confirmed_at = {},
            .source = source_,
            .destination = destination_,
            .kind = kind_,
            .outcome = outcome_};
  }
  [[nodiscard]] MigrationView view() const {
    MigrationView view = own();
    if (confirmed_) view.outcome = Outcome::completed;
    if (reverted_) view.outcome = Outcome::reverted;
    view.confirmed_at = confirmed_at_;
    return view;
  }
  /// Are they the same migration, as seen before and after a walk? One without a request is known
  /// by its time.
  [[nodiscard]] bool is(const MigrationEntry& other) const {
    return request_ == other.request_ && (!request_.empty() || started_at_ == other.started_at_);
  }

  [[nodiscard]] MigrationEnding ending() const { return {confirmed_at_, confirmed_, reverted_}; }
  /// What is told stays what it was.
  void set_ending(const MigrationEnding& ending) {
    const std::optional<MigrationView> so_far = told();
    confirmed_at_ = ending.confirmed_at;
    confirmed_ = ending.confirmed;
    reverted_ = ending.reverted;
    if (so_far) set_told(*so_far);
  }

  /// As records have told it; nullopt: they have not.
  [[nodiscard]] std::optional<MigrationView> told() const {
    if (told_as_it_is_) return view();
    return told_otherwise() != nullptr ? std::optional(*told_otherwise()) : std::nullopt;
  }
  /// nullptr: they have not, or it is as they have told it.
  [[nodiscard]] const MigrationView* told_otherwise() const { return told_otherwise_.get(); }
  [[nodiscard]] bool is_told() const { return told_as_it_is_ || told_otherwise() != nullptr; }
  [[nodiscard]] bool is_told_as_it_is() const { return told_as_it_is_; }
  void set_told_as_it_is() {
    told_as_it_is_ = true;
    told_otherwise_.reset();
  }
  void set_told(const MigrationView& told) {
    if (told == view()) return set_told_as_it_is();
    told_as_it_is_ = false;
    told_otherwise_.set(told);
  }
  /// Has nothing of it changed, though a walk has made it anew?
  [[nodiscard]] bool is_still(const MigrationEntry& before) const {
    return request_ == before.request_ && started_at_ == before.started_at_ &&
           finished_at_ == before.finished_at_ && confirmed_at_ == before.confirmed_at_ &&
           source_ == before.source_ && destination_ == before.destination_ &&
           kind_ == before.kind_ && outcome_ == before.outcome_ &&
           confirmed_ == before.confirmed_ && reverted_ == before.reverted_;
  }

 private:
  RequestId request_;
  Time started_at_;
  OptionalTime finished_at_;
  OptionalTime confirmed_at_;            // by a later confirm
  Boxed<MigrationView> told_otherwise_;  // not while told_as_it_is_
  NameId source_;
  NameId destination_;
  MigrationKind kind_;
  Outcome outcome_;
  bool confirmed_ = false;
  bool reverted_ = false;
  bool told_as_it_is_ = false;
};

/// What one of them was before a walk, or is behind it, wherever that has put it; nullptr: nothing.
/// Of several that are not told apart the first was the first.
[[nodiscard]] const MigrationEntry* counterpart(std::span<const MigrationEntry> all,
                                                std::size_t which,
                                                std::span<const MigrationEntry> others);

}  // namespace vmtrail
