// SPDX-License-Identifier: Apache-2.0
// Texts and their numbers.

#include <catch2/catch.hpp>
#include <cstddef>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "model/names.h"

namespace vmtrail {
namespace {

TEST_CASE("Texts of any length are told apart by any one byte, whatever was expected") {
  Names names(false);
  std::map<std::string, NameId> known;
  std::vector<NameId> all{NameId::nothing};
  std::mt19937 random(5);
  const auto intern = [&](const std::string& text) {
    const NameId id = names.intern(text, all[random() % all.size()]);
    const auto [entry, created] = known.emplace(text, id);
    if (created) all.push_back(id);
    REQUIRE(id == entry->second);
    REQUIRE(names.text(id) == text);
    REQUIRE(names.intern(text, id) == id);
    REQUIRE(names.intern(text) == id);
  };
  for (std::size_t size = 1; size <= 80; ++size) {
    std::string text(size, 'a');
    intern(text);
    for (char& c : text) {
      c = 'b';
      intern(text);
      c = 'a';
      REQUIRE(names.intern(text, all.back()) == known.at(text));
    }
  }
  for (const auto& [text, id] : known) {
    REQUIRE(names.find(text) == id);
    REQUIRE(names.text(id) == text);
  }
  CHECK(known.size() == 80 + 80 * 81 / 2);
  CHECK(names.intern("", all.back()) == NameId::nothing);
}

}  // namespace
}  // namespace vmtrail
