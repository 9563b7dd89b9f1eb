// SPDX-License-Identifier: Apache-2.0

#include "io/watch_filter.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <simdjson.h>

#include "vmtrail/condition.h"
#include "vmtrail/host_name.h"
#include "vmtrail/record.h"
#include "vmtrail/suggest.h"

namespace vmtrail {

namespace {

using simdjson::dom::element;

constexpr std::string_view kPrefix = "vmtrail.";
constexpr auto kOptions =
    std::to_array<std::string_view>({"since", "epoch", "host", "project", "type"});

tl::unexpected<Error> wrong(std::string detail) {
  return tl::unexpected(Error{ErrorCode::wrong_usage, std::move(detail)});
}

std::string text_at(const element& object, std::string_view pointer) {
  std::string_view text;
  if (object.at_pointer(pointer).get(text) != simdjson::SUCCESS) return {};
  return std::string(text);
}

}  // namespace

RecordOutline outline_of(std::string_view cloudevent) {
  thread_local simdjson::dom::parser parser;
  RecordOutline outline;
  element record;
  if (parser.parse(cloudevent.data(), cloudevent.size(), true).get(record) != simdjson::SUCCESS) {
    return outline;
  }
  outline.type = text_at(record, "/type");
  if (outline.type.starts_with(kPrefix)) outline.type.erase(0, kPrefix.size());
  outline.host = text_at(record, "/data/host");
  if (!outline.host.empty()) return outline;
  outline.instance = InstanceId::parse(text_at(record, "/subject"));
  outline.project = text_at(record, "/data/instance/project_id");
  outline.from = text_at(record, "/data/from/host");
  outline.to = text_at(record, "/data/to/host");
  if (outline.type == name(RecordType::placement_drift)) return outline;  // it changes nothing
  element side;
  outline.places = record.at_pointer("/data/to/host").get(side) == simdjson::SUCCESS;
  if (!outline.type.starts_with("migration.")) return outline;
  const bool told = record.at_pointer("/data/migration/kind").get(side) == simdjson::SUCCESS;
  const std::string ends = told ? "/data/migration" : "/data/operation";  // or it never was one
  outline.source = text_at(record, ends + "/source");
  outline.destination = text_at(record, ends + "/destination");
  return outline;
}

Result<WatchRequest> watch_request(const Request& request) {
  WatchRequest watch;
  for (const auto& [option, value] : request.options) {
    if (std::find(kOptions.begin(), kOptions.end(), option) != kOptions.end()) continue;
    std::string detail = "unknown option '" + option + "'";
    if (const auto meant = nearest(option, kOptions)) {
      detail += "; did you mean '" + std::string(*meant) + "'?";
    }
    return wrong(std::move(detail));
  }
  if (const std::string* const since = request.find("since")) {
    std::uint64_t number = 0;
    const char* const end = since->data() + since->size();
    const auto [stop, failed] = std::from_chars(since->data(), end, number);
    if (failed != std::errc{} || stop != end) {
      return wrong("'since' is a sequence, a number, not '" + *since + "'");
    }
    watch.since = Sequence{number};
  }
  if (const std::string* const epoch = request.find("epoch")) watch.epoch = *epoch;
  if (const std::string* const host = request.find("host")) watch.host = *host;
  if (const std::string* const project = request.find("project")) watch.project = *project;
  if (const std::string* const type = request.find("type")) {
    const auto pattern = record_pattern(*type);
    if (!pattern) return wrong("no record is of type '" + *type + "'");
    watch.type = *pattern;
  }
  return watch;
}

WatchFilter::WatchFilter(const WatchRequest& request, bool short_hosts)
    : project_(request.project), type_(request.type), short_hosts_(short_hosts) {
  if (!request.host.empty()) host_ = host_key(request.host, short_hosts_);
}

bool WatchFilter::is_host(std::string_view name) const {
  return !name.empty() && host_key(name, short_hosts_) == host_;
}

bool WatchFilter::admits(std::string_view host, std::string_view project) const {
  return (host_.empty() || is_host(host)) && (project_.empty() || project_ == project);
}

bool WatchFilter::concerns_host(const RecordOutline& record) const {
  return is_host(record.host) || is_host(record.from) || is_host(record.to) ||
         is_host(record.source) || is_host(record.destination) ||
         (record.instance && members_.contains(*record.instance));
}

bool WatchFilter::take(const RecordOutline& record) {
  const bool chosen = (host_.empty() || concerns_host(record)) &&
                      (project_.empty() || project_ == record.project) &&
                      (type_.empty() || glob_match(type_, record.type));
  if (by_host() && record.places && record.instance) {
    if (is_host(record.to)) {
      members_.insert(*record.instance);
    } else {
      members_.erase(*record.instance);
    }
  }
  return chosen;
}

}  // namespace vmtrail
