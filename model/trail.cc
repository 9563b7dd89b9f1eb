// SPDX-License-Identifier: Apache-2.0

#include "model/trail.h"

#include <algorithm>
#include <array>
#include <utility>

namespace vmtrail {

namespace {

void add_publisher(std::string& to, std::string_view service, std::string_view host) {
  to += service;
  if (!service.empty() && !host.empty()) to += '.';
  to += host;
}

}  // namespace

TrailEntry trail_entry(const Fact& fact, std::optional<NameId> host, Treatment treatment) {
  return {fact.message_id,        fact.generated,      fact.rule, fact.event_type,
          fact.publisher_service, fact.publisher_host, host,      treatment};
}

TrailEntry trail_entry(const Event& event, MessageId message, const Rule& rule, Treatment treatment,
                       Names& names) {
  return {std::move(message),
          event.generated,
          &rule,
          names.intern(event.event_type),
          names.intern(event[Field::publisher_service]),
          names.intern(event[Field::publisher_host]),
          std::nullopt,
          treatment};
}

void save(const TrailEntry& entry, const Names& names, TrailSnapshot& saved) {
  saved.message_id.clear();
  entry.message_id.append_to(saved.message_id);
  saved.event_type = names.text(entry.event_type);
  saved.generated = entry.generated;
  saved.publisher.clear();
  add_publisher(saved.publisher, names.text(entry.publisher_service),
                names.text(entry.publisher_host));
  saved.rule = entry.rule->id;
  saved.at = entry.rule->file;
  saved.at += ':';
  saved.at += std::to_string(entry.rule->line);
  saved.host.reset();
  if (entry.host) saved.host = names.text(*entry.host);
  saved.treatment = entry.treatment;
}

bool was_turned_away(Treatment treatment) {
  return treatment == Treatment::duplicate || treatment == Treatment::too_late;
}

void prune(Trail& trail, std::size_t limit, const MessageId& decided_by) {
  std::array<std::size_t, 2> kept{};
  Trail newest_first;
  for (auto entry = trail.rbegin(); entry != trail.rend(); ++entry) {
    if (kept[was_turned_away(entry->treatment) ? 1 : 0]++ < limit ||
        entry->message_id == decided_by) {
      newest_first.push_back(std::move(*entry));
    }
  }
  std::reverse(newest_first.begin(), newest_first.end());
  trail = std::move(newest_first);
}

}  // namespace vmtrail
