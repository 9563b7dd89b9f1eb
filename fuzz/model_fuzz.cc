// SPDX-License-Identifier: Apache-2.0
// Any facts, in two orders and with copies: the same model, and the records add up to it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>

#include "fuzz/random_stream.h"
#include "tests/model_stream.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using vmtrail::testing::Machine;
  const vmtrail::RuleSet& rules = vmtrail::testing::shipped_rules();
  auto stream = vmtrail::fuzzing::random_stream(data, size, rules);
  Machine first(rules);
  Machine second(rules);
  first.feed(stream);
  std::shuffle(stream.begin(), stream.end(), std::mt19937(static_cast<unsigned>(size)));
  for (const auto& event : stream) second.feed({event, event});
  if (first.placement() != second.placement()) std::abort();
  for (Machine* machine : {&first, &second}) {
    machine->dispatcher.finish();
    if (!machine->records.differences(machine->model).empty()) std::abort();
  }
  if (first.placement() != second.placement()) std::abort();
  return 0;
}
