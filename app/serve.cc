// SPDX-License-Identifier: Apache-2.0
// vmtrail serve: the daemon, as it is started, told to read its rules again, and ended.

#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include "app/command.h"
#include "app/configuration.h"
#include "app/daemon.h"
#include "app/log.h"
#include "app/rules_files.h"
#include "app/terminal.h"
#include "io/service_manager.h"
#include "io/steady_heap.h"

namespace vmtrail {

namespace {

struct ServeOptions {
  std::string config;
  std::vector<std::string> sources;
  std::vector<std::string> sinks;
  std::vector<std::string> listeners;
  std::vector<std::string> rules;
  std::string state;
  bool beyond_loopback = false;
  bool check = false;
};

Result<Configuration> configure(const ServeOptions& options) {
  Configuration configuration;
  if (!options.config.empty()) {
    auto read = read_configuration(options.config);
    if (!read) return read;
    configuration = std::move(*read);
  }
  const auto add = [](const std::vector<std::string>& texts, Result<Url> (*read)(std::string_view),
                      std::vector<Url>& to) -> Result<void> {
    for (const std::string& text : texts) {
      auto url = read(text);
      if (!url) return tl::unexpected(url.error());
      to.push_back(std::move(*url));
    }
    return {};
  };
  if (auto added = add(options.sources, source_url, configuration.sources); !added) {
    return tl::unexpected(added.error());
  }
  if (auto added = add(options.sinks, sink_url, configuration.sinks); !added) {
    return tl::unexpected(added.error());
  }
  if (auto added = add(options.listeners, listener_url, configuration.listeners); !added) {
    return tl::unexpected(added.error());
  }
  configuration.rules.insert(configuration.rules.end(), options.rules.begin(), options.rules.end());
  if (!options.state.empty()) configuration.state = options.state;
  if (options.beyond_loopback) configuration.beyond_loopback = true;
  if (auto right = check_configuration(configuration); !right) {
    return tl::unexpected(right.error());
  }
  return configuration;
}

Exit check(const Configuration& configuration) {
  const auto texts = read_rules(configuration.rules);
  if (!texts) return fail(texts.error());
  const auto rules = RuleSet::parse(*texts);
  if (!rules) return fail(rules.error());
  for (const RuleWarning& warning : rules->warnings()) spdlog::warn("{}", warning.message());
  print(counted(configuration.sources.size(), "source") + ", " +
        counted(configuration.sinks.size(), "sink") + ", " +
        counted(configuration.listeners.size(), "listener") + ", " +
        counted(rules->rules().size(), "rule") + ": nothing is wrong\n");
  return Exit::fine;
}

// All that this program waits for; blocked before there is a thread, so that none has them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a reader that is gone is an error of its sink
  std::signal(SIGXFSZ, SIG_IGN);  // and a file that may not grow, of whoever writes it
  return signals;
}

// A file that is wrong changes nothing.
void reload(const ServeOptions& options, const Configuration& begun_with, Daemon& daemon) {
  const auto configuration = configure(options);
  if (!configuration) {
    spdlog::error("nothing is changed: {}", configuration.error().detail);
    return;
  }
  if (auto changed = daemon.change_rules(configuration->rules); !changed) {
    spdlog::error("nothing is changed: {}", changed.error().detail);
    return;
  }
  set_log_level(configuration->log_level);
  std::string changed;
  for (const std::string& key : changed_for_restart(begun_with, *configuration)) {
    changed += (changed.empty() ? "" : ", ") + key;
  }
  if (!changed.empty()) spdlog::warn("changed, but as at the start until a restart: {}", changed);
}

// Each connection takes a descriptor. Most systems begin with a limit for programs that select().
void raise_limit_of_files() {
  constexpr rlim_t kWanted = 65'536;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kWanted) return;
  limit.rlim_cur = std::min(limit.rlim_max, kWanted);
  static_cast<void>(setrlimit(RLIMIT_NOFILE, &limit));  // else it stays as it is
}

Exit serve(const ServeOptions& options) {
  const auto configuration = configure(options);
  if (!configuration) return fail(configuration.error());
  if (options.check) return check(*configuration);
  keep_freed_memory();
  raise_limit_of_files();
  const sigset_t signals = block_signals();
  begin_log(configuration->log_json);
  set_log_level(configuration->log_level);
  notify_service_manager("EXTEND_TIMEOUT_USEC=3600000000");
  auto daemon = Daemon::open(*configuration);
  if (!daemon) return fail(daemon.error());
  for (const std::string& address : (*daemon)->addresses()) {
    std::fprintf(stderr, "listening %s\n", address.c_str());
  }
  std::fprintf(stderr, "ready\n");
  notify_service_manager("READY=1");
  for (int signal = 0;;) {
    sigwait(&signals, &signal);
    if (signal != SIGHUP) break;
    reload(options, *configuration, **daemon);
  }
  notify_service_manager("STOPPING=1");
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);  // whoever says it twice means it
  if (auto closed = (*daemon)->close(); !closed) return fail(closed.error());
  return Exit::fine;
}

}  // namespace

std::function<Exit()> prepare_serve(CLI::App& parser) {
  auto options = std::make_shared<ServeOptions>();
  const auto list = [&](const char* name, std::vector<std::string>& to, const char* help) {
    parser.add_option(name, to, help)->allow_extra_args(false)->type_name("URL");
  };
  parser.add_option("--config", options->config, "Configuration in YAML")->type_name("F");
  parser.add_flag("--check-config", options->check, "Say what is wrong with it, and do nothing");
  list("--source", options->sources, "Where events come from; repeatable");
  list("--sink", options->sinks, "Where records go; repeatable");
  list("--listen", options->listeners, "Where questions are answered; repeatable");
  parser.add_option("--state", options->state, "Keep everything here; else in memory only")
      ->type_name("DIR");
  parser.add_option("--rules", options->rules, "Rules on top of the shipped ones; repeatable")
      ->allow_extra_args(false)
      ->type_name("F");
  parser.add_flag("--beyond-loopback", options->beyond_loopback,
                  "Bind other addresses, too, without keys or a token");
  return [options] { return serve(*options); };
}

}  // namespace vmtrail
