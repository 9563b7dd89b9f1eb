// SPDX-License-Identifier: Apache-2.0

#include "app/rules_files.h"

#include <utility>

#include "io/byte_source.h"

namespace vmtrail {

namespace {

constexpr std::size_t kLargest = std::size_t{16} << 20;

}  // namespace

Result<RulesText> read_text(const std::string& file) {
  auto source = ByteSource::open(file);
  if (!source) return tl::unexpected(source.error());
  for (bool more = true; more;) {
    const auto filled = source->fill();
    if (!filled) return tl::unexpected(filled.error());
    more = *filled;
    if (source->window().size() > kLargest) {
      return tl::unexpected(
          Error{ErrorCode::unreadable, file + ": larger than 16 MB, so it holds no rules"});
    }
  }
  return RulesText{file, std::string(source->window())};
}

Result<std::vector<RulesText>> read_rules(const std::vector<std::string>& files) {
  std::vector<RulesText> texts{RuleSet::shipped_text()};
  for (const std::string& file : files) {
    auto text = read_text(file);
    if (!text) return tl::unexpected(text.error());
    texts.push_back(std::move(*text));
  }
  return texts;
}

}  // namespace vmtrail
