// SPDX-License-Identifier: Apache-2.0

#include "vmtrail/reconcile.h"

#include <algorithm>
#include <utility>

#include "query/question.h"
#include "query/writer.h"

namespace vmtrail {

namespace {

// Does Nova name the host that the last completed migration left?
bool names_source(const Server& theirs, const InstanceAnswer& ours, const Model& model) {
  const std::vector<Migration> migrations = model.migrations(ours.id);
  const auto last = std::find_if(migrations.rbegin(), migrations.rend(), [](const Migration& one) {
    return one.outcome == Outcome::completed;
  });
  return last != migrations.rend() && model.same_host(last->destination, ours.host) &&
         model.same_host(last->source, theirs.host);
}

std::optional<DriftClass> difference(const InstanceAnswer& ours, const Server& theirs,
                                     const Model& model) {
  const bool theirs_deleted = theirs.vm_state == "deleted";
  if (ours.deleted || theirs_deleted) {
    if (ours.deleted == theirs_deleted) return std::nullopt;
    return theirs_deleted ? DriftClass::ghost : DriftClass::state;
  }
  if (theirs.tells_host && !model.same_host(ours.host, theirs.host)) {
    return names_source(theirs, ours, model) ? DriftClass::nova_suspect : DriftClass::moved;
  }
  const bool states =
      ours.vm_state.empty() || theirs.vm_state.empty() || ours.vm_state == theirs.vm_state;
  const bool powers = ours.power_state == PowerState::unknown ||
                      theirs.power_state == PowerState::unknown ||
                      ours.power_state == theirs.power_state;
  return states && powers ? std::nullopt : std::optional(DriftClass::state);
}

bool is_listed(const InstanceAnswer& ours) {
  return !ours.deleted && ours.vm_state != "soft-delete";
}

void write_ours(JsonWriter& out, const std::optional<InstanceAnswer>& ours) {
  out.key("ours");
  if (!ours) {
    out.raw("null");
    return;
  }
  out.open('{').field("host", ours->host).field("vm_state", ours->vm_state);
  out.field("power_state", name(ours->power_state));
  out.field("confidence", name(ours->confidence)).field("updated_at", ours->updated_at).close('}');
}

void write_theirs(JsonWriter& out, const std::optional<Server>& theirs) {
  out.key("theirs");
  if (!theirs) {
    out.raw("null");
    return;
  }
  out.open('{').field("host", theirs->host).field("vm_state", theirs->vm_state);
  out.field("power_state", name(theirs->power_state)).close('}');
}

}  // namespace

std::string_view name(DriftClass drift) {
  switch (drift) {
    case DriftClass::moved:
      return "moved";
    case DriftClass::ghost:
      return "ghost";
    case DriftClass::unknown:
      return "unknown";
    case DriftClass::state:
      return "state";
    case DriftClass::nova_suspect:
      return "nova_suspect";
  }
  return "";
}

std::optional<Drift> compare(const Model& model, const Server& theirs) {
  const auto ours = model.instance(theirs.id);
  const auto kind = ours ? difference(*ours, theirs, model) : std::optional(DriftClass::unknown);
  if (!kind) return std::nullopt;
  return Drift{*kind, theirs.id, ours, theirs};
}

std::optional<Drift> compare_unlisted(const Model& model, const InstanceId& id) {
  const auto ours = model.instance(id);
  if (!ours || !is_listed(*ours)) return std::nullopt;
  return Drift{DriftClass::ghost, id, ours, std::nullopt};
}

Reconciliation reconcile(const Model& model, std::vector<Server> servers) {
  Reconciliation found;
  const auto by_id = [](const auto& a, const auto& b) { return a.id < b.id; };
  std::sort(servers.begin(), servers.end(), by_id);
  for (Server& theirs : servers) {
    if (auto drift = compare(model, theirs)) {
      found.drift.push_back(std::move(*drift));
    } else {
      ++found.agreed;
    }
  }
  model.for_each_instance([&](const InstanceAnswer& ours) {
    Server wanted;
    wanted.id = ours.id;
    if (is_listed(ours) && !std::binary_search(servers.begin(), servers.end(), wanted, by_id)) {
      found.drift.push_back({DriftClass::ghost, ours.id, ours, std::nullopt});
    }
  });
  std::sort(found.drift.begin(), found.drift.end(),
            [](const Drift& a, const Drift& b) { return a.instance < b.instance; });
  return found;
}

std::string reconciliation_json(const Reconciliation& found, const Subject& subject) {
  JsonWriter out;
  write_head(out, subject);
  out.field("agreed", found.agreed).key("drift").open('[');
  for (const Drift& drift : found.drift) {
    const std::string_view title = drift.ours     ? drift.ours->name
                                   : drift.theirs ? std::string_view(drift.theirs->name)
                                                  : std::string_view();
    out.open('{').field("instance", drift.instance.to_string()).field("name", title);
    out.field("class", name(drift.kind));
    write_ours(out, drift.ours);
    write_theirs(out, drift.theirs);
    out.close('}');
  }
  out.close(']').close('}');
  return out.take();
}

}  // namespace vmtrail
