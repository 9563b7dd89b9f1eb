// SPDX-License-Identifier: Apache-2.0
// What makes an event of what a message says.

#include "event/draft.h"

#include "event/syntax.h"
#include "vmtrail/ids.h"
#include "vmtrail/words.h"

namespace vmtrail {
namespace {

constexpr std::size_t kLongestDetail = 80;

/// Of texts of one size.
bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (ascii_lower(text[i]) != lower[i]) return false;
  }
  return true;
}

/// Nova's and Ceilometer's ways to write that there is no host.
bool means_no_host(std::string_view host) {
  if (host.size() != 4) return host.empty();
  return equals_ignoring_case(host, "none") || equals_ignoring_case(host, "null");
}

}  // namespace

void Draft::fail(ErrorCode reason, std::string_view detail) {
  if (!flaw_) flaw_ = Flaw{reason, detail.size() <= kLongestDetail ? detail : std::string_view{}};
}

void Draft::tell_null(Field field) {
  if (field == Field::payload_host || field == Field::task_state) tell_nothing(field);
}

void Draft::tell_alias(Field field, std::string_view text, std::string_view alias) {
  if (!told(field)) {
    event_[field] = text;
  } else if (event_[field] != text &&
             !(field == Field::instance_id && same_instance(event_[field], text))) {
    fail(ErrorCode::conflicting_traits, alias);
  }
}

void Draft::clean_values() {
  if (told(Field::payload_host) && means_no_host((*this)[Field::payload_host])) {
    tell_nothing(Field::payload_host);
  }
  if (means_no_host((*this)[Field::publisher_host])) event_[Field::publisher_host] = {};
  // Nova writes "" for a date that is null.
  for (const Field date : {Field::deleted_at, Field::audit_period_ending}) {
    if ((*this)[date].empty()) event_[date] = {};
  }
  const std::string_view power = (*this)[Field::power_state];
  if (power.empty() || !parse_word<PowerState>(power)) event_[Field::power_state] = {};
}

void Draft::check_lengths() {
  const std::size_t bits_of_all = [this]<std::size_t... i>(std::index_sequence<i...>) {
    return event_.message_id.size() | event_.event_type.size() | (event_.fields[i].size() | ...);
  }
  (std::make_index_sequence<kFieldCount>());
  if (bits_of_all <= kMaxText) return;  // then so is each
  if (event_.message_id.size() > kMaxText) fail(ErrorCode::value_too_long, "message_id");
  if (event_.event_type.size() > kMaxText) fail(ErrorCode::value_too_long, "event_type");
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    if (event_.fields[i].size() > kMaxText)
      fail(ErrorCode::value_too_long, name(static_cast<Field>(i)));
  }
}

const Event* Draft::finish(bool in_input, std::size_t longest) {
  if (event_.message_id.empty()) fail(ErrorCode::missing_message_id);
  if (event_.event_type.empty()) fail(ErrorCode::missing_event_type);
  if (generated_.empty()) fail(ErrorCode::missing_generated);
  clean_values();
  if (longest > kMaxText) check_lengths();
  if (!failed() && !read_time(generated_, event_.generated)) {
    fail(ErrorCode::bad_time, generated_);
  }
  event_.traits = site_.kept();
  event_.in_input = in_input;
  return failed() ? nullptr : &event_;
}

bool same_instance_in_any_case(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto first = InstanceId::parse(a);
  return first && first == InstanceId::parse(b);
}

}  // namespace vmtrail
