// SPDX-License-Identifier: Apache-2.0
// vmtrail store: check, compact and export the state directory.

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "app/command.h"
#include "app/saved_state.h"
#include "app/terminal.h"
#include "io/store.h"
#include "io/store_reader.h"
#include "vmtrail/model.h"

namespace vmtrail {

namespace {

constexpr std::size_t kAtATime = 1'000;  // records

struct StoreOptions {
  std::string state;
  std::string what = "records";
  std::optional<std::uint64_t> since;
};

Exit check(const StoreOptions& options) {
  auto store = Store::open(options.state, Store::Access::read);
  if (!store) return fail(store.error());
  if (auto held = store->hold(); !held) return fail(held.error());
  const auto faults = store->check();
  if (!faults) return fail(faults.error());
  store->rollback();
  for (const std::string& fault : *faults) print(fault + "\n");
  if (faults->empty()) print("nothing is wrong\n");
  return faults->empty() ? Exit::fine : Exit::no;
}

// It must be there already: opening it to write would make one.
Exit compact(const StoreOptions& options) {
  auto store = Store::open(options.state, Store::Access::update);
  if (!store) return fail(store.error());
  if (auto done = store->compact(); !done) return fail(done.error());
  return Exit::fine;
}

Exit export_records(Store& store, Sequence since) {
  for (;;) {
    const auto records = store.records(since, kAtATime);
    if (!records) return fail(records.error());
    for (const StoredRecord& record : *records) print(record.json + "\n");
    if (records->size() < kAtATime) return Exit::fine;
    since = records->back().sequence;
  }
}

Exit export_instances(const StoreOptions& options) {
  const auto state = SavedState::open(options.state);
  if (!state) return fail(state.error());
  (*state)->let_go();
  const Model& model = (*state)->model();
  std::string line;
  const auto write = [&line](const auto& one) {
    line.clear();
    append_json(line, one);
    print(line + "\n");
  };
  for (const InstanceId& id : model.instances()) write(*model.instance(id));
  return Exit::fine;
}

Exit export_messages(const StoreOptions& options) {
  auto reader = StoreReader::open(options.state);
  if (!reader) return fail(reader.error());
  const auto ids = reader->messages();
  if (!ids) return fail(ids.error());
  for (const MessageId& id : *ids) print(id.to_string() + "\n");
  return Exit::fine;
}

Exit export_it(const StoreOptions& options) {
  if (options.since && options.what != "records") {
    return fail({ErrorCode::wrong_usage, "--since is for records"});
  }
  if (options.what == "placements") return export_instances(options);
  if (options.what == "messages") return export_messages(options);
  auto store = Store::open(options.state, Store::Access::read);
  if (!store) return fail(store.error());
  return export_records(*store, Sequence{options.since.value_or(0)});
}

CLI::App* add(CLI::App& parser, const char* name, const char* help, StoreOptions& options) {
  CLI::App* const command = parser.add_subcommand(name, help);
  command->set_help_flag("-h,--help", "This help");
  command->add_option("--state", options.state, "Directory that serve or replay --state has filled")
      ->required()
      ->type_name("DIR");
  return command;
}

}  // namespace

std::function<Exit()> prepare_store(CLI::App& parser) {
  parser.require_subcommand(1);
  auto options = std::make_shared<StoreOptions>();
  CLI::App* const checking =
      add(parser, "check", "Is the file whole, and do its parts agree?", *options);
  CLI::App* const compacting =
      add(parser, "compact", "Upgrade it, and give back the room of what is gone", *options);
  CLI::App* const exporting =
      add(parser, "export", "Print records, placements or ids of messages", *options);
  exporting->add_option("WHAT", options->what, "records, placements or messages (records)")
      ->check(CLI::IsMember({"records", "placements", "messages"}));
  exporting->add_option("--since", options->since, "Only records behind this one")
      ->type_name("SEQUENCE");
  return [options, checking, compacting, exporting] {
    if (checking->parsed()) return check(*options);
    return compacting->parsed() ? compact(*options) : export_it(*options);
  };
}

}  // namespace vmtrail
