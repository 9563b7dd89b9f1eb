// SPDX-License-Identifier: Apache-2.0
// Whole behaviours: each folder of fixtures/cases holds events (events.*, in any format) and what
// they come to: placement.json, records.jsonl and counts.txt. With VMTRAIL_UPDATE_CASES=1 in the
// environment the expectations are written anew; read the difference before you commit it.

#include <catch2/catch.hpp>

#include <cstdlib>
#include <sstream>

#include "tests/recorded.h"

namespace vmtrail {
namespace {

const std::filesystem::path kCases = std::filesystem::path(VMTRAIL_FIXTURES) / "cases";

std::string contents(const std::filesystem::path& file) {
  std::ifstream input(file, std::ios::binary);
  std::ostringstream text;
  text << input.rdbuf();
  return text.str();
}

std::string counts_text(const Counts& counts) {
  std::ostringstream text;
  text << "events " << counts.events << "\napplied " << counts.applied << "\nduplicate "
       << counts.duplicate << "\n";
  for (const ErrorInfo& row : error_table()) {
    const auto code = static_cast<std::size_t>(row.code);
    if (counts.ignored[code] > 0)
      text << "ignored " << row.name << " " << counts.ignored[code] << "\n";
    if (counts.quarantined[code] > 0) {
      text << "quarantined " << row.name << " " << counts.quarantined[code] << "\n";
    }
  }
  text << "skipped_lines " << counts.skipped_lines << "\n";
  return text.str();
}

// The lines that are not the same, "-" expected and "+" actual.
std::string difference(const std::string& expected, const std::string& actual) {
  std::istringstream a(expected);
  std::istringstream b(actual);
  std::string result;
  std::string x;
  std::string y;
  for (int line = 1;; ++line) {
    const bool more_x = static_cast<bool>(std::getline(a, x));
    const bool more_y = static_cast<bool>(std::getline(b, y));
    if (!more_x && !more_y) return result;
    if (more_x && more_y && x == y) continue;
    result += "line " + std::to_string(line) + "\n";
    if (more_x) result += "- " + x + "\n";
    if (more_y) result += "+ " + y + "\n";
  }
}

std::filesystem::path events_file(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename().string().rfind("events.", 0) == 0) return entry.path();
  }
  throw std::runtime_error(folder.string() + " has no events.*");
}

TEST_CASE("Every case folder comes to what it says") {
  const char* const update = std::getenv("VMTRAIL_UPDATE_CASES");
  std::vector<std::filesystem::path> folders;
  for (const auto& entry : std::filesystem::directory_iterator(kCases)) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  REQUIRE(folders.size() >= 10);
  for (const std::filesystem::path& folder : folders) {
    testing::Machine machine(testing::shipped_rules());
    testing::read(events_file(folder), machine.dispatcher);
    machine.dispatcher.finish();
    std::string placement;
    machine.model.write_placement([&](std::string_view text) { placement += text; });
    const std::pair<const char*, std::string> results[] = {
        {"placement.json", placement},
        {"records.jsonl", machine.records.text},
        {"counts.txt", counts_text(machine.dispatcher.counts())}};
    for (const auto& [name, actual] : results) {
      if (update != nullptr && *update == '1')
        std::ofstream(folder / name, std::ios::binary) << actual;
      INFO((folder / name).lexically_relative(kCases).string());
      CHECK(difference(contents(folder / name), actual) == "");
    }
    CHECK(machine.records.differences(machine.model) == "");
  }
}

}  // namespace
}  // namespace vmtrail
