// SPDX-License-Identifier: Apache-2.0
// Any text as rules: refused with a reason, or good enough to run its own samples.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "vmtrail/dispatcher.h"
#include "vmtrail/rules.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto rules = vmtrail::RuleSet::parse(text, "fuzz.yaml");
  if (!rules) {
    if (rules.error().message().find("fuzz.yaml") == std::string::npos) std::abort();
    return 0;
  }
  for (const vmtrail::Rule& rule : rules->rules()) {
    if (rules->find(rule.id) != &rule) std::abort();
  }
  (void)vmtrail::check_samples(*rules);
  return 0;
}
