// SPDX-License-Identifier: Apache-2.0
// vmtrail replay: captured events in, change records and placement out.

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include "app/command.h"
#include "app/feed.h"
#include "app/outlets.h"
#include "app/progress.h"
#include "app/rules_files.h"
#include "app/summary.h"
#include "io/byte_source.h"
#include "io/decode_pool.h"
#include "io/large_pages.h"
#include "io/output_file.h"
#include "io/state_lock.h"
#include "io/steady_heap.h"
#include "io/store.h"
#include "vmtrail/decoder.h"
#include "vmtrail/dispatcher.h"
#include "vmtrail/model.h"
#include "vmtrail/record.h"
#include "vmtrail/rules.h"

namespace vmtrail {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kBatch = 50'000;  // events in one transaction of the store

struct ReplayOptions {
  std::vector<std::string> files;
  std::string records;
  std::string placement;
  std::string quarantine;
  std::string state;
  std::string format;
  std::vector<std::string> rules;
  std::string horizon;
  bool short_hosts = false;
  std::size_t explain = kExplain;
  std::optional<std::size_t> history;
  std::string speed = "max";
  unsigned jobs = 1;
  std::string output = "table";
  std::string record_format = "cloudevents";
  bool stats = false;
};

class Replay {
 public:
  explicit Replay(const ReplayOptions& options) : options_(options) {}

  Exit run();

 private:
  Result<void> check_usage();
  [[nodiscard]] Result<void> check_files() const;
  Result<std::vector<RulesText>> choose_rules();
  Result<void> load(const std::vector<RulesText>& rules);
  Result<void> open();
  Exit read(const std::string& file);
  Result<void> save();
  Result<void> write_placement();

  const ReplayOptions& options_;
  Format format_ = Format::any;
  std::optional<double> speed_;
  std::optional<RuleSet> rules_;
  std::optional<StateLock> lock_;
  std::optional<Store> store_;
  std::unique_ptr<Model> model_;
  Outlets outlets_;
  std::optional<Dispatcher> dispatcher_;
  std::optional<DecodePool> pool_;
  std::optional<OutputFile> placement_;
  std::optional<LargePages> pages_;
  Progress progress_;
  std::uint64_t bytes_ = 0;
  std::uint64_t saved_events_ = 0;
};

// Writing would destroy what is to be read, or mix two outputs.
Result<void> Replay::check_files() const {
  std::vector<std::string> taken = options_.files;
  taken.insert(taken.end(), options_.rules.begin(), options_.rules.end());
  if (!options_.state.empty()) taken.push_back(Store::file_in(options_.state));
  const auto same = [](const std::string& one, const std::string& other) {
    std::error_code ignored;
    const auto path = std::filesystem::weakly_canonical(one, ignored);
    return one == other ||
           (!path.empty() && path == std::filesystem::weakly_canonical(other, ignored)) ||
           std::filesystem::equivalent(one, other, ignored);
  };
  for (const std::string& output : {options_.records, options_.placement, options_.quarantine}) {
    std::error_code ignored;
    const bool device = std::filesystem::exists(output, ignored) &&
                        !std::filesystem::is_regular_file(output, ignored);
    if (output.empty() || output == "-" || device) continue;
    for (const std::string& other : taken) {
      if (same(output, other)) {
        return tl::unexpected(
            Error{ErrorCode::wrong_usage, output + " is named twice, and would be overwritten"});
      }
    }
    taken.push_back(output);
  }
  return {};
}

Result<void> Replay::check_usage() {
  const auto to_stdout = (options_.records == "-" ? 1 : 0) + (options_.placement == "-" ? 1 : 0) +
                         (options_.quarantine == "-" ? 1 : 0) + (options_.stats ? 1 : 0);
  if (to_stdout > 1) {
    return tl::unexpected(
        Error{ErrorCode::wrong_usage,
              "only one of --records -, --placement -, --quarantine - and --stats "
              "can have standard output"});
  }
  if (options_.output == "json" && !options_.stats) {
    return tl::unexpected(Error{ErrorCode::wrong_usage, "-o json is the form of --stats"});
  }
  if (std::count(options_.files.begin(), options_.files.end(), "-") +
          std::count(options_.rules.begin(), options_.rules.end(), "-") >
      1) {
    return tl::unexpected(
        Error{ErrorCode::wrong_usage, "standard input can be read once; '-' is given twice"});
  }
  if (!options_.format.empty()) {
    const auto format = parse_format(options_.format);
    if (!format) {
      return tl::unexpected(
          Error{ErrorCode::wrong_usage,
                "unknown format '" + options_.format +
                    "'; there are log, ceilometer, oslo, nova, ceilometer-file, zenoss and any"});
    }
    format_ = *format;
  }
  if (auto apart = check_files(); !apart) return apart;
  const auto speed = parse_speed(options_.speed);
  if (!speed) return tl::unexpected(speed.error());
  speed_ = *speed;
  return {};
}

// Those asked for; else those that the state was filled with, but for the shipped table of their
// day.
Result<std::vector<RulesText>> Replay::choose_rules() {
  auto rules = read_rules(options_.rules);
  if (!rules || !options_.rules.empty() || !store_) return rules;
  auto stored = store_->rules();
  if (!stored) return stored;
  for (std::size_t i = 1; i < stored->size(); ++i) rules->push_back(std::move((*stored)[i]));
  return rules;
}

Result<void> Replay::open() {
  if (!options_.state.empty()) {
    auto lock = StateLock::take(options_.state);
    if (!lock) return tl::unexpected(lock.error());
    lock_ = std::move(*lock);
    auto store = Store::open(options_.state, Store::Access::create,
                             {.durability = Store::Durability::process_end});
    if (!store) return tl::unexpected(store.error());
    store_ = std::move(*store);
    outlets_.store = &*store_;
  }
  const auto rules_texts = choose_rules();
  if (!rules_texts) return tl::unexpected(rules_texts.error());
  auto rules = RuleSet::parse(*rules_texts);
  if (!rules) return tl::unexpected(rules.error());
  rules_ = std::move(*rules);
  if (rules_texts->size() > 1) {
    for (const RuleWarning& warning : rules_->warnings()) spdlog::warn("{}", warning.message());
  }

  outlets_.zenoss = options_.record_format == "zenoss";

  Model::Options model;
  if (!options_.horizon.empty()) {
    const auto horizon = parse_duration(options_.horizon);
    if (!horizon) {
      return tl::unexpected(
          Error{ErrorCode::wrong_usage,
                "--horizon wants a duration such as 90s, 15m, 2h or PT15M, not '" +
                    options_.horizon + "'"});
    }
    model.horizon = *horizon;
  }
  model.short_hosts = options_.short_hosts;
  if (options_.history) model.history = *options_.history;
  if (store_) {
    model.archive = [this](const MessageId& id) {
      return store_->contains(id, outlets_.generated);
    };
    model.trail = options_.explain;
  }
  model_ = std::make_unique<Model>(std::move(model));
  dispatcher_.emplace(*rules_, *model_, outlets_, outlets_);
  if (store_) {
    if (auto loaded = load(*rules_texts); !loaded) return loaded;
  }
  for (const auto& [path, output] : {std::pair{&options_.records, &outlets_.records},
                                     std::pair{&options_.quarantine, &outlets_.quarantine},
                                     std::pair{&options_.placement, &placement_}}) {
    if (path->empty()) continue;
    auto opened = OutputFile::open(*path);
    if (!opened) return tl::unexpected(opened.error());
    *output = std::move(*opened);
  }
  DecodePool::Options pool{.jobs = options_.jobs, .format = format_, .rules = &*rules_};
  if (outlets_.records && !outlets_.zenoss && !store_) {
    if (options_.jobs == 1) {
      outlets_.lines.emplace(*outlets_.records, Outlets::kSource);
    } else {
      outlets_.backlog.emplace(*outlets_.records, Outlets::kSource);
      pool.aside = [this] { return outlets_.backlog->write_some(); };
    }
  }
  pool_.emplace(pool);
  return {};
}

Result<void> Replay::load(const std::vector<RulesText>& rules) {
  const auto dropped = store_->load(*model_, *rules_);
  if (!dropped) return tl::unexpected(dropped.error());
  if (*dropped > 0) {
    spdlog::warn("{}: {} facts were dropped: there is no rule for them any more", options_.state,
                 *dropped);
  }
  const auto awaited = store_->awaited();
  if (!awaited) return tl::unexpected(awaited.error());
  dispatcher_->restore(*awaited);
  return store_->set_rules(rules);
}

Exit Replay::read(const std::string& file) {
  auto source = ByteSource::open(file);
  if (!source) return fail(source.error());
  outlets_.input = file == "-" ? "standard input" : file;
  const std::uint64_t read_before = bytes_;
  Feed feed(*dispatcher_, outlets_,
            {.speed = speed_, .progress = [&](std::uint64_t bytes_read) -> Result<void> {
               bytes_ = read_before + bytes_read;
               const std::uint64_t events = dispatcher_->counts().events;
               progress_.show(bytes_read, source->size(), events);
               pages_->ask();
               if (!store_ || events - saved_events_ < kBatch) return {};
               auto saved = save();
               outlets_.keep(saved);
               return saved;
             }});
  const auto done = pool_->read(*source, feed);
  progress_.clear();
  if (outlets_.failure) return fail(*outlets_.failure);
  if (!done) return fail(done.error());
  if (feed.met() == 0) {
    spdlog::info("{} is empty", outlets_.input);
  } else if (feed.decoded() == 0) {
    return fail({ErrorCode::unreadable, outlets_.input + ": no event in it decodes"});
  }
  return Exit::fine;
}

Result<void> Replay::save() {
  if (!store_) return {};
  if (outlets_.failure) return tl::unexpected(*outlets_.failure);
  saved_events_ = dispatcher_->counts().events;
  if (auto saved = store_->save(*model_); !saved) return saved;
  if (auto saved = store_->set_awaited(dispatcher_->awaited()); !saved) return saved;
  if (auto committed = store_->commit(); !committed) return committed;
  model_->mark_saved();
  return {};
}

Result<void> Replay::write_placement() {
  if (!placement_) return {};
  model_->write_placement([this](std::string_view text) { placement_->write(text); });
  return placement_->close();
}

Exit Replay::run() {
  const Clock::time_point begun = Clock::now();
  keep_freed_memory();
  pages_.emplace();
  if (auto right = check_usage(); !right) return fail(right.error());
  if (auto opened = open(); !opened) return fail(opened.error());
  Exit result = Exit::fine;
  for (const std::string& file : options_.files) {
    if (const Exit exit = read(file); exit != Exit::fine) result = exit;
    if (outlets_.failure) return result;
  }
  dispatcher_->finish();
  outlets_.tell_unshown();
  if (const auto given_up = dispatcher_->counts().absences_given_up; given_up > 0) {
    spdlog::warn("{} events could not be watched for what must follow: too late, or too many",
                 given_up);
  }
  if (auto saved = save(); !saved) return fail(saved.error());
  outlets_.flush();
  for (std::optional<OutputFile>* output : {&outlets_.records, &outlets_.quarantine}) {
    if (!*output) continue;
    if (auto closed = (*output)->close(); !closed) return fail(closed.error());
  }
  if (auto written = write_placement(); !written) return fail(written.error());

  const std::chrono::duration<double> seconds = Clock::now() - begun;
  const ReplaySummary summary{dispatcher_->counts(), model_->instance_count(),
                              model_->host_count(),  bytes_,
                              seconds.count(),       model_->clock_skews()};
  if (options_.stats) {
    std::fputs((options_.output == "json" ? summary_json(summary) : summary_table(summary)).c_str(),
               stdout);
  } else if (summary.counts.events > 0) {
    std::fputs(summary_table(summary).c_str(), stderr);
  }
  // The process ends: nobody waits until what is held of each instance is freed.
  static const Model* const kept = model_.release();
  static_cast<void>(kept);
  return result;
}

}  // namespace

std::function<Exit()> prepare_replay(CLI::App& parser) {
  auto options = std::make_shared<ReplayOptions>();
  parser.add_option("FILE", options->files, "Captures, plain, gzip or zstd; - is standard input")
      ->required();
  parser.add_option("--records", options->records, "Write change records here")->type_name("F|-");
  parser.add_option("--record-format", options->record_format, "cloudevents or zenoss")
      ->check(CLI::IsMember({"cloudevents", "zenoss"}).description(""))
      ->type_name("R");
  parser.add_option("--placement", options->placement, "Write the whole model here at the end")
      ->type_name("F|-");
  parser.add_option("--quarantine", options->quarantine, "Write what cannot be decoded here")
      ->type_name("F|-");
  parser.add_option("--state", options->state, "Keep the model here; a second run adds to it")
      ->type_name("DIR");
  parser.add_option("--format", options->format, "Of the input; else told from the bytes")
      ->type_name("F");
  parser.add_option("--rules", options->rules, "Rules on top of the shipped ones; repeatable")
      ->allow_extra_args(false)
      ->type_name("F");
  parser.add_option("--jobs", options->jobs, "Threads, of which one applies (1)")
      ->check(CLI::Range(1, 64))
      ->type_name("N");
  parser.add_option("--horizon", options->horizon, "How late an event may come (15m)")
      ->type_name("D");
  parser.add_flag("--short-hosts", options->short_hosts,
                  "Hosts are the same with and without a domain");
  parser.add_option("--explain", options->explain, "Folded facts kept of each instance (32)")
      ->check(CLI::Range(0, 1'000'000).description(""))
      ->type_name("N");
  parser.add_option("--history", options->history, "Closed intervals kept of each instance (all)")
      ->check(CLI::Range(0, 1'000'000).description(""))
      ->type_name("N");
  parser.add_option("--speed", options->speed, "Times real time, or max")->type_name("X|max");
  parser.add_flag("--stats", options->stats, "The summary to standard output");
  parser.add_option("-o,--output", options->output, "Form of --stats: table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->type_name("FORM");
  return [options] { return Replay(*options).run(); };
}

}  // namespace vmtrail
