// SPDX-License-Identifier: Apache-2.0
// The table of codes.

#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "vmtrail/error.h"

using namespace vmtrail;

TEST_CASE("the table of codes ascends, and names are unique words") {
  std::set<std::string_view> names;
  int before = 0;
  for (const ErrorInfo& row : error_table()) {
    INFO(row.name);
    CHECK(static_cast<int>(row.code) > before);
    before = static_cast<int>(row.code);
    CHECK(names.insert(row.name).second);
    CHECK(row.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") ==
          std::string_view::npos);
    CHECK_FALSE(row.sentence.empty());
    CHECK_FALSE(row.sentence.ends_with('.'));
    CHECK(&info(row.code) == &row);
  }
}

TEST_CASE("the table has every code") {
  // The ranges that the enumeration fills; a code added at an end is missed only if it is in
  // neither.
  std::set<int> codes;
  for (const ErrorInfo& row : error_table()) codes.insert(static_cast<int>(row.code));
  std::set<int> expected;
  for (int i = 1; i <= static_cast<int>(ErrorCode::bad_instance_id); ++i) expected.insert(i);
  for (int i = 40; i <= static_cast<int>(ErrorCode::too_many_facts); ++i) expected.insert(i);
  for (int i = 60; i <= static_cast<int>(ErrorCode::unavailable); ++i) expected.insert(i);
  CHECK(codes == expected);
}

TEST_CASE("a code from elsewhere has a row of its own") {
  CHECK(info(ErrorCode{250}).name == "unknown");
}

TEST_CASE("an error prints as one line") {
  CHECK(Error{ErrorCode::bad_time, ""}.message() == "its time cannot be read");
  CHECK(Error{ErrorCode::bad_time, "a\nb"}.message() == "its time cannot be read: a b");
}
