// SPDX-License-Identifier: Apache-2.0
// Questions about the past against the change feed, read from its beginning for each answer.

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/asked.h"

namespace vmtrail {
namespace {

using testing::Machine;
using testing::made;
using testing::Made;
using testing::shipped_rules;
using testing::text_of;
using testing::told;
using Json = nlohmann::json;

constexpr int kInstances = 30;
constexpr int kHosts = 5;
constexpr int kSpan = 10 * 3'600'000;  // milliseconds

std::string id_of(int number) {
  std::string digits = std::to_string(number);
  return "00000000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
}

std::string host_of(int number) {
  return "host-" + std::to_string(number);
}

// What is sent as the guest switches is left out: until the destination's end the feed
// says that the instance is probably there, and history, in hindsight, that it was not yet.
std::vector<Made> migration(const std::string& request, int ms, const std::string& source,
                            const std::string& destination) {
  std::vector<Made> events = testing::live_migration(request, ms, source, destination);
  std::erase_if(events, [](const Made& event) {
    return event.event_type.ends_with("post.start") || event.event_type.ends_with("dest.start");
  });
  return events;
}

// Lives of instances that boot, migrate, are shelved and unshelved, and are deleted, by time.
std::vector<Made> lives(std::mt19937& random) {
  std::vector<Made> events;
  for (int i = 0; i < kInstances; ++i) {
    const auto add = [&](std::vector<Made> more) {
      for (Made& event : more) {
        event.fields[Field::instance_id] = id_of(i);
        event.fields[Field::display_name] = "vm-" + std::to_string(i);
        event.message_id += "/" + std::to_string(i);
        events.push_back(std::move(event));
      }
    };
    int requests = 0;
    const auto request = [&] {
      return "req-" + std::to_string(i) + "-" + std::to_string(requests++);
    };
    int host = static_cast<int>(random() % kHosts);
    int at = static_cast<int>(random() % (kSpan / 4));
    add({made("create.end", at, host_of(host), request())});
    while ((at += 60'000 + static_cast<int>(random() % (kSpan / 6))) < kSpan) {
      const auto what = random() % 10;
      if (what == 0) {
        add({made("delete.end", at, host_of(host), request(), {{Field::state, "deleted"}})});
        break;
      }
      const int next = (host + 1 + static_cast<int>(random() % (kHosts - 1))) % kHosts;
      if (what == 1) {
        add({made("shelve_offload.end", at, host_of(host), request(),
                  {{Field::state, "shelved_offloaded"}, {Field::payload_host, ""}}),
             made("unshelve.end", at + 30'000, host_of(next), request())});
      } else {
        add(migration(request(), at, host_of(host), host_of(next)));
      }
      host = next;
    }
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const Made& a, const Made& b) { return a.generated < b.generated; });
  return events;
}

using Hosts = std::map<std::string, std::string>;

/// The feed, and nothing else.
struct Feed {
  struct Change {
    std::string time;
    std::string instance;
    std::string host;  ///< empty: none
  };
  std::vector<Change> changes;

  explicit Feed(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      const Json record = Json::parse(line);
      const Json& to = record["data"]["to"];
      if (!to.is_object() || !to.contains("host")) continue;
      changes.push_back({text_of(record["time"]), text_of(record["subject"]), text_of(to["host"])});
    }
  }

  static void apply(const Change& change, Hosts& hosts) {
    if (change.host.empty()) {
      hosts.erase(change.instance);
    } else {
      hosts[change.instance] = change.host;
    }
  }

  /// Every instance's host at a time; none: it has none, or is not known yet.
  [[nodiscard]] Hosts hosts_at(const std::string& time) const {
    Hosts hosts;
    for (const Change& change : changes) {
      if (change.time <= time) apply(change, hosts);
    }
    return hosts;
  }

  /// Calls `take` with the hosts and both ends of each stretch of time without a change.
  template <class Take>
  void walk(const std::string& since, const std::string& until, const Take& take) const {
    Hosts hosts = hosts_at(since);
    std::string from = since;
    for (const Change& change : changes) {
      if (change.time <= since || change.time >= until) continue;
      if (change.time != from) take(hosts, from, change.time);
      from = change.time;
      apply(change, hosts);
    }
    take(hosts, from, until);
  }
};

/// Who, on which host, from, to.
std::string stretch(const std::string& who, const std::string& host, const std::string& from,
                    const std::string& to) {
  return who + " " + host + " " + from + " " + to;
}

// Joins what is said of one moment after the other into stretches.
class Stretches {
 public:
  void add(const std::set<std::pair<std::string, std::string>>& now, const std::string& from,
           const std::string& to) {
    std::map<std::pair<std::string, std::string>, std::string> still;
    for (const auto& pair : now) {
      const auto before = open_.find(pair);
      still[pair] = before == open_.end() ? from : before->second;
    }
    for (const auto& [pair, begun] : open_) {
      if (!now.contains(pair)) done_.insert(stretch(pair.first, pair.second, begun, from));
    }
    open_ = std::move(still);
    last_ = to;
  }
  [[nodiscard]] std::set<std::string> all() {
    add({}, last_, last_);
    return done_;
  }

 private:
  std::map<std::pair<std::string, std::string>, std::string> open_;
  std::set<std::string> done_;
  std::string last_;
};

TEST_CASE("As of, together and a host's history are those of the feed at a thousand random times") {
  std::mt19937 random(6);
  Machine machine(shipped_rules());
  machine.feed(lives(random));
  const Feed feed(machine.records.text);
  REQUIRE(feed.changes.size() > 200);
  const Model& model = machine.model;
  const auto random_time = [&] {
    // Half of them when something happens.
    if (random() % 2 == 0) return feed.changes[random() % feed.changes.size()].time;
    return to_string(testing::kStart + std::chrono::milliseconds{random() % kSpan});
  };
  for (int trial = 0; trial < 1000; ++trial) {
    const std::string time = random_time();
    const auto hosts = feed.hosts_at(time);
    const std::string id = id_of(static_cast<int>(random() % kInstances));
    INFO(time << " " << id);
    const Json where = told(model, "where", {{"instance", id}, {"at", time}})["instance"];
    const auto there = hosts.find(id);
    REQUIRE(text_of(where["host"]) == (there == hosts.end() ? "" : there->second));

    const std::string host = host_of(static_cast<int>(random() % kHosts));
    std::set<std::string> held;
    for (const Json& one :
         Json(told(model, "host", {{"host", host}, {"at", time}})["host"]["instances"])) {
      held.insert(text_of(one["id"]));
    }
    std::set<std::string> holding;
    for (const auto& [instance, its] : hosts) {
      if (its == host) holding.insert(instance);
    }
    REQUIRE(held == holding);

    const std::string since = time;
    const std::string until =
        to_string(*parse_time(since) + std::chrono::milliseconds{1 + random() % (kSpan / 4)});
    Stretches shared;
    Stretches on_host;
    feed.walk(since, until, [&](const Hosts& now, const std::string& from, const std::string& to) {
      const auto mine = now.find(id);
      std::set<std::pair<std::string, std::string>> with;
      std::set<std::pair<std::string, std::string>> on;
      for (const auto& [other, its] : now) {
        if (mine != now.end() && other != id && its == mine->second) with.insert({other, its});
        if (its == host) on.insert({other, its});
      }
      shared.add(with, from, to);
      on_host.add(on, from, to);
    });
    std::set<std::string> together;
    const Json answer =
        told(model, "together", {{"instance", id}, {"since", since}, {"until", until}});
    for (const Json& one : answer["together"]) {
      together.insert(stretch(text_of(one["instance"]), text_of(one["host"]), text_of(one["from"]),
                              text_of(one["to"])));
    }
    REQUIRE(together == shared.all());

    std::set<std::string> history;
    const Json stays = told(model, "history", {{"host", host}, {"since", since}, {"until", until}});
    for (const Json& one : stays["history"]) {
      const std::string to = one["to"].is_null() ? until : text_of(one["to"]);
      history.insert(stretch(text_of(one["instance"]), text_of(one["host"]),
                             std::max(text_of(one["from"]), since), std::min(to, until)));
    }
    REQUIRE(history == on_host.all());
  }
}

TEST_CASE("An instance's history and those of all hosts are made of the same stretches") {
  std::mt19937 random(7);
  Machine machine(shipped_rules());
  machine.feed(lives(random));
  std::multiset<std::string> of_instances;
  for (int i = 0; i < kInstances; ++i) {
    for (Json one : Json(told(machine.model, "history", {{"instance", id_of(i)}})["history"])) {
      if (one["host"].is_null()) continue;
      one["instance"] = id_of(i);
      one["name"] = "vm-" + std::to_string(i);
      of_instances.insert(one.dump());
    }
  }
  std::multiset<std::string> of_hosts;
  for (int i = 0; i < kHosts; ++i) {
    for (const Json& one :
         Json(told(machine.model, "history", {{"host", host_of(i)}})["history"])) {
      of_hosts.insert(one.dump());
    }
  }
  CHECK(of_hosts == of_instances);
}

}  // namespace
}  // namespace vmtrail
