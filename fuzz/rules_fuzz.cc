// SPDX-License-Identifier: Apache-2.0
// Any text as rules, or as two files of which one is on top of the other: refused with a reason, or
// good enough to be looked through and to run its own samples.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "vmtrail/dispatcher.h"
#include "vmtrail/rules.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = text.find('\0');
  std::vector<vmtrail::RulesText> files{{"1.fuzz.yaml", text.substr(0, end)}};
  if (end != std::string::npos) files.push_back({"2.fuzz.yaml", text.substr(end + 1)});
  const auto rules = vmtrail::RuleSet::parse(files);
  if (!rules) {
    if (rules.error().message().find("fuzz.yaml") == std::string::npos) std::abort();
    return 0;
  }
  for (const vmtrail::Rule& rule : rules->rules()) {
    if (rules->find(rule.id) != &rule) std::abort();
  }
  (void)vmtrail::check_samples(*rules);
  if (size % 16 == 0) (void)rules->warnings();  // slow: it reads the shipped table
  return 0;
}
