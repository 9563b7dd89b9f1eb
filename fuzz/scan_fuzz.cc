// SPDX-License-Identifier: Apache-2.0
// Any lines: a scanner tells what its judge does, or nothing, whatever it learnt from the lines
// before.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tests/event_scanned.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const vmtrail::TraitNames names{.aliases = {{"cell_name", vmtrail::Field::payload_host}},
                                  .wanted = {"memory_mb", "state"}};
  vmtrail::test::BothWays plain;
  vmtrail::test::BothWays with_names(&names, vmtrail::Lanes::narrow);
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
    const std::string_view line = rest.substr(0, end + 1);
    if (!plain.agree(line) || !with_names.agree(line)) std::abort();
    rest.remove_prefix(line.size());
  }
  return 0;
}
