// SPDX-License-Identifier: Apache-2.0
// A consumer that holds a decoder to its contract.

#pragma once

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <simdjson.h>

#include "vmtrail/decoder.h"
#include "vmtrail/error.h"
#include "vmtrail/event.h"

namespace vmtrail::fuzzing {

/// Aborts at the first thing told that event.h and decoder.h rule out.
class SoundEvents : public EventConsumer {
 public:
  void expect_from(const Frame& frame) { frame_ = frame; }

  void on_event(const Event& event) override {
    demand(!event.message_id.empty() && !event.event_type.empty());
    demand(event.generated >= Time{});
    check(event.message_id);
    check(event.event_type);
    for (const std::string_view text : event.fields) check(text);
    for (const Field host : {Field::publisher_host, Field::payload_host}) {
      demand(event[host] != "None" && event[host] != "null");
    }
  }

  void on_undecodable(const Undecodable& bad) override {
    demand(!info(bad.reason).name.empty());
    demand(bad.line == frame_.line);
    demand(bad.offset >= frame_.offset && bad.offset <= frame_.offset + frame_.bytes.size());
    redacted_ = redact(bad.bytes);
  }

  void on_sample() override {}
  void on_skipped_line() override {}

 private:
  static void demand(bool kept) {
    if (!kept) std::abort();
  }
  static void check(std::string_view text) {
    demand(text.size() <= kMaxText && simdjson::validate_utf8(text.data(), text.size()));
  }

  Frame frame_;
  std::string redacted_;
};

}  // namespace vmtrail::fuzzing
