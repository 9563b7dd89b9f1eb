// SPDX-License-Identifier: Apache-2.0
// Accept-Encoding, entity tags and origins, case by case.

#include "io/http_negotiation.h"

#include <catch2/catch.hpp>

#include "io/http_cors.h"

namespace vmtrail {
namespace {

TEST_CASE("gzip is for who names it with a weight that is not 0") {
  struct Case {
    const char* header;
    bool wanted;
  };
  const Case cases[] = {
      {"", false},
      {"gzip", true},
      {"GZip", true},
      {"deflate, gzip, br", true},
      {"gzip;q=0", false},
      {"gzip; q=0.000", false},
      {"gzip ; Q = 0.001", true},
      {"gzip;q=1", true},
      {"gzip;q=zero", false},
      {"gzip;q=", false},
      {"gzip;level=0", true},
      {"*", true},
      {"*;q=0", false},
      {"gzip;q=0, *", false},
      {"*;q=0, gzip", true},
      {"identity, gzipped, agzip", false},
      {",,;,=", false},
  };
  for (const Case& c : cases) {
    INFO(c.header);
    CHECK(accepts_gzip(c.header) == c.wanted);
  }
}

TEST_CASE("A tag is another one exactly if anything but what passes is another") {
  const std::string body = R"({"sequence":1,"age_s":2.5,"hosts":[]})";
  const Passing age{22, 3};
  const std::string tag = tag_of(body, age);
  CHECK(tag.size() == 36);
  for (std::size_t i = 0; i < body.size(); ++i) {
    std::string other = body;
    ++other[i];
    CHECK((tag_of(other, age) == tag) == (i >= age.at && i < age.at + age.size));
  }
  std::string older = body;
  older.replace(age.at, age.size, "12345.5");
  CHECK(tag_of(older, {age.at, 7}) == tag);
  CHECK(tag_of("", {}) != tag_of(" ", {}));
}

TEST_CASE("If-None-Match names a tag alone or among others, weak or strong, or any with *") {
  const std::string tag = "W/\"0123\"";
  for (const char* const names :
       {"W/\"0123\"", "\"0123\"", "\"x\", W/\"0123\"", "W/\"0123\" ,\"y\"", "*", " * "}) {
    INFO(names);
    CHECK(names_tag(names, tag));
  }
  for (const char* const others : {"", "\"012\"", "0123", "W/\"01234\"", "w/\"0123\"", ",", "**"}) {
    INFO(others);
    CHECK_FALSE(names_tag(others, tag));
  }
}

TEST_CASE("Origins are what a browser would send, and nothing else") {
  for (const std::string_view wrong :
       {"", "null", "https://", "http://a/", "http://a/b", "a.example", "http://a,http://b",
        "HTTP://a", "http://*.example", "http://user@a", "://a", "http://a b"}) {
    INFO(wrong);
    CHECK_FALSE(HttpCors::of({wrong}));
  }
  CHECK_FALSE(HttpCors::of({"*", "http://a"}));
  const auto some = HttpCors::of({"https://a.example", "http://127.0.0.1:3000"});
  REQUIRE(some);
  CHECK(some->admits("http://127.0.0.1:3000"));
  CHECK_FALSE(some->admits("http://127.0.0.1"));
  CHECK_FALSE(some->admits("https://a.example.org"));
  CHECK_FALSE(some->admits(""));
  CHECK_FALSE(some->admits("*"));
  CHECK_FALSE(HttpCors().admits("https://a.example"));
}

}  // namespace
}  // namespace vmtrail
