// SPDX-License-Identifier: Apache-2.0
// prepare_rules FILE: parses the embedded truth table and writes to FILE what it comes to. Run by
// the build.

#include <cstdio>
#include <string>
#include <string_view>

#include "rules/combine.h"
#include "rules/table_bytes.h"

namespace vmtrail {

extern const std::string_view kNovaRules;

namespace {

int prepare(const char* path) {
  const RulesText table{std::string(RuleSet::kShippedFile), std::string(kNovaRules)};
  const auto parsed = combine({&table, 1});
  if (!parsed) {
    std::fprintf(stderr, "%s\n", parsed.error().message().c_str());
    return 1;
  }
  const std::string bytes = to_bytes(*parsed);
  std::FILE* const out = std::fopen(path, "wb");
  const bool written =
      out != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size();
  if (out == nullptr || std::fclose(out) != 0 || !written) {
    std::perror(path);
    return 1;
  }
  return 0;
}

}  // namespace

}  // namespace vmtrail

int main(int argc, char** argv) {
  if (argc == 2) return vmtrail::prepare(argv[1]);
  std::fprintf(stderr, "usage: prepare_rules FILE\n");
  return 2;
}
