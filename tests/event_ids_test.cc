// SPDX-License-Identifier: Apache-2.0
// Identifiers.

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "vmtrail/ids.h"

using namespace vmtrail;

namespace {

std::string text_of(const CompactText& text) {
  std::string out;
  text.append_to(out);
  return out;
}

/// Random UUIDs, of any variant and also in upper case, and texts that are nearly UUIDs or nothing
/// like it.
std::vector<std::string> texts() {
  std::mt19937_64 random(7);
  std::vector<std::string> all = {"",
                                  "x",
                                  "req-",
                                  "00000000-0000-0000-0000-000000000000",
                                  "ffffffff-ffff-ffff-ffff-ffffffffffff",
                                  "00000000-0000-0000-8000-000000000000",
                                  "3538a01c-ab8d-4e64-b0ff-6e8fe270e06",
                                  "3538a01c-ab8d-4e64-b0ff-6e8fe270e06aa",
                                  "3538a01cxab8d-4e64-b0ff-6e8fe270e06a",
                                  std::string(2000, 'y'),
                                  std::string("a\0b", 3),
                                  "g538a01c-ab8d-4e64-b0ff-6e8fe270e06a",
                                  "dff86553c2a24cf9"};
  for (int i = 0; i < 300; ++i) {
    std::string text;
    for (int k = 0; k < 36; ++k) {
      const bool dash = k == 8 || k == 13 || k == 18 || k == 23;
      text.push_back(dash ? '-' : "0123456789abcdef"[random() % 16]);
    }
    if (i % 3 == 0) text[19] = "89ab"[random() % 4];
    if (i % 10 == 0) text[random() % 8] = 'A';
    all.push_back(text);
  }
  return all;
}

}  // namespace

TEST_CASE("an instance id is a UUID in any case and prints in lower case") {
  const auto lower = InstanceId::parse("87be4b45-e214-4ca3-8f5c-1bd31159f9e4");
  const auto upper = InstanceId::parse("87BE4B45-E214-4CA3-8F5C-1BD31159F9E4");
  REQUIRE(lower);
  REQUIRE(upper);
  CHECK(*lower == *upper);
  CHECK(lower->hash() == upper->hash());
  CHECK(upper->to_string() == "87be4b45-e214-4ca3-8f5c-1bd31159f9e4");
  CHECK(InstanceId().to_string() == "00000000-0000-0000-0000-000000000000");
}

TEST_CASE("anything else is no instance id") {
  for (const char* text :
       {"", "87be4b45e2144ca38f5c1bd31159f9e4", "87be4b45-e214-4ca3-8f5c-1bd31159f9e",
        "{87be4b45-e214-4ca3-8f5c-1bd31159f9e4}", "87be4b45-e214-4ca3-8f5c-1bd31159f9eg",
        "87be4b45-e214-4ca3-8f5c_1bd31159f9e4", "87be4b45-e214-4ca3-8f5c-1bd31159f9e4 ",
        "instance-0000000187be4b45e2144ca38f5"}) {
    INFO(text);
    CHECK_FALSE(InstanceId::parse(text));
  }
}

TEST_CASE("every character of an instance id is looked at") {
  const std::string good = "01234567-89ab-cdef-fedc-ba9876543210";
  REQUIRE(InstanceId::parse(good)->to_string() == good);
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = good;
      text[at] = static_cast<char>(byte);
      const bool digit = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
                         (byte >= 'A' && byte <= 'F');
      const auto id = InstanceId::parse(text);
      INFO(text);
      REQUIRE(id.has_value() == (good[at] == '-' ? byte == '-' : digit));
      if (!id) continue;
      if (byte >= 'A' && byte <= 'F') text[at] = static_cast<char>(byte - 'A' + 'a');
      CHECK(id->to_string() == text);
    }
  }
}

TEST_CASE("the order of instance ids is that of their texts") {
  std::vector<InstanceId> ids;
  for (const std::string& text : texts()) {
    if (const auto id = InstanceId::parse(text)) ids.push_back(*id);
  }
  REQUIRE(ids.size() > 100);
  std::sort(ids.begin(), ids.end());
  CHECK(std::is_sorted(ids.begin(), ids.end(),
                       [](const auto& a, const auto& b) { return a.to_string() < b.to_string(); }));
}

TEST_CASE("a compact text gives back what it was made of") {
  for (const std::string& text : texts()) {
    INFO(text);
    const CompactText compact(text);
    CHECK(text_of(compact) == text);
    CHECK(compact.empty() == text.empty());
    const CompactText copy = compact;
    CHECK(copy == compact);
    CHECK(copy.hash() == compact.hash());
    CompactText moved;
    moved = CompactText(text);
    CHECK(moved == compact);
    CompactText target("something else that is on the heap");
    target = std::move(moved);
    CHECK(text_of(target) == text);
    target = copy;
    CHECK(target == CompactText(text));
  }
}

TEST_CASE("compact texts compare as the texts do") {
  const std::vector<std::string> all = texts();
  for (const std::string& a : all) {
    for (const std::string& b : all) {
      const CompactText one(a);
      const CompactText other(b);
      if ((one <=> other) != (a <=> b) || (one == other) != (a == b)) FAIL(a << " and " << b);
      if (a == b && one.hash() != other.hash()) FAIL("hash of " << a);
    }
  }
}

TEST_CASE("hashes of ids are spread") {
  std::set<std::size_t> low_bits;
  std::string text = "00000000-0000-4000-8000-000000000000";
  for (int i = 0; i < 256; ++i) {
    text[0] = "0123456789abcdef"[i / 16];
    text[1] = "0123456789abcdef"[i % 16];
    low_bits.insert(InstanceId::parse(text)->hash() % 1024);
  }
  CHECK(low_bits.size() > 200);
}

TEST_CASE("nobody who chooses ids can choose their hashes") {
  // With a number that is always the same, all that have it as a half would have one hash.
  std::set<std::size_t> hashes;
  for (unsigned i = 0; i < 1000; ++i) {
    const std::string number = std::to_string(1000 + i);
    hashes.insert(InstanceId::parse("9e3779b9-7f4a-7c15-8000-00000000" + number)->hash());
    hashes.insert(MessageId("9e3779b9-7f4a-7c15-9000-00000000" + number).hash());
    hashes.insert(MessageId("no UUID " + number).hash());
  }
  CHECK(hashes.size() > 2900);
}

TEST_CASE("a request id keeps its prefix") {
  for (const char* text : {"req-d4c27d06-6329-4ce0-adb5-370b8ca83a22",
                           "d4c27d06-6329-4ce0-adb5-370b8ca83a22", "req-", "req-x", "x", ""}) {
    INFO(text);
    CHECK(RequestId(text).to_string() == text);
    CHECK(RequestId(text).empty() == std::string_view(text).empty());
    CHECK(RequestId(text) == RequestId(text));
  }
  CHECK_FALSE(RequestId("req-x") == RequestId("x"));
  CHECK_FALSE(RequestId("req-req-x") == RequestId("req-x"));
}

TEST_CASE("message ids order by their texts") {
  CHECK(MessageId("a") < MessageId("b"));
  CHECK(MessageId("3538a01c-ab8d-4e64-b0ff-6e8fe270e06a") <
        MessageId("8db64329-606c-4184-9b5b-eb815166cb17"));
  CHECK(MessageId("x").to_string() == "x");
  CHECK(MessageId().empty());
}

TEST_CASE("the ids of an event are what they are one by one") {
  const std::vector<std::string> all = texts();
  std::mt19937_64 random(8);
  const auto any = [&]() -> const std::string& { return all[random() % all.size()]; };
  for (int i = 0; i < 5000; ++i) {
    const std::string message = any();
    const std::string request = (random() % 2 == 0 ? "req-" : "") + any();
    const std::string instance = any();
    const EventIds ids(message, request, instance);
    INFO(message << " | " << request << " | " << instance);
    REQUIRE(ids.message == MessageId(message));
    REQUIRE(ids.request == RequestId(request));
    REQUIRE(ids.instance == InstanceId::parse(instance));
    REQUIRE(ids.message.to_string() == message);
    REQUIRE(ids.request.to_string() == request);
  }
}

TEST_CASE("every character of each id of an event is looked at") {
  const std::string good = "01234567-89ab-cdef-a000-ba9876543210";
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = good;
      text[at] = static_cast<char>(byte);
      const EventIds ids(text, text, text);
      INFO(text);
      REQUIRE(ids.message.to_string() == text);
      REQUIRE(ids.request.to_string() == text);
      REQUIRE(ids.instance == InstanceId::parse(text));
    }
  }
}
