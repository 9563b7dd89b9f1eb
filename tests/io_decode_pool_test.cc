// SPDX-License-Identifier: Apache-2.0
// Whatever the number of jobs, and however the bytes arrive, the same is told.

#include "io/decode_pool.h"

#include <unistd.h>

#include <array>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "io/ahead.h"
#include "io/decoders.h"
#include "tests/compressed.h"
#include "tests/scratch.h"

namespace vmtrail {
namespace {

using testing::gzip;
using testing::Scratch;
using testing::zstd;

constexpr std::array kJobs = {1U, 2U, 3U, 8U};

// Everything that is told, in its order, as text.
class Heard : public InputConsumer {
 public:
  void on_frame(const Frame& frame) override {
    note("frame", std::to_string(frame.offset) + ':' + std::to_string(frame.line) + ':' +
                      std::to_string(frame.bytes.size()) + (frame.too_long ? " too long" : ""));
  }
  void on_coming(std::span<const Matched> coming) override {
    if (coming.size() > kComing || coming_.size() > kComing) FAIL("too many are announced");
    for (const Matched& matched : coming) coming_.emplace_back(matched.message.to_string());
    announced += coming.size();
  }
  void on_event(const Event& event, const Matched& matched) override {
    ++events;
    if (!coming_.empty() && coming_.front() == event.message_id) coming_.pop_front();
    note("event", event.message_id);
    note("type", event.event_type);
    note("time", to_string(event.generated));
    for (const std::string_view field : event.fields) {
      note("field", field.data() == nullptr ? "-" : std::string(field) + ".");
    }
    for (const Trait& trait : event.traits) note(trait.name, trait.value);
    note("message", matched.message.to_string());
    note("request", matched.request.to_string());
    note("instance", matched.instance ? matched.instance->to_string() : "-");
    note("rule", matched.rule == nullptr ? "-" : matched.rule->id);
  }
  void on_undecodable(const Undecodable& bad) override {
    note("undecodable", info(bad.reason).name);
    note("detail", bad.detail);
    note("bytes", bad.bytes);
    note("at", std::to_string(bad.offset) + ':' + std::to_string(bad.line));
  }
  void on_sample() override { note("sample", {}); }
  void on_skipped_line() override { note("skipped line", {}); }
  Result<void> on_progress(std::uint64_t read) override {
    CHECK(read >= bytes_read);
    bytes_read = read;
    return {};
  }
  void on_wait() override { ++waits; }

  [[nodiscard]] bool all_came() const { return coming_.empty(); }

  std::string all;
  std::size_t events = 0;
  std::size_t announced = 0;
  std::uint64_t bytes_read = 0;
  std::size_t waits = 0;

 private:
  void note(std::string_view what, std::string_view text) {
    if (std::this_thread::get_id() != thread_) FAIL("told on another thread");
    all.append(what).append(" ").append(text).append("\n");
  }

  std::deque<std::string> coming_;
  std::thread::id thread_ = std::this_thread::get_id();
};

// The shipped rules, with one that asks for traits that the recordings have, among them numbers and
// what some forms escape.
const RuleSet& rules() {
  static const RuleSet all = [] {
    const std::vector<RulesText> texts = {RuleSet::shipped_text(), {"site.yaml", R"(version: 1
rules:
- id: update.asking
  like: update
  when: {traits: {memory_mb: "-1", service: nobody, user_id: nobody}}
  why: The traits are to be read.
)"}};
    auto parsed = RuleSet::parse(texts);
    if (!parsed) FAIL(parsed.error().detail);
    return std::move(*parsed);
  }();
  return all;
}

// What a decoder finds, matched and told as it comes.
class AtOnce : public EventConsumer {
 public:
  AtOnce(Heard& heard, const RuleSet& by) : heard_(heard), by_(by) {}

  void on_event(const Event& event) override { heard_.on_event(event, Matched(event, by_)); }
  void on_undecodable(const Undecodable& bad) override { heard_.on_undecodable(bad); }
  void on_sample() override { heard_.on_sample(); }
  void on_skipped_line() override { heard_.on_skipped_line(); }

 private:
  Heard& heard_;
  const RuleSet& by_;
};

// Without window, chunk or thread.
Heard heard_at_once(std::string_view text, Format format = Format::any,
                    const RuleSet& by = rules()) {
  Heard heard;
  AtOnce at_once(heard, by);
  Decoder decoder(format, &by.traits());
  Splitter splitter;
  while (const auto frame = splitter.next(text, true)) {
    heard.on_frame(*frame);
    decoder.decode(*frame, at_once);
    text.remove_prefix(splitter.consumed());
  }
  return heard;
}

struct Read {
  Heard heard;
  std::optional<Error> error;
};

Read read(DecodePool& pool, const std::string& path) {
  auto source = ByteSource::open(path);
  REQUIRE(source.has_value());
  Read result;
  if (const auto done = pool.read(*source, result.heard); !done) result.error = done.error();
  if (!result.error) CHECK(result.heard.bytes_read == source->bytes_read());
  CHECK(result.heard.all_came());
  return result;
}

Read read(unsigned jobs, const std::string& path, Format format = Format::any) {
  DecodePool pool({.jobs = jobs, .format = format, .rules = &rules()});
  return read(pool, path);
}

std::string write(const Scratch& scratch, std::string_view bytes) {
  std::ofstream(scratch.path("input"), std::ios::binary | std::ios::trunc) << bytes;
  return scratch.path("input");
}

std::string fixture(const std::string& name) {
  std::ifstream file(std::string(VMTRAIL_FIXTURES) + "/decoder/" + name, std::ios::binary);
  REQUIRE(file);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string repeated(std::string_view text, std::size_t size) {
  std::string all;
  while (all.size() < size) all += text;
  return all;
}

constexpr const char* kFiles[] = {"nova.jsonl",        "http.jsonl",       "notifier.jsonl",
                                  "file.jsonl",        "file.repr.txt",    "collector.py3.log",
                                  "collector.py2.log", "stored_raw.jsonl", "seed.log"};

constexpr std::string_view kEvent =
    R"({"message_id":"m","event_type":"t","generated":"2026-11-22T10:00:00","traits":[]})";

// An event over many lines, as json.tool prints it.
std::string over_lines(std::size_t size) {
  std::string text =
      "{\n  \"message_id\": \"m\",\n  \"event_type\": \"t\",\n"
      "  \"generated\": \"2026-11-22T10:00:00\",\n  \"traits\": [\n";
  for (std::size_t i = 0; text.size() < size; ++i) {
    text += "    [\"x" + std::to_string(i) + "\", 1, \"" + std::string(i % 50, 'y') + "\"],\n";
  }
  return text + "    [\"state\", 1, \"active\"]\n  ]\n}\n";
}

std::string list_of(std::size_t count, std::string_view element, std::string_view between) {
  std::string text = "[";
  for (std::size_t i = 0; i < count; ++i) text.append(i == 0 ? "" : between).append(element);
  return text + "]\n";
}

struct Input {
  std::string name;
  std::string bytes;
};

std::vector<Input> inputs() {
  std::vector<Input> all;
  for (const char* const name : kFiles) all.push_back({name, repeated(fixture(name), 900'000)});
  std::string mixed;
  for (const char* const name : kFiles) mixed += fixture(name);
  all.push_back({"all formats", repeated(mixed, 900'000)});
  all.push_back({"no end of line", repeated(mixed, 600'000) + std::string(kEvent)});
  all.push_back({"empty", ""});
  all.push_back({"blank", std::string(700'000, '\n') + " \t\r\n"});
  all.push_back({"short lines", repeated("x\n\n7\n{\n", 40'000)});
  const std::string good = fixture("http.jsonl");
  all.push_back(
      {"documents over lines", repeated(over_lines(500) + good + over_lines(9'000), 900'000)});
  all.push_back({"a document longer than a chunk", good + over_lines(700'000) + good});
  all.push_back({"a document that never ends",
                 good + "{\"message_id\": {\n" + repeated("  \"x\": [1,\n", 600'000)});
  all.push_back({"a list on one line", good + list_of(9'000, kEvent, ", ") + good});
  all.push_back({"a list over lines", good + list_of(9'000, kEvent, ",\n") + good});
  all.push_back({"a list of nothing much", good + list_of(200'000, "{}", ",") + good});
  all.push_back({"a broken list", good + list_of(9'000, kEvent, ", ,") + good});
  all.push_back({"a long line", good + std::string(1'500'000, 'x') + "\n" + good});
  all.push_back(
      {"a line that is too long",
       good + "{\"message_id\": \"" + std::string(Splitter::kMaxFrame, 'x') + "\"}\n" + good});
  all.push_back({"bytes that are no text",
                 repeated(std::string("\0\xff\xfe{\"a\0\n[\"\x80", 11) + good, 600'000)});
  std::mt19937 random(4);
  for (int i = 0; i < 6; ++i) {
    std::string bytes = repeated(mixed, 400'000);
    constexpr std::string_view kMarks = "{}[]\"'\\,:<> \n\n\n";
    for (int flaw = 0; flaw < 2'000; ++flaw) {
      bytes[random() % bytes.size()] = kMarks[random() % kMarks.size()];
    }
    all.push_back({"flaws, seed " + std::to_string(i), bytes});
  }
  return all;
}

TEST_CASE("any number of jobs tells what one pass over the bytes tells") {
  const Scratch scratch;
  std::vector<std::unique_ptr<DecodePool>> pools;
  for (const unsigned jobs : kJobs) {
    pools.push_back(
        std::make_unique<DecodePool>(DecodePool::Options{.jobs = jobs, .rules = &rules()}));
  }
  for (const Input& input : inputs()) {
    const Heard once = heard_at_once(input.bytes);
    const std::string path = write(scratch, input.bytes);
    for (std::size_t i = 0; i < pools.size(); ++i) {
      INFO(input.name << ", jobs " << kJobs[i]);
      const Read result = read(*pools[i], path);
      CHECK(!result.error);
      CHECK(result.heard.waits == 0);
      CHECK((result.heard.all == once.all));
      if (input.name == "http.jsonl") CHECK(2 * result.heard.announced > result.heard.events);
    }
  }
}

TEST_CASE("each format by its name tells the same with any number of jobs") {
  const Scratch scratch;
  std::string mixed;
  for (const char* const name : kFiles) mixed += fixture(name);
  const std::string path = write(scratch, repeated(mixed, 600'000));
  for (const Format format : {Format::log, Format::ceilometer, Format::oslo, Format::nova,
                              Format::ceilometer_file, Format::zenoss}) {
    const Read alone = read(1, path, format);
    CHECK((alone.heard.all == heard_at_once(repeated(mixed, 600'000), format).all));
    CHECK((read(3, path, format).heard.all == alone.heard.all));
  }
}

TEST_CASE("events of several decoders are matched by what they are") {
  MatchingDecoder ceilometer(Format::ceilometer, rules());
  MatchingDecoder any(Format::any, rules());
  Heard heard;
  Ahead ahead(heard);
  std::vector<std::string> lines;
  for (const char* type : {"compute.instance.create.end", "compute.instance.delete.end"}) {
    for (int i = 0; i < 5; ++i) {
      lines.push_back(R"({"message_id": "22ded3c2-4c5c-4995-8ec0-c4081a676572", "event_type": ")" +
                      std::string(type) +
                      R"(", "generated": "2026-11-22T12:33:25", "traits": [["state", 1, "x"]]})" +
                      std::string(kPadding, ' '));
    }
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view text = std::string_view(lines[i]).substr(0, lines[i].size() - kPadding);
    ahead.decode(i < lines.size() / 2 ? ceilometer : any, {.bytes = text, .padded = true});
  }
  ahead.tell_all();
  for (const char* const rule : {"create.end", "delete.end"}) {
    std::size_t told = 0;
    for (std::size_t at = 0;
         (at = heard.all.find("rule " + std::string(rule) + "\n", at)) != std::string::npos; ++at) {
      ++told;
    }
    CHECK(told == 5);
  }
}

TEST_CASE("texts are told as they are, however long, with escapes or not, and whoever read them") {
  const RuleSet shipped = RuleSet::shipped();
  const Scratch scratch;
  std::mt19937 random(12);
  std::string lines;
  std::string lists;
  std::string list;
  for (int i = 0; i < 12'000; ++i) {
    // Most are short, some fill what is set aside for a few events; no two events tell the same.
    const auto text = [&](char c) {
      static constexpr std::array kEscaped = {R"(\u00e9)", R"(\"q\")", R"(\\)", R"(\ud83d\ude00)"};
      const std::string own = std::to_string(i);
      if (random() % 20 == 0) return kEscaped[random() % kEscaped.size()] + own;
      return own + std::string(random() % 50 == 0 ? random() % 1'000 : random() % 12, c);
    };
    std::string event = R"({"message_id": "22ded3c2-4c5c-4995-8ec0-c4081a676572", "event_type": ")";
    event += random() % 2 == 0 ? "compute.instance.update" : "compute.instance.exists";
    event += R"(", "generated": "2026-11-22T12:33:25.000001", "traits": [["host", 1, ")";
    event += text('h') + R"("], ["display_name", 1, ")" + text('n') + R"("], ["state", 1, ")";
    event += text('s') + R"("], ["tenant_id", 1, ")" + text('t') + "\"]], \"raw\": {}}";
    lines += event + '\n';
    list += (list.empty() ? "[" : ", ") + event;
    if (random() % 30 == 0) lists += std::exchange(list, {}) + "]\n";
  }
  for (const std::string& bytes : {lines, lists}) {
    const std::string path = write(scratch, bytes);
    const Heard once = heard_at_once(bytes, Format::any, shipped);
    for (const unsigned jobs : kJobs) {
      INFO("jobs " << jobs);
      DecodePool pool({.jobs = jobs, .rules = &shipped});
      CHECK((read(pool, path).heard.all == once.all));
    }
  }
}

struct Pipe {
  Pipe() { REQUIRE(::pipe(ends.data()) == 0); }
  ~Pipe() { ::close(ends[0]); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  [[nodiscard]] std::string path() const { return "/dev/fd/" + std::to_string(ends[0]); }
  std::array<int, 2> ends{};
};

void put(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(fd, bytes.data(), bytes.size());
    if (size <= 0) break;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

TEST_CASE("a pipe tells the same, in whatever pieces it comes") {
  std::string mixed;
  for (const char* const name : kFiles) mixed += fixture(name);
  mixed += over_lines(3'000) + list_of(30, kEvent, ",\n") + "{\"broken\": \n";
  struct Case {
    std::size_t size;
    std::size_t step;
  };
  for (const Case& one :
       {Case{0, 1}, Case{30'000, 3}, Case{300'000, 777}, Case{2'000'000, 100'000}}) {
    const std::string bytes = one.size == 0 ? "" : repeated(mixed, one.size);
    const Heard once = heard_at_once(bytes);
    for (const unsigned jobs : kJobs) {
      INFO(one.size << " bytes in pieces of " << one.step << ", jobs " << jobs);
      const Pipe pipe;
      std::thread writer([&] {
        for (std::size_t at = 0; at < bytes.size(); at += one.step) {
          put(pipe.ends[1], std::string_view(bytes).substr(at, one.step));
        }
        ::close(pipe.ends[1]);
      });
      const Read result = read(jobs, pipe.path());
      writer.join();
      CHECK(!result.error);
      CHECK((result.heard.all == once.all));
    }
  }
}

TEST_CASE("an error of the input comes behind everything before it") {
  const Scratch scratch;
  std::mt19937 random(9);
  std::string bytes;  // of which even the compressed form is several chunks long
  while (bytes.size() < 3'000'000) {
    std::string noise(400, ' ');
    for (char& c : noise) c = static_cast<char>('!' + random() % 90);
    bytes += noise + "\n" + std::string(kEvent) + "\n";
  }
  for (const auto& pack : {gzip, zstd}) {
    const std::string stored = pack(bytes);
    const std::string whole = heard_at_once(bytes).all;
    REQUIRE(stored.size() > 4 * ByteSource::kWindow);
    for (const unsigned jobs : kJobs) {
      INFO("jobs " << jobs);
      const Read all = read(jobs, write(scratch, stored));
      CHECK(!all.error);
      CHECK((all.heard.all == whole));

      const std::string cut = write(scratch, std::string_view(stored).substr(0, stored.size() / 2));
      const Read half = read(jobs, cut);
      REQUIRE(half.error);
      CHECK(half.error->code == ErrorCode::cut_short);
      CHECK(half.heard.bytes_read == stored.size() / 2);
      CHECK((half.heard.all == read(1, cut).heard.all));
      CHECK(half.heard.events > 2'000);
    }
  }
}

TEST_CASE("what has come is told before more is waited for") {
  for (const unsigned jobs : kJobs) {
    INFO("jobs " << jobs);
    class Waiting : public Heard {
     public:
      void on_wait() override {
        const std::lock_guard lock(mutex);
        told = events;
        changed.notify_one();
      }
      std::mutex mutex;
      std::condition_variable changed;
      std::size_t told = 0;
    };
    const Pipe pipe;
    std::optional<Waiting> heard;
    std::mutex made;
    std::condition_variable is_made;
    std::thread reader([&] {
      {
        const std::lock_guard lock(made);
        heard.emplace();  // on the thread that is to be told
      }
      is_made.notify_one();
      DecodePool pool({.jobs = jobs, .rules = &rules()});
      auto source = ByteSource::open(pipe.path());
      REQUIRE(source.has_value());
      CHECK(pool.read(*source, *heard).has_value());
    });
    {
      std::unique_lock lock(made);
      is_made.wait(lock, [&] { return heard.has_value(); });
    }
    const std::string line = std::string(kEvent) + "\n";
    std::size_t sent = 0;
    for (const std::size_t count : {1U, 3U, 5'000U, 1U}) {
      put(pipe.ends[1], repeated(line, count * line.size()));
      put(pipe.ends[1], kEvent.substr(0, 20));  // the beginning of the next
      // The line before may yet turn out to go on: it counts once the next has begun.
      sent += count;
      std::unique_lock lock(heard->mutex);
      heard->changed.wait(lock, [&] { return heard->told == sent; });
      lock.unlock();
      put(pipe.ends[1], line.substr(20));
      ++sent;
    }
    ::close(pipe.ends[1]);
    reader.join();
    CHECK(heard->events == sent);
  }
}

TEST_CASE("a consumer that fails ends the reading, and the pool goes on with the next input") {
  const Scratch scratch;
  const std::string bytes = repeated(fixture("http.jsonl"), 5'000'000);
  const std::string path = write(scratch, bytes);
  const std::string whole = heard_at_once(bytes).all;
  class Failing : public Heard {
   public:
    Result<void> on_progress(std::uint64_t) override {
      if (++calls < 3) return {};
      return tl::unexpected(Error{ErrorCode::store_error, "full"});
    }
    int calls = 0;
  };
  for (const unsigned jobs : kJobs) {
    INFO("jobs " << jobs);
    DecodePool pool({.jobs = jobs, .rules = &rules()});
    for (int round = 0; round < 3; ++round) {
      auto source = ByteSource::open(path);
      REQUIRE(source.has_value());
      Failing failing;
      const auto done = pool.read(*source, failing);
      REQUIRE(!done.has_value());
      CHECK(done.error().code == ErrorCode::store_error);
      CHECK(failing.calls == 3);
      CHECK(failing.events > 0);
      CHECK((whole.compare(0, failing.all.size(), failing.all) == 0));
      CHECK((read(pool, path).heard.all == whole));
    }
  }
}

TEST_CASE("the threads of a pool have names") {
  DecodePool pool({.jobs = 3, .rules = &rules()});
  std::set<std::string> found;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "comm");
    std::string name;
    std::getline(file, name);
    if (name.starts_with("decode-")) found.insert(name);
  }
  CHECK(found == std::set<std::string>{"decode-0", "decode-1"});
}

}  // namespace
}  // namespace vmtrail
