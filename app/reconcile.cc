// SPDX-License-Identifier: Apache-2.0
// vmtrail reconcile: the model against Nova's own list of servers.

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include "app/command.h"
#include "app/outlets.h"
#include "app/rules_files.h"
#include "app/terminal.h"
#include "app/views.h"
#include "io/byte_source.h"
#include "io/cloud.h"
#include "io/state_lock.h"
#include "io/store.h"
#include "vmtrail/reconcile.h"

namespace vmtrail {

namespace {

struct ReconcileOptions {
  std::string servers;
  std::string cloud;
  std::string state;
  std::string at;
  std::string output = "table";
  bool apply = false;
  bool all_ghosts = false;
};

Time wall_clock() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

Result<std::string> read_whole(const std::string& path) {
  auto source = ByteSource::open(path);
  if (!source) return tl::unexpected(source.error());
  for (bool last = false; !last;) {
    const auto filled = source->fill();
    if (!filled) return tl::unexpected(filled.error());
    last = !*filled;
  }
  return std::string(source->window());
}

constexpr auto kClocksDiffer = std::chrono::minutes{1};  // of this machine and of a file's

// When the list was made: as told, else when its file was written, else now. What comes from the
// future would make everything late that comes next.
Result<Time> listed_at(const ReconcileOptions& options) {
  const Time now = wall_clock();
  Time listed = now;
  if (!options.at.empty()) {
    const auto time = parse_time_or_day(options.at);
    if (!time) {
      return tl::unexpected(
          Error{ErrorCode::wrong_usage,
                "--at wants a time (2017-01-23T06:22:02Z, 2017-01-23), not '" + options.at + "'"});
    }
    listed = *time;
  } else if (options.cloud.empty() && options.servers != "-") {
    std::error_code failed;
    const auto written = std::filesystem::last_write_time(options.servers, failed);
    if (!failed) {
      listed = std::chrono::time_point_cast<Duration>(std::chrono::file_clock::to_sys(written));
    }
  }
  if (listed <= now + kClocksDiffer) return listed;
  return tl::unexpected(
      Error{ErrorCode::wrong_usage, "the list is dated " + to_string(listed) +
                                        ", in the future; say --at TIME, when it was made"});
}

// The model of a state directory, to be changed if it is to be.
class Comparison {
 public:
  explicit Comparison(const ReconcileOptions& options) : options_(options) {}
  Exit run();

 private:
  Result<void> open();
  Result<std::size_t> apply(const Reconciliation& found, Time listed);
  [[nodiscard]] const std::string& source() const {
    return options_.cloud.empty() ? options_.servers : options_.cloud;
  }
  void leave_ghosts(Reconciliation& found, std::size_t listed) const;
  void print_found(const std::string& json) const;

  const ReconcileOptions& options_;
  std::optional<StateLock> lock_;
  std::optional<Store> store_;
  std::vector<RulesText> texts_;
  std::optional<RuleSet> rules_;
  std::optional<Model> model_;
  Time listed_{};  // when what is applied was
};

// The rules that the state was filled with, but the shipped ones of today, which know the list.
Result<void> Comparison::open() {
  if (options_.apply) {
    if (!Store::find_in(options_.state)) {
      spdlog::warn("there is no state in {} yet: one is made of the list", options_.state);
    }
    auto lock = StateLock::take(options_.state);
    if (!lock) return tl::unexpected(lock.error());
    lock_ = std::move(*lock);
  }
  auto store =
      Store::open(options_.state, options_.apply ? Store::Access::create : Store::Access::read);
  if (!store) return tl::unexpected(store.error());
  store_ = std::move(*store);
  auto texts = store_->rules();
  if (!texts) return tl::unexpected(texts.error());
  texts_ = std::move(*texts);
  if (texts_.empty()) texts_.emplace_back();
  texts_.front() = RuleSet::shipped_text();
  auto rules = RuleSet::parse(texts_);
  if (!rules) return tl::unexpected(rules.error());
  rules_ = std::move(*rules);
  auto model = store_->model_options();
  if (!model) return tl::unexpected(model.error());
  model->archive = [this](const MessageId& id) { return store_->contains(id, listed_); };
  model_.emplace(std::move(*model));
  const auto dropped = store_->load(*model_, *rules_);
  if (!dropped) return tl::unexpected(dropped.error());
  if (*dropped > 0) {
    spdlog::warn("{}: {} facts were dropped: there is no rule for them any more", options_.state,
                 *dropped);
  }
  return {};
}

Result<std::size_t> Comparison::apply(const Reconciliation& found, Time listed) {
  listed_ = listed;
  Outlets outlets;
  outlets.store = &*store_;
  outlets.input = source();
  Dispatcher dispatcher(*rules_, *model_, outlets, outlets);
  const auto awaited = store_->awaited();
  if (!awaited) return tl::unexpected(awaited.error());
  dispatcher.restore(*awaited);
  if (auto kept = store_->set_rules(texts_); !kept) return tl::unexpected(kept.error());
  const std::vector<std::string> applied = vmtrail::apply(found, listed, *model_, dispatcher);
  for (const std::string& message_id : applied) {
    outlets.keep(store_->add_message(MessageId(message_id), listed));
  }
  if (outlets.failure) return tl::unexpected(*outlets.failure);
  if (auto saved = store_->save(*model_); !saved) return tl::unexpected(saved.error());
  if (auto saved = store_->set_awaited(dispatcher.awaited()); !saved) {
    return tl::unexpected(saved.error());
  }
  if (auto done = store_->commit(); !done) return tl::unexpected(done.error());
  model_->mark_saved();
  return applied.size();
}

// If they are too many to be believed.
void Comparison::leave_ghosts(Reconciliation& found, std::size_t listed) const {
  const auto is_ghost = [](const Drift& drift) { return drift.kind == DriftClass::ghost; };
  const auto ghosts = std::count_if(found.drift.begin(), found.drift.end(), is_ghost);
  if (!too_many_ghosts(static_cast<std::size_t>(ghosts), listed)) return;
  std::erase_if(found.drift, is_ghost);
  spdlog::warn(
      "{} lists {} servers and lacks {} instances; none of these was taken for deleted "
      "(is the list cut, or a cell down? --all-ghosts applies them, too)",
      source(), listed, ghosts);
}

void Comparison::print_found(const std::string& json) const {
  if (options_.output == "json") {
    print(json + "\n");
    return;
  }
  const Json answer = Json::parse(json);
  if (options_.output == "csv") {
    print(reconcile_table(answer).to_csv());
  } else {
    print(reconcile_text(answer, look_of_stdout()));
  }
}

Exit Comparison::run() {
  if (options_.servers.empty() == options_.cloud.empty()) {
    return fail({ErrorCode::wrong_usage, "reconcile wants SERVERS or --cloud NAME, one of them"});
  }
  // Before the list is asked for: what changes meanwhile is newer.
  const auto listed = listed_at(options_);
  if (!listed) return fail(listed.error());
  Result<std::string> text;
  if (options_.cloud.empty()) {
    text = read_whole(options_.servers);
    if (!text) return fail(text.error());
  } else {
    const auto access = read_cloud(options_.cloud);
    if (!access) return fail(access.error());
    text = list_servers(*access);
    if (!text) {
      fail(text.error());
      return Exit::unreachable;
    }
  }
  auto servers = parse_servers(*text);
  if (!servers) return fail({servers.error().code, source() + ": " + servers.error().detail});
  const std::size_t listed_servers = servers->size();
  if (auto opened = open(); !opened) return fail(opened.error());
  Reconciliation found = reconcile(*model_, std::move(*servers));
  if (options_.apply && listed_servers == 0 && !found.drift.empty()) {
    return fail({ErrorCode::wrong_usage,
                 source() + " lists no server at all; --apply would delete every instance"});
  }
  const Subject subject{.model = *model_, .rules = *rules_, .now = wall_clock()};
  // What was found is told as it was before it was applied.
  std::string json = reconciliation_json(found, subject);
  const bool drifted = !found.drift.empty();
  if (options_.apply) {
    if (!options_.all_ghosts) leave_ghosts(found, listed_servers);
    const auto applied = apply(found, *listed);
    if (!applied) return fail(applied.error());
    json.pop_back();
    json += ",\"applied\":" + std::to_string(*applied) + "}";
  }
  print_found(json);
  return drifted ? Exit::no : Exit::fine;
}

}  // namespace

std::function<Exit()> prepare_reconcile(CLI::App& parser) {
  auto options = std::make_shared<ReconcileOptions>();
  parser.add_option("SERVERS", options->servers, "Nova's list as JSON, of the client or the API");
  parser.add_option("--cloud", options->cloud, "Ask this cloud of clouds.yaml instead")
      ->type_name("NAME");
  parser.add_option("--state", options->state, "Directory that replay --state has filled")
      ->required()
      ->type_name("DIR");
  parser.add_flag("--apply", options->apply, "Put the model right, as the list says");
  parser.add_flag("--all-ghosts", options->all_ghosts, "Apply ghosts, too, where they are many");
  parser.add_option("--at", options->at, "When the list was made (as its file was written)")
      ->type_name("TIME");
  parser.add_option("-o,--output", options->output, "table, csv or json")
      ->check(CLI::IsMember({"table", "csv", "json"}))
      ->type_name("FORM");
  return [options] { return Comparison(*options).run(); };
}

}  // namespace vmtrail
