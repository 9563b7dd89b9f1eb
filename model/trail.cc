// SPDX-License-Identifier: Apache-2.0

#include "model/trail.h"

#include <algorithm>
#include <array>
#include <utility>

namespace vmtrail {

namespace {

std::string place_of(const Rule& rule) {
  return rule.file + ":" + std::to_string(rule.line);
}

std::string publisher_id(std::string_view service, std::string_view host) {
  if (service.empty() || host.empty()) return std::string(service.empty() ? host : service);
  return std::string(service) + "." + std::string(host);
}

}  // namespace

TrailSnapshot trail_entry(const Fact& fact, std::optional<NameId> host, Treatment treatment,
                          const Names& names) {
  TrailSnapshot entry;
  entry.message_id = fact.message_id.to_string();
  entry.event_type = names.text(fact.event_type);
  entry.generated = fact.generated;
  entry.publisher =
      publisher_id(names.text(fact.publisher_service), names.text(fact.publisher_host));
  entry.rule = fact.rule->id;
  entry.at = place_of(*fact.rule);
  if (host) entry.host = names.text(*host);
  entry.treatment = treatment;
  return entry;
}

TrailSnapshot trail_entry(const Event& event, const Rule& rule, Treatment treatment) {
  TrailSnapshot entry;
  entry.message_id = event.message_id;
  entry.event_type = event.event_type;
  entry.generated = event.generated;
  entry.publisher = publisher_id(event[Field::publisher_service], event[Field::publisher_host]);
  entry.rule = rule.id;
  entry.at = place_of(rule);
  entry.treatment = treatment;
  return entry;
}

bool was_turned_away(const TrailSnapshot& entry) {
  return entry.treatment == Treatment::duplicate || entry.treatment == Treatment::too_late;
}

void prune(Trail& trail, std::size_t limit, const std::string& decided_by) {
  std::array<std::size_t, 2> kept{};
  Trail newest_first;
  for (auto entry = trail.rbegin(); entry != trail.rend(); ++entry) {
    if (kept[was_turned_away(*entry) ? 1 : 0]++ < limit || entry->message_id == decided_by) {
      newest_first.push_back(std::move(*entry));
    }
  }
  std::reverse(newest_first.begin(), newest_first.end());
  trail = std::move(newest_first);
}

}  // namespace vmtrail
