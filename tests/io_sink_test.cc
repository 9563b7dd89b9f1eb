// SPDX-License-Identifier: Apache-2.0
// Sinks: what they are sent, and what one that is slow or away costs the others.

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <atomic>

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "io/sink_file.h"
#include "tests/live.h"
#include "tests/scratch.h"

namespace vmtrail {
namespace {

using testing::contents;
using testing::HandSource;
using testing::lines_of;
using testing::Live;
using testing::Receiver;
using testing::Scratch;

constexpr std::chrono::milliseconds kSoon{1};

std::chrono::steady_clock::time_point patience() {
  return std::chrono::steady_clock::now() + testing::kPatience;
}

SinkForm form_of(const std::string& url) {
  return *sink_form(*parse_url(url));
}

void play(Live& live, const std::string& scenario) {
  HandSource source(live.intake);
  for (const std::string& line : lines_of(testing::file_of(scenario, "nova.bodies.jsonl"))) {
    source.put(line);
  }
  source.settled_all();
}

std::vector<std::uint64_t> sequences(const std::vector<std::string>& lines) {
  std::vector<std::uint64_t> all;
  for (const std::string& line : lines) {
    all.push_back(std::stoull(nlohmann::json::parse(line)["sequence"].get<std::string>()));
  }
  return all;
}

std::vector<std::uint64_t> from_one_to(Sequence last) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t i = 1; i <= static_cast<std::uint64_t>(last); ++i) all.push_back(i);
  return all;
}

TEST_CASE("A sink gets every record once and in order: one with a filter gets what it asked for") {
  Live live({.zenoss = true});
  Receiver all;
  Receiver moves;
  Receiver zenoss;
  SinkFeed all_feed({.name = "all"}, all.sink(), live.records);
  SinkFeed moves_feed({.name = "moves", .form = form_of("stdout:?types=*.moved&types=migration.*")},
                      moves.sink(), live.records);
  SinkFeed zenoss_feed({.name = "zenoss", .form = form_of("stdout:?format=zenoss")}, zenoss.sink(),
                       live.records);
  play(live, "live_migration");
  const Sequence last = live.records.newest();
  const auto lines = all.up_to(last);
  CHECK(sequences(lines) == from_one_to(last));
  std::vector<std::string> wanted;
  for (const std::string& line : lines) {
    const auto type = nlohmann::json::parse(line)["type"].get<std::string>();
    if (type == "vmtrail.instance.moved" || type.rfind("vmtrail.migration.", 0) == 0) {
      wanted.push_back(line);
    }
  }
  REQUIRE_FALSE(wanted.empty());
  REQUIRE(wanted.size() < lines.size());
  REQUIRE(moves_feed.await(last, patience()));
  CHECK(moves.up_to(Sequence{sequences(wanted).back()}) == wanted);
  const auto zenoss_lines = zenoss.up_to(last);
  CHECK(zenoss_lines.size() == lines.size());
  CHECK(nlohmann::json::parse(zenoss_lines.front()).contains("eventClassKey"));
}

TEST_CASE("A sink that is slow or away delays only itself, and gets all when it is back") {
  Live live;
  Receiver well;
  Receiver away;
  Receiver held;
  away.go_away();
  held.hold();
  const auto options = [](const char* name) {
    return SinkFeed::Options{.name = name, .first_pause = kSoon, .last_pause = kSoon};
  };
  SinkFeed well_feed(options("well"), well.sink(), live.records);
  SinkFeed away_feed(options("away"), away.sink(), live.records);
  SinkFeed held_feed(options("held"), held.sink(), live.records);
  play(live, "live_migration");
  const Sequence last = live.records.newest();
  CHECK(sequences(well.up_to(last)) == from_one_to(last));
  away.await_attempt();
  held.await_attempt();
  CHECK(away_feed.cursor() == Sequence{0});
  CHECK(held_feed.cursor() == Sequence{0});
  away.come_back();
  held.come_back();
  CHECK(away.up_to(last) == well.up_to(last));
  CHECK(held.up_to(last) == well.up_to(last));
  CHECK(away_feed.failures() > 0);
}

TEST_CASE("A sink that has fallen behind catches up from the store by sequence") {
  const Scratch scratch;
  const std::string form =
      GENERATE("stdout:", "stdout:?format=zenoss", "stdout:?types=migration.*");
  Live live({.zenoss = true}, scratch.path(), 1);  // one batch is kept
  Receiver well;
  Receiver away;
  away.go_away();
  // On a busy machine it, too, may need the store now and then.
  SinkFeed well_feed({.name = "well", .form = form_of(form), .state = scratch.path()}, well.sink(),
                     live.records);
  SinkFeed away_feed({.name = "away",
                      .form = form_of(form),
                      .state = scratch.path(),
                      .first_pause = kSoon,
                      .last_pause = kSoon},
                     away.sink(), live.records);
  for (const std::string& scenario : testing::scenarios()) {
    play(live, scenario);
    REQUIRE(well_feed.await(live.records.newest(), patience()));
  }
  away.come_back();
  while (!away_feed.await(live.records.newest(), patience())) {
  }
  CHECK(away.up_to(Sequence{1}) == well.up_to(Sequence{1}));
  CHECK(away_feed.compacted() == 0);
}

TEST_CASE(
    "Records that were not kept in Zenoss' form are counted as lost by a sink that wants it") {
  const Scratch scratch;
  Live live({}, scratch.path(), 1);
  play(live, "boot");
  play(live, "delete");
  Receiver receiver;
  SinkFeed::Options options;
  options.form = form_of("stdout:?format=zenoss");
  options.state = scratch.path();
  SinkFeed feed(std::move(options), receiver.sink(), live.records);
  // The last batch is in memory, and it, too, lacks that form.
  const Sequence newest = live.records.newest();
  REQUIRE(feed.await(newest, patience()));
  CHECK(receiver.up_to(Sequence{0}).empty());
  CHECK(feed.compacted() == static_cast<std::uint64_t>(newest));
}

TEST_CASE("Without a store a sink that has fallen behind is told how much it lost") {
  Live live({}, {}, 1);
  Receiver away;
  away.go_away();
  SinkFeed feed({.name = "away", .first_pause = kSoon, .last_pause = kSoon}, away.sink(),
                live.records);
  play(live, "boot");
  away.await_attempt();
  play(live, "live_migration");
  play(live, "delete");
  away.come_back();
  const Sequence last = live.records.newest();
  const auto got = sequences(away.up_to(last));
  CHECK(feed.compacted() > 0);
  CHECK(got.size() + feed.compacted() == static_cast<std::uint64_t>(last));
}

TEST_CASE("A cursor is stored with the records, and a restart goes on behind it") {
  const Scratch scratch;
  Sequence half{};
  {
    Receiver receiver;
    std::optional<SinkFeed> feed;
    std::atomic<SinkFeed*> known = nullptr;  // the keeper asks while it is made
    Live live({.cursors =
                   [&] {
                     const SinkFeed* const there = known;
                     return Cursors{{"r", there != nullptr ? there->cursor() : Sequence{0}}};
                   }},
              scratch.path());
    known = &feed.emplace(SinkFeed::Options{.name = "r"}, receiver.sink(), live.records);
    play(live, "boot");
    half = live.records.newest();
    receiver.up_to(half);
    feed->stop();
    REQUIRE(live.finish());
    REQUIRE(live.keeper->save_cursors());
  }
  auto store = Store::open(scratch.path(), Store::Access::read);
  REQUIRE(store);
  CHECK(*store->cursor("r") == half);
  CHECK_FALSE(store->cursor("nobody")->has_value());
  Live live({}, scratch.path());
  Receiver receiver;
  SinkFeed feed({.name = "r", .behind = half, .state = scratch.path()}, receiver.sink(),
                live.records);
  play(live, "live_migration");
  CHECK(sequences(receiver.up_to(live.records.newest())).front() ==
        static_cast<std::uint64_t>(half) + 1);
}

TEST_CASE("A file sink appends lines, rotates, and makes a file that was moved away anew") {
  const Scratch scratch;
  std::filesystem::create_directories(scratch.path(""));
  const std::string path = scratch.path("records");
  auto sink = open_sink(*parse_url("file://" + path + "?rotate=1k"));
  REQUIRE(sink);
  const std::string text(399, 'x');
  OutgoingRecord record{Sequence{0}, "instance.moved", text};
  const auto send = [&] {
    record.sequence = Sequence{static_cast<std::uint64_t>(record.sequence) + 1};
    REQUIRE((*sink)->send(std::span(&record, 1), {}));
  };
  for (int i = 0; i < 5; ++i) send();
  CHECK(contents(path) == text + "\n");
  CHECK(contents(path + ".1").size() == 800);
  CHECK(contents(path + ".2").size() == 800);
  std::filesystem::rename(path, path + ".moved");
  send();
  CHECK(contents(path) == text + "\n");
}

TEST_CASE("However many records are sent at once, no file becomes larger than it may") {
  const Scratch scratch;
  std::filesystem::create_directories(scratch.path(""));
  const std::string path = scratch.path("records");
  auto sink = open_sink(*parse_url("file://" + path + "?rotate=1k"));
  REQUIRE(sink);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 10; ++i) texts.push_back(std::to_string(i) + std::string(398, 'x'));
  texts[5].resize(2'000, 'y');  // one that has no room in any
  std::vector<OutgoingRecord> records;
  for (const std::string& text : texts) {
    records.push_back({Sequence{records.size() + 1}, "instance.moved", text});
  }
  REQUIRE((*sink)->send(records, {}));
  std::string all;
  for (const char* const number : {".5", ".4", ".3", ".2", ".1", ""}) {
    const std::string lines = contents(path + number);
    CHECK((lines.size() <= 1'000 || lines == texts[5] + "\n"));
    all += lines;
  }
  std::string wanted;
  for (const std::string& text : texts) wanted += text + "\n";
  CHECK(all == wanted);
  // What comes again behind a failure is not written twice.
  REQUIRE((*sink)->send(records, {}));
  CHECK(contents(path) == texts[8] + "\n" + texts[9] + "\n");
}

TEST_CASE("A pipe that nobody opens or reads can be given up at any time") {
  const Scratch scratch;
  std::filesystem::create_directories(scratch.path(""));
  const std::string path = scratch.path("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  auto sink = open_sink(*parse_url("file://" + path));
  REQUIRE(sink);
  const std::string text(1 << 20, 'x');
  const OutgoingRecord record{Sequence{1}, "instance.moved", text};
  CHECK_FALSE((*sink)->send(std::span(&record, 1), {}));
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  REQUIRE(reader >= 0);
  std::stop_source stop;
  Result<void> sent;
  std::jthread sender([&] { sent = (*sink)->send(std::span(&record, 1), stop.get_token()); });
  testing::await([&] {
    int waiting = 0;
    return ::ioctl(reader, FIONREAD, &waiting) == 0 && waiting > 0;
  });
  stop.request_stop();
  sender.join();
  CHECK_FALSE(sent);
  ::close(reader);
}

TEST_CASE("A file that cannot be rotated grows on, and loses nothing") {
  const Scratch scratch;
  const std::string path = scratch.path("records");
  for (int i = 1; i <= kRotated; ++i) {
    std::filesystem::create_directories(path + "." + std::to_string(i) + "/full");
  }
  auto sink = open_sink(*parse_url("file://" + path + "?rotate=1k"));
  REQUIRE(sink);
  const std::string text(399, 'x');
  OutgoingRecord record{Sequence{0}, "instance.moved", text};
  const auto send = [&] {
    record.sequence = Sequence{static_cast<std::uint64_t>(record.sequence) + 1};
    REQUIRE((*sink)->send(std::span(&record, 1), {}));
  };
  for (int i = 0; i < 5; ++i) send();
  CHECK(contents(path).size() == 2000);
}

TEST_CASE("A file sink goes on behind half a record on a line of its own") {
  const Scratch scratch;
  std::filesystem::create_directories(scratch.path(""));
  const std::string path = scratch.path("records");
  const OutgoingRecord record{Sequence{2}, "instance.moved", "{\"whole\":2}"};
  for (const std::string before : {"", "{\"whole\":1}\n", "{\"whole\":1}\n{\"ha"}) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << before;
    auto sink = open_sink(*parse_url("file://" + path));
    REQUIRE(sink);
    REQUIRE((*sink)->send(std::span(&record, 1), {}));
    const bool half = !before.empty() && before.back() != '\n';
    CHECK(contents(path) == before + (half ? "\n" : "") + "{\"whole\":2}\n");
  }
}

TEST_CASE("A file sink that cannot write leaves no half of a line, and mends") {
  const Scratch scratch;
  const std::string path = scratch.path("none") + "/records";
  auto sink = open_sink(*parse_url("file://" + path));
  REQUIRE(sink);
  const OutgoingRecord record{Sequence{1}, "instance.moved", "{}"};
  const auto sent = (*sink)->send(std::span(&record, 1), {});
  REQUIRE_FALSE(sent);
  CHECK_THAT(sent.error().detail, Catch::Contains("No such file"));
  std::filesystem::create_directories(scratch.path("none"));
  REQUIRE((*sink)->send(std::span(&record, 1), {}));
  CHECK(contents(path) == "{}\n");
  auto full = open_sink(*parse_url("file:///dev/full"));
  REQUIRE(full);
  CHECK_THAT((*full)->send(std::span(&record, 1), {}).error().detail,
             Catch::Contains("No space left"));
}

TEST_CASE("A sink that is misspelled is refused, with what was meant") {
  const auto error = [](const char* url) {
    const auto form = sink_form(*parse_url(url));
    return form ? "" : form.error().detail;
  };
  CHECK_THAT(error("flie:///x"), Catch::Contains("did you mean 'file:'"));
  CHECK_THAT(error("file:///x?rotat=1M"), Catch::Contains("did you mean 'rotate'"));
  CHECK_THAT(error("stdout:?types=instance.move"), Catch::Contains("no record is of type"));
  CHECK_THAT(error("stdout:?format=xml"), Catch::Contains("cloudevents or zenoss"));
  const auto opened = open_sink(*parse_url("file:///x?rotate=much"));
  REQUIRE_FALSE(opened);
  CHECK_THAT(opened.error().detail, Catch::Contains("wants a size"));
}

}  // namespace
}  // namespace vmtrail
