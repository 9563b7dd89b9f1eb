// SPDX-License-Identifier: Apache-2.0
// How texts and records are written as JSON.

#include <catch2/catch.hpp>

#include <random>
#include <string>
#include <vector>

#include "model/text.h"
#include "tests/model_stream.h"
#include "vmtrail/cloudevents.h"

namespace vmtrail {
namespace {

using namespace testing;

std::string naive(std::string_view text) {
  if (text.empty()) return "null";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n' || c == '\r' || c == '\t') {
      out += {'\\', c == '\n' ? 'n' : c == '\r' ? 'r' : 't'};
    } else if (byte < 0x20 || byte == 0x7f) {
      out += {'\\', 'u', '0', '0', "0123456789abcdef"[byte / 16], "0123456789abcdef"[byte % 16]};
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string written(std::string_view text) {
  std::string out = "before";
  append_json(out, text);
  return out.substr(6);
}

/// Nothing that needs to be escaped, and no two neighbours alike.
std::string plain(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += "aB_-\xc3\xa9 !#[]~"[i % 12];
  return text;
}

TEST_CASE("Any byte anywhere in a text of any length is written as a plain writer does") {
  for (std::size_t size = 0; size < 70; ++size) {
    REQUIRE(written(plain(size)) == naive(plain(size)));
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text = plain(size);
        text[at] = static_cast<char>(byte);
        if (written(text) != naive(text)) FAIL("byte " << byte << " at " << at << " of " << size);
      }
    }
  }
}

TEST_CASE("A copied text is the text, and nothing beyond it is touched") {
  for (std::size_t size = 0; size < 100; ++size) {
    std::string to(120, '.');
    CHECK(put_text(to.data(), plain(size)) == to.data() + size);
    CHECK(to == plain(size) + std::string(120 - size, '.'));
  }
}

TEST_CASE("Texts as long and as hostile as they come have room in a record") {
  for (const unsigned size : {1U, 20U, 300U, 1024U, 20'000U}) {
    INFO(size << " bytes");
    const std::string text(size, '\x01');
    OperationSummary operation{};
    operation.request_id = RequestId(text);
    operation.source = operation.destination = text;
    Migration migration{};
    migration.request_id = RequestId(text);
    migration.source = migration.destination = text;
    const std::vector<Interval> timeline(3, Interval{text, {}, {}, {}, "boot"});
    for (const RecordType type : {RecordType::migration_failed, RecordType::history_corrected}) {
      ChangeRecord record;
      record.type = type;
      record.subject = text;
      record.instance = {text, text};
      record.from = record.to = Side{"host", text};
      record.operation = operation;
      record.migration = migration;
      record.cause = Cause{text, text, text, text, text, text};
      record.timeline = timeline;
      record.summary = text;
      std::string out;
      append_cloudevent(out, record, text);
      std::size_t texts = 0;
      for (std::size_t at = 0; (at = out.find(naive(text), at)) != std::string::npos; ++texts) {
        at += naive(text).size();
      }
      CHECK(texts == 17);
      CHECK(out.ends_with("}}"));
    }
  }
}

/// Writes some of the records after those that others have written before, and each by itself.
class WrittenTwice : public RecordConsumer {
 public:
  WrittenTwice(CloudEvents& shared, std::mt19937& random) : shared_(shared), random_(random) {}

  void on_record(const ChangeRecord& record) override {
    if (random_() % 4 == 0) return;
    std::string alone;
    append_cloudevent(alone, record, "vmtrail/test");
    std::string after_others;
    shared_.append(after_others, record);
    REQUIRE(after_others == alone);
  }

 private:
  CloudEvents& shared_;
  std::mt19937& random_;
};

TEST_CASE("Records are written alike by one writer for several models that leaves some out") {
  std::mt19937 random(5);
  CloudEvents shared("vmtrail/test");
  WrittenTwice records(shared, random);
  NoQuarantine quarantine;
  Model models[2];
  Dispatcher dispatchers[] = {{shipped_rules(), models[0], records, quarantine},
                              {shipped_rules(), models[1], records, quarantine}};
  for (int trial = 0; trial < 200; ++trial) {
    const std::string request = "req-" + std::to_string(trial);
    for (Made& event : live_migration(request, trial * 2000, trial % 2 == 0 ? "a" : "b",
                                      trial % 2 == 0 ? "b" : "a")) {
      event.fields[Field::display_name] = "web\t" + std::to_string(trial % 3);
      event.fields[Field::state] = random() % 4 == 0 ? "error" : "active";
      event.message_id += request;
      // Late, early, and to both or to one of them.
      event.generated += std::chrono::milliseconds{random() % 4000};
      for (Dispatcher& dispatcher : dispatchers) {
        if (random() % 4 != 0) dispatcher.on_event(event.event());
      }
    }
  }
}

}  // namespace
}  // namespace vmtrail
