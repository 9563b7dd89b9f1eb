// SPDX-License-Identifier: Apache-2.0

#include <catch2/catch.hpp>

#include "io/url.h"

namespace vmtrail {
namespace {

std::string error_of(std::string_view text) {
  const auto url = parse_url(text);
  return url ? "" : url.error().detail;
}

TEST_CASE("URLs are taken apart, whatever is left out") {
  struct Case {
    const char* text;
    const char* scheme;
    const char* user;
    const char* host;
    int port;
    const char* path;
  };
  const Case cases[] = {
      {"zmq+pull://127.0.0.1:5555", "zmq+pull", "", "127.0.0.1", 5555, ""},
      {"zmq+pull://[::1]:0?connect", "zmq+pull", "", "::1", 0, ""},
      {"amqp://vmtrail@mq.example.net/%2fnova", "amqp", "vmtrail", "mq.example.net", -1, "//nova"},
      {"file:///var/log/a%20b?follow", "file", "", "", -1, "/var/log/a b"},
      {"stdout:", "stdout", "", "", -1, ""},
      {"http://h:80/a/b?x=1", "http", "", "h", 80, "/a/b"},
  };
  for (const Case& c : cases) {
    INFO(c.text);
    const auto url = parse_url(c.text);
    REQUIRE(url);
    CHECK(url->scheme == c.scheme);
    CHECK(url->user == c.user);
    CHECK(url->host == c.host);
    CHECK(url->port.value_or(0) == (c.port < 0 ? 0 : c.port));
    CHECK(url->port.has_value() == (c.port >= 0));
    CHECK(url->path == c.path);
    CHECK(url->text == c.text);
  }
  CHECK(parse_url("http://[::1]:0")->with_port(80) == "http://[::1]:80");
}

TEST_CASE("Options may be repeated, escaped and empty") {
  const auto url =
      parse_url("amqp://h?bind=nova:notifications.*&bind=z:a.#&queue=a%26b&durable&n=12&size=10MB");
  REQUIRE(url);
  CHECK(url->values("bind") == std::vector<std::string_view>{"nova:notifications.*", "z:a.#"});
  CHECK(url->value("queue") == "a&b");
  CHECK(url->has("durable"));
  CHECK_FALSE(url->has("n2"));
  CHECK(url->number({"n", 1, 1, 12, "messages"}) == 12U);
  CHECK(url->number({"none", 1, 5, 12, "messages"}) == 1U);
  CHECK_FALSE(url->number({"queue", 1, 1, 12, "messages"}));
  CHECK(url->number({"n", 1, 1, 11, "messages"})
            .error()
            .detail.ends_with(": n is 1 to 11 messages, not '12'"));
  CHECK_FALSE(url->number({"n", 1, 13, 99, "messages"}));
  CHECK(url->flag("durable") == true);
  CHECK(url->flag("none") == false);
  CHECK_FALSE(url->flag("n"));
  CHECK(parse_url("zmq+pull://h:1?connect=no")->flag("connect") == false);
  CHECK(parse_url("zmq+pull://h:1?connect=yes")->flag("connect") == true);
  CHECK(url->size("size", 1) == 10'000'000U);
  CHECK_FALSE(url->size("queue", 1));
}

TEST_CASE("What is no URL is refused, and a password is never repeated") {
  CHECK_THAT(error_of("nonsense"), Catch::Contains("is no URL"));
  CHECK_THAT(error_of("http://h:port"), Catch::Contains("'port' is no port"));
  CHECK_THAT(error_of("http://h:65536"), Catch::Contains("is no port"));
  CHECK_THAT(error_of("http://[::1"), Catch::Contains("']' is missing"));
  CHECK_THAT(error_of("http://h/%zz"), Catch::Contains("hexadecimal"));
  CHECK_THAT(error_of("http://h?x=%2"), Catch::Contains("hexadecimal"));
  const std::string refused = error_of("amqp://guest:s3cret@h");
  CHECK_THAT(refused, Catch::Contains("password_file"));
  CHECK_THAT(refused, !Catch::Contains("s3cret"));
}

TEST_CASE("Loopback is told from the rest of the world") {
  for (const char* host : {"127.0.0.1", "127.1.2.3", "::1", "localhost"}) CHECK(is_loopback(host));
  for (const char* host : {"0.0.0.0", "*", "::", "10.0.0.1", "example.net", "", "127.example.net",
                           "127.0.0.1.example.net"}) {
    CHECK_FALSE(is_loopback(host));
  }
}

}  // namespace
}  // namespace vmtrail
