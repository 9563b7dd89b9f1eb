// SPDX-License-Identifier: Apache-2.0
// Threads that have little to do, and do it at once.

#pragma once

#include <cstdint>

namespace vmtrail {

/// While it lives, the calling thread and those that it makes are content with short turns, so that
/// they are let in sooner, before threads that have much to do: those who answer are not to wait
/// for milliseconds while events pour in on every core. Linux 6.12 and later heed it, others do not
/// mind. Of the thread that made it.
class PromptThreads {
 public:
  PromptThreads();
  ~PromptThreads();
  PromptThreads(const PromptThreads&) = delete;
  PromptThreads& operator=(const PromptThreads&) = delete;

 private:
  std::uint64_t before_;  // ns; 0: as the system has it
};

}  // namespace vmtrail
