// SPDX-License-Identifier: Apache-2.0

#include "model/fact.h"

#include "model/state.h"

namespace vmtrail {

namespace {

// Controllers publish too, some of them as "compute" (nova-api's notifier). Those whose service
// says what they are can be told; the rules do not trust the publisher of what the others send.
bool is_compute(NameId service) {
  return service == NameId::nothing || service == NameId::compute ||
         service == NameId::nova_compute;
}

constexpr std::uint8_t bit(Witness witness) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(witness));
}

constinit const Fact kNoFact;
constinit const State kNoState;

}  // namespace

Fact make_fact(const Event& event, const MessageId& message, const Rule& rule, Names& names) {
  return make_fact(event, message, rule, names, {.answer = kNoState});
}

Fact make_fact(const Event& event, const MessageId& message, const Rule& rule, Names& names,
               const Expected& expected) {
  Fact fact{.message_id = message, .generated = event.generated, .rule = &rule};
  const State& answer = expected.answer;
  const Fact& last = expected.last != nullptr ? *expected.last : kNoFact;
  fact.event_type = names.intern(event.event_type, expected.event_type);
  fact.publisher_service = names.intern(event[Field::publisher_service], last.publisher_service);
  // An instance's host tells most of it, and any controller of its record.
  fact.publisher_host =
      names.intern(event[Field::publisher_host], rule.database ? last.publisher_host : answer.host);
  fact.publisher_key = fact.publisher_host == last.publisher_host
                           ? last.publisher_key
                           : names.host_key(fact.publisher_host);
  fact.payload_host = names.intern(event[Field::payload_host], answer.host);
  fact.state = names.intern(event[Field::state], answer.vm_state);
  fact.old_state = names.intern(event[Field::old_state], fact.state);
  fact.task_state = names.intern(event[Field::task_state], last.task_state);
  fact.flavor = names.intern(event[Field::flavor], last.flavor);
  fact.name = names.intern(event[Field::display_name], answer.name);
  fact.project_id = names.intern(event[Field::project_id], answer.project_id);
  const std::string_view power = event[Field::power_state];
  fact.power = power.empty() ? rule.power : parse_word<PowerState>(power).value_or(rule.power);
  fact.task_told = event.told(Field::task_state);
  fact.witnesses = bit(Witness::nowhere);
  if (event.told(Field::payload_host)) fact.witnesses |= bit(Witness::payload);
  if (fact.publisher_host != NameId::nothing && is_compute(fact.publisher_service)) {
    fact.witnesses |= bit(Witness::publisher);
  }
  return fact;
}

bool same_content(const Fact& a, const Fact& b) {
  return a.publisher_service == b.publisher_service && a.publisher_host == b.publisher_host &&
         same_but_publisher(a, b);
}

bool same_but_publisher(const Fact& a, const Fact& b) {
  return a.rule == b.rule && a.event_type == b.event_type && a.payload_host == b.payload_host &&
         a.witnesses == b.witnesses && a.state == b.state && a.old_state == b.old_state &&
         a.task_state == b.task_state && a.task_told == b.task_told && a.flavor == b.flavor &&
         a.name == b.name && a.project_id == b.project_id && a.power == b.power;
}

}  // namespace vmtrail
