// SPDX-License-Identifier: Apache-2.0

#include "bench/kept.h"

#include <cstdio>
#include <cstdlib>
#include <initializer_list>

namespace vmtrail::bench {

void KeptEvents::on_event(const Event& event) {
  Event& kept = all_.emplace_back(event);
  kept.message_id = texts_.keep(event.message_id);
  kept.event_type = texts_.keep(event.event_type);
  for (std::string_view& text : kept.fields) text = texts_.keep(text);
}

void KeptEvents::on_undecodable(const Undecodable& bad) {
  const std::string_view reason = info(bad.reason).sentence;
  std::fprintf(stderr, "stages_bench: line %llu of a capture: %.*s\n",
               static_cast<unsigned long long>(bad.line), static_cast<int>(reason.size()),
               reason.data());
  std::exit(1);
}

void KeptRecords::on_record(const ChangeRecord& record) {
  ChangeRecord& kept = all_.emplace_back(record);
  const auto keep = [this](std::initializer_list<std::string_view*> texts) {
    for (std::string_view* const text : texts) *text = texts_.keep(*text);
  };
  keep({&kept.subject, &kept.summary});
  if (kept.instance) keep({&kept.instance->name, &kept.instance->project_id});
  if (kept.from) keep({&kept.from->field, &kept.from->value});
  if (kept.to) keep({&kept.to->field, &kept.to->value});
  if (kept.cause) keep({&kept.cause->message_id, &kept.cause->event_type, &kept.cause->rule});
  if (kept.operation) {
    keep({&kept.operation->kind, &kept.operation->source, &kept.operation->destination});
  }
  if (kept.migration) keep({&kept.migration->source, &kept.migration->destination});
  std::vector<Interval>& timeline =
      timelines_.emplace_back(record.timeline.begin(), record.timeline.end());
  for (Interval& interval : timeline) keep({&interval.host, &interval.cause});
  kept.timeline = timeline;
}

}  // namespace vmtrail::bench
