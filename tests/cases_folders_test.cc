// SPDX-License-Identifier: Apache-2.0
// Whole behaviours: each folder of fixtures/cases holds events (events.*, in any format) and what
// they come to: placement.json, records.jsonl and counts.txt. With VMTRAIL_UPDATE_CASES=1 in the
// environment the expectations are written anew; read the difference before you commit it.
// docs/conformance.md lists every folder with its answer.

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <sstream>

#include "tests/recorded.h"
#include "tests/scratch.h"

namespace vmtrail {
namespace {

using testing::contents;

const std::filesystem::path kCases = std::filesystem::path(VMTRAIL_FIXTURES) / "cases";

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

/// What a case comes to, as the table of docs/conformance.md has it.
std::string answer_text(const Model& model) {
  std::string text;
  const auto also = [&text](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  const auto host = [](std::string_view name) { return name.empty() ? "?" : std::string(name); };
  for (const InstanceId& id : model.instances()) {
    const InstanceAnswer instance = *model.instance(id);
    std::string part = std::string(name(instance.confidence));
    if (!instance.host.empty()) part = "on " + std::string(instance.host) + ", " + part;
    if (!instance.deleted) part += ", " + std::string(instance.vm_state);
    if (!instance.task_state.empty()) part += ", " + std::string(instance.task_state);
    also(part);
  }
  for (const Migration& migration : model.migrations()) {
    also(std::string(name(migration.kind)) + " " + host(migration.source) + " → " +
         host(migration.destination) + " " + std::string(name(migration.outcome)) +
         (migration.confirmed_at ? ", confirmed" : ""));
  }
  return text.empty() ? "no instance" : text;
}

/// The row of the table for a folder; empty if there is none.
std::string row_of(const std::string& table, const std::string& folder) {
  const std::size_t link = table.find("](../fixtures/cases/" + folder + ")");
  if (link == std::string::npos) return "";
  const std::size_t begin = table.rfind('\n', link) + 1;
  return table.substr(begin, table.find('\n', link) - begin);
}

TEST_CASE("Every case folder comes to what it says") {
  const char* const update = std::getenv("VMTRAIL_UPDATE_CASES");
  std::vector<std::filesystem::path> folders;
  for (const auto& entry : std::filesystem::directory_iterator(kCases)) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  REQUIRE(folders.size() >= 10);
  const std::string table = contents(kCases / "../../docs/conformance.md");
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
    const std::string name = folder.filename().string();
    const std::string row = row_of(table, name);
    const std::string end = " | " + answer_text(machine.model) + " |";
    INFO("The row of " << name << " in docs/conformance.md is\n"
                       << row << "\nand should end in\n"
                       << end);
    CHECK((row.size() > end.size() && row.substr(row.size() - end.size()) == end));
  }
}

TEST_CASE("Every case comes to the same backwards and in any other order") {
  Model::Options options;
  options.horizon = std::chrono::hours{24};  // nothing is too late
  for (const auto& entry : std::filesystem::directory_iterator(kCases)) {
    if (contents(entry.path() / "counts.txt").find("quarantined") != std::string::npos) continue;
    std::vector<testing::Made> events = testing::events_of(events_file(entry.path()));
    std::string expected;
    std::mt19937 random(1);
    for (int order = 0; order < 20; ++order) {
      testing::Machine machine(testing::shipped_rules(), options);
      for (const testing::Made& event : events) machine.feed(event);
      machine.dispatcher.finish();
      if (order == 0) expected = machine.placement();
      INFO(entry.path().filename().string() << ", order " << order);
      CHECK(difference(expected, machine.placement()) == "");
      if (order == 0) {
        std::reverse(events.begin(), events.end());
      } else {
        std::shuffle(events.begin(), events.end(), random);
      }
    }
  }
}

}  // namespace
}  // namespace vmtrail
