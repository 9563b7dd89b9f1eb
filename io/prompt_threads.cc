// SPDX-License-Identifier: Apache-2.0

#include "io/prompt_threads.h"

#include <linux/sched/types.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

namespace vmtrail {

namespace {

constexpr std::uint64_t kTurn = 100'000;  // ns; no shorter one can be had

// Returns what it was. A thread that keeps to another policy is left alone.
std::uint64_t set_turn(std::uint64_t turn) {
  constexpr std::uint32_t kOther = 0;  // the policy
  constexpr pid_t kThisThread = 0;
  sched_attr attributes{};
  if (::syscall(SYS_sched_getattr, kThisThread, &attributes, sizeof attributes, 0) != 0) return 0;
  if (attributes.sched_policy != kOther) return 0;
  const std::uint64_t before = std::exchange(attributes.sched_runtime, turn);
  ::syscall(SYS_sched_setattr, kThisThread, &attributes, 0);
  return before;
}

}  // namespace

PromptThreads::PromptThreads() : before_(set_turn(kTurn)) {}

PromptThreads::~PromptThreads() {
  set_turn(before_);
}

}  // namespace vmtrail
