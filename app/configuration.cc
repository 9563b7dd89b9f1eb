// SPDX-License-Identifier: Apache-2.0

#include "app/configuration.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <set>
#include <utility>

#include "app/rules_files.h"
#include "io/cloud.h"
#include "io/http_servers.h"
#include "io/listeners.h"
#include "io/sinks.h"
#include "io/sources.h"
#include "rules/yaml_reader.h"

namespace vmtrail {

namespace {

const WordList kLevels = {"debug", "info", "warning", "error"};

Error located(const RulesText& file, const YAML::Mark& mark, const std::string& what) {
  std::string detail = position(file.file, mark) + what;
  std::string found = mark.is_null() ? std::string() : snippet(file.text, mark.line);
  if (found.find('@') != std::string::npos) found.clear();  // it may hold a password
  if (!found.empty()) detail += "; found: " + found;
  return {ErrorCode::wrong_usage, detail};
}

std::vector<Url> urls(const YAML::Node& node, std::string_view key,
                      Result<Url> (*read)(std::string_view),
                      const std::filesystem::path& directory) {
  std::vector<Url> all;
  const auto add = [&](const YAML::Node& one) {
    if (one.IsMap()) throw Mistake(one.Mark(), "a URL with a ':' at its end wants quotes");
    auto url = read(scalar(one, key));
    if (!url) throw Mistake(one.Mark(), url.error().detail);
    url->start_files_at(directory);
    all.push_back(std::move(*url));
  };
  if (!node.IsSequence()) {
    add(node);
    return all;
  }
  for (const YAML::Node& one : node) add(one);
  return all;
}

std::size_t count(const YAML::Node& node, std::string_view key, std::int64_t least) {
  const std::int64_t value = whole_number(node, key);
  if (value < least) {
    throw Mistake(node.Mark(),
                  "'" + std::string(key) + "' must be at least " + std::to_string(least));
  }
  return static_cast<std::size_t>(value);
}

std::string choice(const YAML::Node& node, std::string_view key, const WordList& words) {
  const std::string word = scalar(node, key);
  if (std::find(words.begin(), words.end(), word) == words.end()) {
    throw Mistake(node.Mark(), expected_one_of(key, word, words));
  }
  return word;
}

std::chrono::milliseconds milliseconds(const YAML::Node& node, std::string_view key) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration(node, key));
}

class Reader {
 public:
  explicit Reader(const std::string& file)
      : directory_(std::filesystem::path(file).parent_path()) {}

  Configuration read(const YAML::Node& root) {
    require_map(
        root, "a configuration",
        {"state", "sources", "sinks", "listen", "rules", "horizon", "short_hosts", "explain",
         "history", "log", "batch", "retention", "reconcile", "watch", "beyond_loopback"});
    Configuration read;
    if (const auto node = root["state"]) read.state = path(node, "state");
    if (const auto node = root["sources"]) {
      read.sources = urls(node, "sources", source_url, directory_);
    }
    if (const auto node = root["sinks"]) read.sinks = urls(node, "sinks", sink_url, directory_);
    if (const auto node = root["listen"]) {
      read.listeners = urls(node, "listen", listener_url, directory_);
    }
    if (const auto node = root["rules"]) {
      for (const std::string& file : strings(node, "rules")) {
        read.rules.push_back((directory_ / file).string());
      }
    }
    if (const auto node = root["horizon"]) read.horizon = duration(node, "horizon");
    if (const auto node = root["short_hosts"]) read.short_hosts = boolean(node, "short_hosts");
    if (const auto node = root["explain"]) read.explain = count(node, "explain", 0);
    if (const auto node = root["history"]) read.history = count(node, "history", 0);
    if (const auto node = root["log"]) read_log(node, read);
    if (const auto node = root["batch"]) read_batch(node, read);
    if (const auto node = root["retention"]) read_retention(node, read.retention);
    if (const auto node = root["reconcile"]) read.reconcile = read_reconcile(node);
    if (const auto node = root["watch"]) read_watch(node, read);
    if (const auto node = root["beyond_loopback"]) {
      read.beyond_loopback = boolean(node, "beyond_loopback");
    }
    return read;
  }

 private:
  static void read_log(const YAML::Node& node, Configuration& read) {
    require_map(node, "'log'", {"level", "format"});
    if (const auto level = node["level"]) read.log_level = choice(level, "level", kLevels);
    if (const auto format = node["format"]) {
      read.log_json = choice(format, "format", {"text", "json"}) == "json";
    }
  }

  static void read_batch(const YAML::Node& node, Configuration& read) {
    require_map(node, "'batch'", {"events", "delay"});
    if (const auto events = node["events"]) read.batch_events = count(events, "events", 1);
    if (const auto delay = node["delay"]) read.batch_delay = milliseconds(delay, "delay");
  }

  static void read_watch(const YAML::Node& node, Configuration& read) {
    require_map(node, "'watch'", {"watchers", "memory", "heartbeat", "patience"});
    if (const auto most = node["watchers"]) read.most_watchers = count(most, "watchers", 0);
    if (const auto bytes = node["memory"]) read.recent_bytes = count(bytes, "memory", 1);
    const auto some = [&](const char* key, std::chrono::milliseconds& to) {
      const auto length = node[key];
      if (!length) return;
      to = milliseconds(length, key);
      if (to < std::chrono::milliseconds{10}) throw Mistake(length.Mark(), "10ms at least");
    };
    some("heartbeat", read.watch_heartbeat);
    some("patience", read.watch_patience);
  }

  static void read_retention(const YAML::Node& node, Retention& read) {
    require_map(node, "'retention'", {"records", "history", "quarantine"});
    if (const auto age = node["records"]) read.records = duration(age, "records");
    if (const auto age = node["history"]) read.history = duration(age, "history");
    if (const auto age = node["quarantine"]) read.quarantine = duration(age, "quarantine");
  }

  static Configuration::Reconcile read_reconcile(const YAML::Node& node) {
    require_map(node, "'reconcile'", {"cloud", "every"});
    Configuration::Reconcile read;
    const auto cloud = node["cloud"];
    if (!cloud) throw Mistake(node.Mark(), "'reconcile' wants a 'cloud' of clouds.yaml");
    read.cloud = scalar(cloud, "cloud");
    if (const auto every = node["every"]) {
      read.every = std::chrono::duration_cast<std::chrono::milliseconds>(duration(every, "every"));
      if (read.every < std::chrono::seconds{1}) {
        throw Mistake(every.Mark(), "'every' must be at least 1s");
      }
    }
    return read;
  }

  [[nodiscard]] std::string path(const YAML::Node& node, std::string_view key) const {
    const std::string text = scalar(node, key);
    if (text.empty()) throw Mistake(node.Mark(), "'" + std::string(key) + "' is empty");
    return (directory_ / text).string();
  }

  std::filesystem::path directory_;
};

}  // namespace

Result<Configuration> read_configuration(const std::string& file) {
  const auto text = read_text(file);
  if (!text) return tl::unexpected(text.error());
  // yaml-cpp throws; input does not.
  try {
    return Reader(file).read(only_document(text->text));
  } catch (const Mistake& mistake) {
    return tl::unexpected(located(*text, mistake.mark, mistake.what()));
  } catch (const YAML::Exception& error) {
    return tl::unexpected(located(*text, error.mark, what_is_wrong(error)));
  }
}

Result<Url> source_url(std::string_view text) {
  auto url = parse_url(text);
  if (!url) return url;
  if (auto right = check_source(*url); !right) return tl::unexpected(right.error());
  return url;
}

Result<Url> sink_url(std::string_view text) {
  auto url = parse_url(text);
  if (!url) return url;
  if (auto form = sink_form(*url); !form) return tl::unexpected(form.error());
  return url;
}

Result<Url> listener_url(std::string_view text) {
  auto url = parse_url(text);
  if (!url) return url;
  if (auto right = check_listener(*url); !right) return tl::unexpected(right.error());
  return url;
}

std::vector<std::string> changed_for_restart(const Configuration& before,
                                             const Configuration& after) {
  std::vector<std::string> keys;
  const auto compare = [&](const char* key, const auto&... members) {
    if (((before.*members != after.*members) || ...)) keys.emplace_back(key);
  };
  using C = Configuration;
  compare("state", &C::state);
  compare("sources", &C::sources);
  compare("sinks", &C::sinks);
  compare("listen", &C::listeners);
  compare("horizon", &C::horizon);
  compare("short_hosts", &C::short_hosts);
  compare("explain", &C::explain);
  compare("history", &C::history);
  compare("log.format", &C::log_json);
  compare("batch", &C::batch_events, &C::batch_delay);
  compare("retention", &C::retention);
  compare("reconcile", &C::reconcile);
  compare("watch", &C::most_watchers, &C::recent_bytes, &C::watch_heartbeat, &C::watch_patience);
  compare("beyond_loopback", &C::beyond_loopback);
  return keys;
}

Result<void> check_configuration(const Configuration& configuration) {
  if (configuration.sources.empty()) {
    return tl::unexpected(Error{ErrorCode::wrong_usage, "no source is given; say --source URL"});
  }
  if (configuration.reconcile) {
    if (auto cloud = read_cloud(configuration.reconcile->cloud); !cloud) {
      return tl::unexpected(cloud.error());
    }
  }
  for (const auto* urls :
       {&configuration.sources, &configuration.sinks, &configuration.listeners}) {
    std::set<std::string> seen;
    for (const Url& url : *urls) {
      if (!seen.insert(url.text).second) {
        return tl::unexpected(wrong_url(url, "is given twice"));
      }
    }
  }
  for (const Url& url : configuration.sources) {
    const auto right = prepare_source(url, configuration.beyond_loopback);
    if (!right) return tl::unexpected(right.error());
  }
  for (const Url& url : configuration.sinks) {
    const auto right = prepare_sink(url, configuration.beyond_loopback);
    if (!right) return tl::unexpected(right.error());
  }
  std::vector<Url> served = configuration.sources;
  for (const Url& url : configuration.listeners) {
    const auto right = prepare_listener(url, configuration.beyond_loopback);
    if (!right) return tl::unexpected(right.error());
    for (const Url& first : served) {
      if (auto shared = check_shared(url, first); !shared) return shared;
    }
    served.push_back(url);
  }
  return {};
}

}  // namespace vmtrail
