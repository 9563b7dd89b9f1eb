// SPDX-License-Identifier: Apache-2.0

#include "io/watch_page.h"

#include <algorithm>

#include "io/keeper.h"
#include "vmtrail/record.h"

namespace vmtrail {

namespace {

void separate(std::string& out) {
  if (out.back() != '[') out += ',';
}

// Of one instance alone the model tells its migrations as it keeps them. They are told as records
// have told them, which wait for both ends of one that is completed: what follows fits that.
void append_migrations(std::string& out, const Model& model, const InstanceId& id) {
  InstanceSnapshot kept = model.snapshot(id);
  std::sort(kept.migrations.begin(), kept.migrations.end(),
            [](const MigrationSnapshot& a, const MigrationSnapshot& b) {
              return a.view.started_at < b.view.started_at;
            });
  for (const MigrationSnapshot& one : kept.migrations) {
    const MigrationSnapshot::View& told = one.announced ? *one.announced : one.view;
    separate(out);
    append_json(out,
                Migration{id, told.kind, RequestId(one.request_id), told.source, told.destination,
                          told.outcome, told.started_at, told.finished_at, told.confirmed_at});
  }
}

WatchPage page_of(const Model& model, const PageRequest& request) {
  const WatchFilter filter(request.filter, model.options().short_hosts);
  WatchPage page;
  page.sequence = model.sequence();
  std::string instances = ",\"instances\":[";
  std::string migrations = "],\"migrations\":[";
  for (std::size_t i = request.begin; i < request.end; ++i) {
    const InstanceId& id = request.roster->ids[i];
    const auto instance = model.instance(id);
    if (!instance || !filter.admits(instance->host, instance->project_id)) continue;
    separate(instances);
    append_json(instances, *instance);
    append_migrations(migrations, model, id);
    if (filter.by_host()) page.on_host.push_back(id);
  }
  page.text = std::move(instances) + migrations + "]";
  if (request.hosts) {
    page.text += ",\"hosts\":[";
    for (const HostAnswer& host : model.hosts()) {
      if (filter.by_host() && !filter.is_host(host.name)) continue;
      separate(page.text);
      append_json(page.text, host);
    }
    page.text += "]";
  }
  return page;
}

}  // namespace

std::shared_ptr<Awaited<Roster>> ask_roster(Intake& intake, std::shared_ptr<Bell> bell) {
  auto roster = std::make_shared<Awaited<Roster>>();
  const bool asked = intake.ask([roster, bell = std::move(bell)](const Keeper& keeper) {
    roster->give({keeper.model().sequence(), keeper.model().instances_as_heard()});
    bell->ring();
  });
  return asked ? roster : nullptr;
}

std::shared_ptr<Awaited<WatchPage>> ask_page(Intake& intake, PageRequest request,
                                             std::shared_ptr<Bell> bell) {
  auto page = std::make_shared<Awaited<WatchPage>>();
  const bool asked = intake.ask(
      [page, request = std::move(request), bell = std::move(bell)](const Keeper& keeper) {
        page->give(page_of(keeper.model(), request));
        bell->ring();
      });
  return asked ? page : nullptr;
}

}  // namespace vmtrail
