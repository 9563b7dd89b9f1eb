// SPDX-License-Identifier: Apache-2.0

#include <charconv>

#include "query/question.h"

namespace vmtrail {

namespace {

Result<Sequence> since(const Question& question) {
  const std::string* const value = question.request.find("since");
  if (value == nullptr) return Sequence{};
  std::uint64_t number = 0;
  const char* const end = value->data() + value->size();
  const auto [stop, failed] = std::from_chars(value->data(), end, number);
  if (failed == std::errc{} && stop == end) return Sequence{number};
  return tl::unexpected(wrong_usage("'since' is a sequence, a number, not '" + *value + "'"));
}

}  // namespace

// Who is told `compacted` takes a snapshot, and goes on from its sequence.
Result<void> answer_changes(const Question& question, JsonWriter& out) {
  const auto begin = since(question);
  if (!begin) return tl::unexpected(begin.error());
  const auto limit = question.limit();
  if (!limit) return tl::unexpected(limit.error());
  const Sequence newest = question.model().sequence();
  if (*begin > newest) {
    return tl::unexpected(wrong_usage("'since' is beyond the last record, " +
                                      std::to_string(static_cast<std::uint64_t>(newest))));
  }
  RecordPage page;
  page.next = *begin;
  page.compacted = *begin < newest;  // if nothing is kept
  if (question.subject.archive != nullptr) {
    auto read = question.subject.archive->records_since(*begin, *limit);
    if (!read) return tl::unexpected(read.error());
    page = std::move(*read);
  }
  out.key("changes").open('[');
  for (const std::string& record : page.records) out.raw(record);
  out.close(']');
  out.field("next_since", static_cast<std::uint64_t>(page.compacted ? newest : page.next));
  out.field("compacted", page.compacted);
  return {};
}

}  // namespace vmtrail
