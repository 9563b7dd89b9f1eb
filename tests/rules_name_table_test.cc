// SPDX-License-Identifier: Apache-2.0

#include <catch2/catch.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "rules/name_table.h"

namespace vmtrail {
namespace {

std::vector<NameTable::Entry> numbered(const std::vector<std::string>& names) {
  std::vector<NameTable::Entry> entries;
  for (const std::string& name : names) {
    entries.push_back({name, static_cast<std::uint32_t>(entries.size())});
  }
  return entries;
}

TEST_CASE("A table finds its names and nothing else") {
  // Of every length, and for each one that differs in one character, wherever that stands.
  std::vector<std::string> names;
  for (std::size_t size = 0; size < 120; ++size) {
    names.emplace_back(size, 'a');
    for (std::size_t at = 0; at < size; at += 3) {
      names.emplace_back(size, 'a');
      names.back()[at] = 'b';
    }
  }
  const NameTable table(numbered(names));
  for (std::size_t i = 0; i < names.size(); ++i) {
    INFO(names[i]);
    CHECK(table.find(names[i]) == i);
    std::string other = names[i];
    if (other.empty()) continue;
    other[other.size() / 2] = 'c';
    CHECK(table.find(other) == NameTable::kNone);
  }
  CHECK(table.find(std::string(120, 'a')) == NameTable::kNone);
}

TEST_CASE("A table keeps its names, whatever becomes of those it was made of") {
  std::vector<std::string> names{"compute.instance.update", "", "a"};
  const NameTable table(numbered(names));
  for (std::string& name : names) name.assign(100, 'x');
  CHECK(table.find("compute.instance.update") == 0);
  CHECK(table.find("") == 1);
  CHECK(table.find({}) == 1);
  CHECK(table.find("a") == 2);
  CHECK(table.find(std::string_view("a\0", 2)) == NameTable::kNone);
}

TEST_CASE("Of entries of one name the first counts") {
  const NameTable table(numbered({"a", "b", "a"}));
  CHECK(table.find("a") == 0);
  CHECK(table.find("b") == 1);
}

TEST_CASE("An empty table finds nothing") {
  const NameTable table;
  CHECK(table.find("") == NameTable::kNone);
  CHECK(table.find("compute.instance.update") == NameTable::kNone);
}

}  // namespace
}  // namespace vmtrail
