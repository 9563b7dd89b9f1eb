// SPDX-License-Identifier: Apache-2.0
// vmtrail watch: what a daemon has, then every change, until it is ended.

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/command.h"
#include "app/table.h"
#include "app/terminal.h"
#include "io/json_member.h"
#include "io/watch_client.h"

namespace vmtrail {

namespace {

using Json = nlohmann::ordered_json;

constexpr auto kFirstPause = std::chrono::milliseconds{200};
constexpr auto kLastPause = std::chrono::milliseconds{10'000};
constexpr auto kLook = std::chrono::milliseconds{100};

struct Typed {
  std::string connect;
  std::string output = "table";
  std::string since;
  std::string epoch;
  std::string host;
  std::string project;
  std::string type;
};

volatile std::sig_atomic_t ended = 0;

void end(int /*signal*/) {
  ended = 1;
}

// Whoever read it has had enough.
bool output_is_closed() {
  pollfd output{STDOUT_FILENO, 0, 0};
  return poll(&output, 1, 0) > 0 && (output.revents & POLLERR) != 0;
}

bool ends() {
  return ended != 0 || std::ferror(stdout) != 0 || output_is_closed();
}

/// A line for each record; of a snapshot only how much it holds.
class Lines {
 public:
  std::string line(const WatchEvent& event) {
    const Json told = Json::parse(event.json, nullptr, false);
    if (!told.is_object()) return {};
    if (event.kind == "record") {
      const Json record = told.value("record", Json());
      std::string type = text_of(record, "type");
      if (!record.contains("data") || !type.starts_with(kPrefix)) return {};
      type.erase(0, kPrefix.size());
      return fitted(text_of(record, "time") + "  " + padded(std::move(type)) + "  " +
                    shown(text_of(record["data"], "summary")));
    }
    if (event.kind == "compacted") {
      instances_ = migrations_ = 0;
      return "compacted: what was since is no longer kept; all anew\n";
    }
    if (event.kind != "snapshot") return {};
    instances_ += told.value("instances", Json()).size();
    migrations_ += told.value("migrations", Json()).size();
    if (!event.complete) return {};
    return "sequence " + std::to_string(event.sequence.value_or(0)) + ": " +
           counted(instances_, "instance") + ", " + counted(migrations_, "migration") + "\n";
  }

 private:
  static constexpr std::string_view kPrefix = "vmtrail.";
  static constexpr std::size_t kTypeWidth = 27;  // of the longest

  static std::string padded(std::string text) {
    if (text.size() < kTypeWidth) text.resize(kTypeWidth, ' ');
    return text;
  }
  // On a terminal a line is one row of it.
  [[nodiscard]] std::string fitted(std::string text) const {
    if (look_.width > 0 && text.size() > look_.width) {
      std::size_t end = look_.width - 1;
      while (end > 0 && (text[end] & 0xC0) == 0x80) --end;  // not within a character
      text = text.substr(0, end) + "…";
    }
    return text + "\n";
  }

  const Look look_ = look_of_stdout();
  std::size_t instances_ = 0;
  std::size_t migrations_ = 0;
};

void pause(std::chrono::milliseconds length) {
  const auto until = std::chrono::steady_clock::now() + length;
  while (!ends() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(kLook);
}

Request request_of(const Typed& typed) {
  Request request{"watch", {}};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) request.options.emplace_back(name, value);
  };
  add("since", typed.since);
  add("epoch", typed.epoch);
  add("host", typed.host);
  add("project", typed.project);
  add("type", typed.type);
  return request;
}

void write(const WatchEvent& event, bool json, Lines& lines) {
  if (event.kind == "heartbeat" || event.kind == "cut") return;
  print(json ? event.json + "\n" : lines.line(event));
  std::fflush(stdout);
}

Exit watch(const Typed& typed) {
  const auto url = parse_url(typed.connect);
  if (!url) return fail(url.error());
  auto opened = WatchClient::open(*url);
  if (!opened) return fail(opened.error());
  WatchClient& client = **opened;
  // A write that waits for a reader is to be ended, too, and a second signal ends everything.
  struct sigaction ending {};
  ending.sa_handler = end;
  ending.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &ending, nullptr);
  sigaction(SIGTERM, &ending, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  Lines lines;
  auto length = kFirstPause;
  bool away = false;
  const WatchClient::Calls calls{.take =
                                     [&](const WatchEvent& event) {
                                       if (std::exchange(away, false)) complain("connected again");
                                       length = kFirstPause;
                                       write(event, typed.output == "json", lines);
                                     },
                                 .ends = ends};
  const Request request = request_of(typed);
  while (!ends()) {
    const auto watched = client.watch(request, calls);
    if (watched) break;
    if (watched.error().code == ErrorCode::wrong_usage) return fail(watched.error());
    if (!client.heard()) {
      complain(watched.error().detail);
      return Exit::unreachable;
    }
    if (!away) {
      const auto behind = client.behind();
      complain(watched.error().detail + "; connects again" +
               (behind ? ", behind sequence " + std::to_string(*behind) : ""));
    }
    away = true;
    pause(length);
    length = std::min(2 * length, kLastPause);
  }
  // A reader that has gone is no failure: nobody is to be told of it. One that does not read is not
  // waited for.
  if (output_is_closed() || ended != 0) std::_Exit(static_cast<int>(Exit::fine));
  return Exit::fine;
}

}  // namespace

std::function<Exit()> prepare_watch(CLI::App& parser) {
  auto typed = std::make_shared<Typed>();
  parser.add_option("--connect", typed->connect, "The daemon that listens there")
      ->required()
      ->type_name("URL");
  parser.add_option("--since", typed->since, "No snapshot: what follows this record")
      ->type_name("SEQUENCE");
  parser.add_option("--epoch", typed->epoch, "Of --since, as the messages have it: else all anew")
      ->type_name("EPOCH");
  parser.add_option("--host", typed->host, "Only what concerns this host, and who is on it")
      ->type_name("HOST");
  parser.add_option("--project", typed->project, "Only instances of this project")->type_name("ID");
  parser.add_option("--type", typed->type, "Only records of such a type, as 'migration.*'")
      ->type_name("GLOB");
  parser.add_option("-o,--output", typed->output, "table, or json: an object a line")
      ->check(CLI::IsMember({"table", "json"}))
      ->type_name("FORM");
  return [typed] { return watch(*typed); };
}

}  // namespace vmtrail
