// SPDX-License-Identifier: Apache-2.0
// Records that are written later, by whichever thread, are those that would have been written at
// once.

#include "io/record_backlog.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/scratch.h"

namespace vmtrail {
namespace {

using testing::contents;
using testing::Scratch;

constexpr char kSource[] = "vmtrail/test";

// Made-up records, of one occasion now and then, all of whose text is gone once they are told.
class Records {
 public:
  explicit Records(unsigned seed) : random_(seed) {}

  const ChangeRecord& next() {
    const bool shares = sequence_ > 0 && record_.occasion != Sequence{} && chance(3);
    record_.sequence = Sequence{++sequence_};
    if (!shares) begin();
    record_.type = static_cast<RecordType>(random_() % kRecordTypes);
    record_.severity = static_cast<Severity>(random_() % 3);
    record_.from.reset();
    record_.to.reset();
    if (chance(2)) record_.from = Side{text(), text()};
    if (chance(2)) record_.to = Side{text(), text()};
    record_.migration.reset();
    if (chance(3)) {
      record_.migration = Migration{id(),
                                    MigrationKind::resize,
                                    request(),
                                    text(),
                                    text(),
                                    Outcome::completed,
                                    time(),
                                    chance(2) ? std::optional(time()) : std::nullopt,
                                    chance(2) ? std::optional(time()) : std::nullopt};
    }
    timeline_.clear();
    for (auto i = random_() % 4; i > 0; --i) {
      timeline_.push_back({text(), time(), chance(2) ? std::optional(time()) : std::nullopt,
                           Confidence::confirmed, text()});
    }
    record_.timeline = timeline_;
    hit_.clear();
    for (auto i = random_() % 3; i > 0; --i) hit_.push_back(id());
    record_.hit = hit_;
    record_.summary = chance(200) ? long_text() : text();
    return record_;
  }

  // Where it stood is something else now.
  void forget() {
    for (std::size_t i = shared_texts_; i < texts_.size(); ++i) {
      std::fill(texts_[i].begin(), texts_[i].end(), '?');
    }
  }

 private:
  void begin() {
    texts_.clear();
    record_.occasion = chance(8) ? Sequence{} : record_.sequence;
    record_.time = time();
    record_.subject = text();
    record_.instance.reset();
    if (!chance(5)) record_.instance = ChangeRecord::Instance{text(), text()};
    record_.confidence = Confidence::probable;
    record_.late = chance(2);
    record_.operation.reset();
    if (!chance(3)) {
      record_.operation = OperationSummary{text(),
                                           request(),
                                           Outcome::failed,
                                           text(),
                                           text(),
                                           time(),
                                           chance(2) ? std::optional(time()) : std::nullopt};
    }
    record_.cause.reset();
    if (!chance(4)) record_.cause = Cause{text(), text(), text(), text(), text(), text()};
    shared_texts_ = texts_.size();
  }

  bool chance(unsigned of) { return random_() % of == 0; }
  std::string_view text() {
    std::string& made = texts_.emplace_back(random_() % 40, ' ');
    for (char& c : made) c = "abcdefgh-\"\\.0123"[random_() % 16];
    return made;
  }
  std::string_view long_text() { return texts_.emplace_back(100'000, 'l'); }
  Time time() { return Time(std::chrono::seconds(random_())); }
  InstanceId id() { return *InstanceId::parse(uuid()); }
  std::string uuid() {
    std::string made = "00000000-0000-4000-8000-000000000000";
    for (char& c : made) {
      if (c == '0') c = "0123456789abcdef"[random_() % 16];
    }
    return made;
  }
  RequestId request() {
    switch (random_() % 4) {
      case 0:
        return {};
      case 1:
        return RequestId(uuid());
      case 2:
        return RequestId("req-" + uuid());
      default:
        return RequestId("req-of-a-tenant's-own");
    }
  }

  std::mt19937 random_;
  std::uint64_t sequence_ = 0;
  ChangeRecord record_;
  std::deque<std::string> texts_;  // of which so many are the occasion's
  std::size_t shared_texts_ = 0;
  std::vector<Interval> timeline_;
  std::vector<InstanceId> hit_;
};

TEST_CASE("Whoever writes them, records that waited are those that were told, in their order") {
  const unsigned helpers = GENERATE(0U, 1U, 3U);
  const Scratch scratch;
  auto file = OutputFile::open(scratch.path("records"));
  REQUIRE(file);
  std::string expected;
  {
    RecordBacklog backlog(*file, kSource);
    std::atomic<bool> over = false;
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < helpers; ++i) {
      threads.emplace_back([&] {
        while (!over) {
          if (!backlog.write_some()) std::this_thread::yield();
        }
      });
    }
    Records records(helpers);
    for (int i = 0; i < 20'000; ++i) {
      const ChangeRecord& record = records.next();
      append_cloudevent(expected, record, kSource);
      expected += '\n';
      backlog.on_record(record);
      records.forget();
      if (i % 7'001 == 0) {
        backlog.flush();
        CHECK(contents(scratch.path("records")) == expected);
      }
    }
    backlog.flush();
    over = true;
  }
  CHECK(contents(scratch.path("records")) == expected);
  REQUIRE(file->close());
}

TEST_CASE("A backlog that nobody writes stays small, and without records nothing is written") {
  const Scratch scratch;
  auto file = OutputFile::open(scratch.path("records"));
  REQUIRE(file);
  RecordBacklog backlog(*file, kSource);
  CHECK_FALSE(backlog.write_some());
  backlog.flush();
  CHECK(contents(scratch.path("records")).empty());
  Records records(7);
  for (int i = 0; i < 10'000; ++i) backlog.on_record(records.next());
  // What does not fit into it has reached the file, but for what that buffers.
  std::string written = contents(scratch.path("records"));
  CHECK(std::count(written.begin(), written.end(), '\n') > 8'000);
  backlog.flush();
  written = contents(scratch.path("records"));
  CHECK(std::count(written.begin(), written.end(), '\n') == 10'000);
}

}  // namespace
}  // namespace vmtrail
