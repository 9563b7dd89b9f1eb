// SPDX-License-Identifier: Apache-2.0

#include "tests/disorder/trial.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/disorder/knowable.h"
#include "tests/disorder/zenpack.h"

namespace vmtrail::disorder {
namespace {

/// May an instance ever be there?
bool is_compute_host(std::string_view host) {
  return std::find(compute_hosts().begin(), compute_hosts().end(), host) != compute_hosts().end();
}

/// Folds the records, and watches what hosts they name.
class WatchedRecords : public testing::FoldedRecords {
 public:
  void on_record(const ChangeRecord& record) override {
    testing::FoldedRecords::on_record(record);
    text.clear();  // nobody reads it here, and it would grow with the stream
    for (const auto& side : {record.from, record.to}) {
      if (side && side->field == "host" && !side->value.empty()) watch(side->value);
    }
    for (const Interval& interval : record.timeline) {
      if (!interval.host.empty()) watch(interval.host);
    }
  }

  std::string fault;

 private:
  void watch(std::string_view host) {
    if (!is_compute_host(host)) fault = "was placed on '" + std::string(host) + "'";
  }
};

class NoRecords : public RecordConsumer {
 public:
  void on_record(const ChangeRecord& record) override { static_cast<void>(record); }
};

/// A model, fed with one arrival.
template <class Records>
struct Fed {
  Fed(const RuleSet& rules, const std::vector<Made>& arrival)
      : dispatcher(rules, model, records, quarantine) {
    for (const Made& event : arrival) dispatcher.on_event(event.event());
    dispatcher.finish();
    // Whatever is still expected is given up, and what is quiet is folded.
    if (model.newest_event()) dispatcher.advance(*model.newest_event() + std::chrono::hours{3});
  }

  [[nodiscard]] std::string placement() const {
    std::string text;
    for (const InstanceId& id : model.instances()) {
      append_json(text, *model.instance(id));
      text += '\n';
    }
    for (const Migration& migration : model.migrations()) {
      append_json(text, migration);
      text += '\n';
    }
    return text;
  }

  Records records;
  testing::NoQuarantine quarantine;
  Model model;
  Dispatcher dispatcher;
};

std::string described(std::string_view host, std::string_view vm_state, bool deleted,
                      const std::map<std::string, Truth::Move>& moves) {
  std::string text =
      "on '" + std::string(host) + "', " + std::string(vm_state) + (deleted ? ", deleted" : "");
  for (const auto& [request, move] : moves) {
    text += "; " + std::string(name(move.kind)) + " " + request.substr(0, 12) + " " + move.source +
            " to " + move.destination + " " + std::string(name(move.outcome));
  }
  return text;
}

/// Every host that the model names now must be one. Empty: all are.
std::string wrong_hosts(const Model& model) {
  std::vector<std::string_view> named;
  for (const HostAnswer& host : model.hosts()) {
    // A controller may be known, as a publisher; nobody may be on it.
    if (host.instances != 0) named.push_back(host.name);
    if (host.name.empty() || host.name == "None" || host.name == "null")
      return "a host has no name";
  }
  for (const InstanceId& id : model.instances()) {
    const InstanceAnswer answer = *model.instance(id);
    for (const Interval& interval : answer.timeline) named.push_back(interval.host);
  }
  for (const Migration& migration : model.migrations()) {
    named.insert(named.end(), {migration.source, migration.destination});
  }
  for (const std::string_view host : named) {
    if (!host.empty() && !is_compute_host(host)) return "'" + std::string(host) + "' is named";
  }
  return {};
}

}  // namespace

Finding tried(const Life& life, const Form& form, const Disturbance& disturbance,
              const TrialOptions& options, Random& random) {
  std::vector<Made> sent;
  sent.reserve(life.events.size());
  for (const Made& notification : life.events) {
    if (auto event = in_form(notification, form)) sent.push_back(std::move(*event));
  }
  const Arrival arrival = disturb(sent, disturbance, random);

  Finding finding;
  finding.events = arrival.disorderly.size();
  finding.zenpack = zenpack_host(arrival.disorderly, life.first_host) == life.truth.host;

  const Fed<WatchedRecords> fed(*options.rules, arrival.disorderly);
  finding.too_late = static_cast<std::size_t>(
      fed.dispatcher.counts().ignored[static_cast<std::size_t>(ErrorCode::too_late)]);
  finding.fault = fed.records.fault;
  if (finding.fault.empty()) finding.fault = fed.records.differences(fed.model);
  if (finding.fault.empty()) finding.fault = wrong_hosts(fed.model);
  if (finding.fault.empty() && !options.order_may_matter) {
    const Fed<NoRecords> orderly(*options.rules, arrival.orderly);
    if (orderly.placement() != fed.placement()) {
      finding.fault = "in order:\n" + orderly.placement() + "in disorder:\n" + fed.placement();
    }
  }

  const auto answer = fed.model.instance(*InstanceId::parse(testing::kVm));
  if (!answer) {
    // Nobody can know an instance of which no event that came tells the id. It is not said to be
    // anywhere either, so nothing of this is confidently wrong.
    const bool heard =
        std::any_of(arrival.disorderly.begin(), arrival.disorderly.end(), [](const Made& event) {
          return event.fields.find(Field::instance_id) != event.fields.end();
        });
    if (heard && finding.fault.empty()) finding.fault = "the instance is unknown";
    finding.host = life.truth.host.empty();
    finding.vm_state = finding.deleted = finding.migrations = !heard && life.truth.moves.empty();
    return finding;
  }

  std::map<std::string, Truth::Move> moves;
  bool in_doubt = false;  // the last of them
  for (const Migration& migration : fed.model.migrations()) {
    moves[migration.request_id.to_string()] = {migration.kind, std::string(migration.source),
                                               std::string(migration.destination),
                                               migration.outcome};
    in_doubt = migration.outcome == Outcome::uncertain || migration.outcome == Outcome::stuck;
  }
  finding.host = answer->host == life.truth.host;
  finding.vm_state = answer->vm_state == life.truth.vm_state;
  finding.deleted = answer->deleted == life.truth.deleted;
  finding.migrations = moves == life.truth.moves;
  finding.sure =
      answer->confidence != Confidence::probable && answer->confidence != Confidence::unknown;
  if (!finding.host && finding.sure && !in_doubt) {
    (knowable(life.truth, form, sent, arrival.orderly) ? finding.confidently_wrong
                                                       : finding.unknowable) = true;
  }
  if (!finding.host || !finding.vm_state || !finding.deleted || !finding.migrations) {
    finding.answer =
        "is (" + std::string(name(answer->confidence)) + ") " +
        described(answer->host, answer->vm_state, answer->deleted, moves) + "\nshould be " +
        described(life.truth.host, life.truth.vm_state, life.truth.deleted, life.truth.moves);
  }
  return finding;
}

}  // namespace vmtrail::disorder
