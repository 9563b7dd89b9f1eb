// SPDX-License-Identifier: Apache-2.0
// Rule sets, and the table that vmtrail ships: the build parses it and embeds what that comes to.

#include <memory>
#include <optional>
#include <utility>

#include "rules/combine.h"
#include "rules/table_bytes.h"

namespace vmtrail {

extern const std::string_view kNovaRules;
extern const std::string_view kNovaTable;  // to_bytes() of it

namespace {

bool is_shipped(const RulesText& file) {
  return file.file == RuleSet::kShippedFile && file.text == kNovaRules;
}

}  // namespace

Result<RuleSet> RuleSet::parse(std::span<const RulesText> files) {
  std::optional<Parsed> first;
  if (!files.empty() && is_shipped(files.front())) first = from_bytes(kNovaTable);
  auto parsed = combine(files, std::move(first));
  if (!parsed) return tl::unexpected(std::move(parsed.error()));
  return RuleSet(std::make_unique<const Compiled>(std::move(*parsed)));
}

Result<RuleSet> RuleSet::parse(std::string_view text, std::string_view file) {
  const RulesText only{std::string(file), std::string(text)};
  return parse(std::span(&only, 1));
}

RuleSet RuleSet::shipped() {
  return RuleSet(std::make_unique<const Compiled>(from_bytes(kNovaTable)));
}

RulesText RuleSet::shipped_text() {
  return {std::string(kShippedFile), std::string(kNovaRules)};
}

}  // namespace vmtrail
