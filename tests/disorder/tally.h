// SPDX-License-Identifier: Apache-2.0
// Findings of many trials, added up.

#pragma once

#include <cstddef>
#include <string>

#include "tests/disorder/trial.h"

namespace vmtrail::disorder {

struct Tally {
  std::size_t trials = 0;
  std::size_t host = 0;
  std::size_t vm_state = 0;
  std::size_t deleted = 0;
  std::size_t migrations = 0;
  std::size_t sure = 0;
  std::size_t confidently_wrong = 0;
  std::size_t unknowable = 0;
  std::size_t zenpack = 0;
  std::size_t events = 0;
  std::size_t too_late = 0;
  std::size_t faults = 0;

  void add(const Finding& finding) {
    ++trials;
    host += finding.host ? 1U : 0U;
    vm_state += finding.vm_state ? 1U : 0U;
    deleted += finding.deleted ? 1U : 0U;
    migrations += finding.migrations ? 1U : 0U;
    sure += finding.sure ? 1U : 0U;
    confidently_wrong += finding.confidently_wrong ? 1U : 0U;
    unknowable += finding.unknowable ? 1U : 0U;
    zenpack += finding.zenpack ? 1U : 0U;
    events += finding.events;
    too_late += finding.too_late;
    faults += finding.fault.empty() ? 0U : 1U;
  }
  void add(const Tally& other) {
    trials += other.trials;
    host += other.host;
    vm_state += other.vm_state;
    deleted += other.deleted;
    migrations += other.migrations;
    sure += other.sure;
    confidently_wrong += other.confidently_wrong;
    unknowable += other.unknowable;
    zenpack += other.zenpack;
    events += other.events;
    too_late += other.too_late;
    faults += other.faults;
  }
};

}  // namespace vmtrail::disorder
