// SPDX-License-Identifier: Apache-2.0
// What Nova sends of each operation, in its order: the steps that the generator plays.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace vmtrail::bench {

enum class VmState : std::uint8_t {
  as_before,    ///< in a step: what it was when the operation began
  before_that,  ///< in a step: what it was before the resize that is confirmed or reverted
  building,
  active,
  stopped,
  paused,
  suspended,
  resized,
  shelved,
  shelved_offloaded,
  deleted,
};

/// Nova's word; empty for the two that are none.
[[nodiscard]] std::string_view name(VmState state);

/// Who sends it: a controller for the API, the conductor and whatever is written to the database.
enum class By : std::uint8_t { source, destination, controller, conductor, scheduler };

/// The payload's host, which at times is stale.
enum class At : std::uint8_t { nowhere, source, destination };

struct Step {
  std::string_view event_type;  ///< "compute.instance" is left out where it begins with a dot
  By by;
  At at;
  VmState state;
  std::string_view task;    ///< empty: none
  std::uint32_t after = 0;  ///< milliseconds since the step before, about
  std::uint32_t times = 1;  ///< at most; more than 1: it comes from 2 to so many times
};

inline constexpr std::string_view kUpdate = ".update";
inline constexpr std::string_view kExists = ".exists";
inline constexpr std::string_view kCreateEnd = ".create.end";
inline constexpr std::string_view kDeleteEnd = ".delete.end";

/// Where the instance is in the end, and what becomes of it.
enum class Outcome : std::uint8_t { stays, moves, resizes, confirms, reverts, offloads, goes };

struct Operation {
  std::span<const Step> steps;
  VmState begins;      ///< as_before: active or stopped
  VmState ends;        ///< or one of the first two
  std::uint32_t part;  ///< of all operations that begin in this state, beside the others' parts
  Outcome outcome = Outcome::stays;
  bool only_updates = false;  ///< and so is not there where Nova sends none
};

[[nodiscard]] const Operation& boot();
/// Everything but boot.
[[nodiscard]] std::span<const Operation> operations();

}  // namespace vmtrail::bench
