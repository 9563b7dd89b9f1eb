// SPDX-License-Identifier: Apache-2.0
// Files that grow, are rotated and truncated, while they are read and while nobody reads.

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "io/sqlite.h"
#include "tests/live.h"
#include "tests/scratch.h"

namespace vmtrail {
namespace {

namespace fs = std::filesystem;
using testing::lines_of;
using testing::Live;
using testing::Scratch;

std::vector<std::string> capture() {
  return lines_of(testing::file_of("live_migration", "nova.bodies.jsonl"));
}

/// A log, and what writes to it.
struct Log {
  Log() { fs::create_directories(scratch.path("")); }
  void append(std::string_view text, const char* name = "log") const {
    std::ofstream(scratch.path(name), std::ios::app | std::ios::binary) << text;
  }
  void append_lines(const std::vector<std::string>& lines, std::size_t begin,
                    std::size_t end) const {
    std::string text;
    for (std::size_t i = begin; i < end; ++i) text += lines[i] + "\n";
    append(text);
  }
  void rename(const char* from, const char* to) const {
    fs::rename(scratch.path(from), scratch.path(to));
  }
  [[nodiscard]] std::string url() const { return "file://" + scratch.path("log") + "?follow"; }
  [[nodiscard]] std::string state() const { return scratch.path("state"); }

  Scratch scratch;
};

std::string stored_position(const Log& log) {
  auto store = Store::open(log.state(), Store::Access::read);
  REQUIRE(store);
  return *store->position(log.url());
}

TEST_CASE("A file that grows is followed, by lines and by parts of lines") {
  const Log log;
  const auto lines = capture();
  Live live;
  live.open(log.url());  // before there is a file
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  for (std::size_t at = 0; at < all.size(); at += all.size() / 37) {
    log.append(std::string_view(all).substr(at, all.size() / 37));
  }
  CHECK(live.await_events(lines.size()).events == lines.size());
  REQUIRE(live.finish());
  CHECK(testing::differences_from_nova(live.keeper->model(), "live_migration") == "");
  CHECK(live.keeper->counts().total_quarantined() == 0);
}

TEST_CASE("A file that is rotated is read to its end, though written to after its name has gone") {
  const Log log;
  const auto lines = capture();
  Live live;
  log.append_lines(lines, 0, 10);
  live.open(log.url());
  live.await_events(10);
  log.rename("log", "log.1");
  log.append(lines[10] + "\n", "log.1");
  live.await_events(11);
  log.append(lines[11], "log.1");  // the last line has no end
  log.append("");
  log.append_lines(lines, 12, 20);
  live.await_events(20);
  log.rename("log.1", "log.2");
  log.rename("log", "log.1");
  log.append_lines(lines, 20, lines.size());
  const Counts counts = live.await_events(lines.size());
  CHECK(counts.duplicate == 0);
  CHECK(counts.total_quarantined() == 0);
}

TEST_CASE("Any number of rotations while nobody reads loses nothing") {
  const Log log;
  const auto lines = capture();
  log.append_lines(lines, 0, 10);
  {
    Live live({}, log.state());
    live.open(log.url());
    live.await_events(10);
    live.sources.front()->stop();
    REQUIRE(live.finish());
  }
  // Nobody knows how fine the file system's clock is.
  const auto pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds{20}); };
  pause();
  log.append_lines(lines, 10, 15);
  for (const std::size_t begin : {15U, 20U, 25U}) {
    pause();
    for (const int number : {3, 2, 1}) {
      const std::string from = "log." + std::to_string(number);
      if (fs::exists(log.scratch.path(from))) {
        log.rename(from.c_str(), ("log." + std::to_string(number + 1)).c_str());
      }
    }
    log.rename("log", "log.1");
    log.append_lines(lines, begin, begin + 5);
  }
  log.append("not to be read\n", "log.1.gz");
  pause();
  log.append_lines(lines, 30, lines.size());
  Live live({}, log.state());
  live.open(log.url(), stored_position(log));
  const Counts counts = live.await_events(lines.size() - 10);
  CHECK(counts.duplicate == 0);
  CHECK(counts.applied + counts.total_ignored() == lines.size() - 10);
  CHECK(counts.skipped_lines == 0);
  live.sources.front()->stop();
  REQUIRE(live.finish());
  CHECK(testing::differences_from_nova(live.keeper->model(), "live_migration") == "");
}

TEST_CASE("A file that is copied and truncated begins again, also at its old length") {
  const Log log;
  const auto lines = capture();
  Live live;
  log.append_lines(lines, 0, 10);
  live.open(log.url());
  live.await_events(10);
  fs::resize_file(log.scratch.path("log"), 0);
  log.append_lines(lines, 10, 12);
  live.await_events(12);
  // Longer than it was, before anybody looks.
  std::string longer;
  for (std::size_t i = 12; i < 30; ++i) longer += lines[i] + "\n";
  std::ofstream(log.scratch.path("log"), std::ios::binary | std::ios::trunc) << longer;
  CHECK(live.await_events(30).duplicate == 0);
}

TEST_CASE("A restart goes on where the file was left, by one transaction with the events") {
  const Log log;
  const auto lines = capture();
  log.append_lines(lines, 0, 20);
  log.append(lines[20].substr(0, 100));
  std::uint64_t read = 0;
  {
    Live live({}, log.state());
    live.open(log.url());
    live.await_events(20);
    for (const auto& source : live.sources) source->stop();
    REQUIRE(live.finish());
    read = live.keeper->counts().events;
  }
  CHECK(read == 20);
  SECTION("the same file") {
    log.append(lines[20].substr(100) + "\n");
    log.append_lines(lines, 21, lines.size());
  }
  SECTION("renamed meanwhile, and a new one begun") {
    log.append(lines[20].substr(100) + "\n");
    log.append_lines(lines, 21, 30);
    log.rename("log", "log-20261122");
    log.append_lines(lines, 30, lines.size());
  }
  Live live({}, log.state());
  live.open(log.url(), stored_position(log));
  const Counts counts = live.await_events(lines.size() - 20);
  CHECK(counts.duplicate == 0);
  CHECK(counts.total_quarantined() == 0);
  for (const auto& source : live.sources) source->stop();
  REQUIRE(live.finish());
  CHECK(testing::differences_from_nova(live.keeper->model(), "live_migration") == "");
}

TEST_CASE("What was truncated while nobody read is read from its beginning") {
  const Log log;
  const auto lines = capture();
  log.append_lines(lines, 0, 10);
  {
    Live live({}, log.state());
    live.open(log.url());
    live.await_events(10);
  }
  std::string longer;
  for (std::size_t i = 10; i < lines.size(); ++i) longer += lines[i] + "\n";
  std::ofstream(log.scratch.path("log"), std::ios::binary | std::ios::trunc) << longer;
  Live live({}, log.state());
  live.open(log.url(), stored_position(log));
  CHECK(live.await_events(lines.size() - 10).duplicate == 0);
}

TEST_CASE("Without follow a file is read once, to a last line that has no end") {
  const Log log;
  const auto lines = capture();
  log.append_lines(lines, 0, 3);
  log.append(lines[3]);
  Live live;
  live.open("file://" + log.scratch.path("log"));
  CHECK(live.await_events(4).events == 4);
}

TEST_CASE("What cannot be decoded is told with its place in the file, also after a restart") {
  const Log log;
  const auto lines = capture();
  log.append(lines[0] + "\n");
  {
    Live live({}, log.state());
    live.open(log.url());
    live.await_events(1);
  }
  log.append("\n{broken}\n");
  {
    Live live({}, log.state());
    live.open(log.url(), stored_position(log));
    live.await_events(1);
  }
  auto database = Sqlite::open(log.state() + "/vmtrail.db", Sqlite::Mode::read);
  REQUIRE(database);
  std::string places;
  REQUIRE(database->rows("SELECT line || ' ' || offset FROM quarantine",
                         [&](sqlite3_stmt* row) { places += text(row, 0) + ";"; }));
  CHECK(places == "3 " + std::to_string(lines[0].size() + 2) + ";");
}

}  // namespace
}  // namespace vmtrail
