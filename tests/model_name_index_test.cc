// SPDX-License-Identifier: Apache-2.0
// Looking instances up by name, prefix and host finds what reading all of them finds.

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "tests/model_stream.h"

namespace vmtrail {
namespace {

using testing::Machine;
using testing::made;
using testing::Made;
using testing::shipped_rules;

// As Model::find() has it: names first, then the beginning of an id, then names of the deleted.
std::vector<InstanceId> read_candidates(const Model& model, const std::string& text) {
  std::vector<InstanceId> named;
  std::vector<InstanceId> begins;
  std::vector<InstanceId> former;
  std::string lower = text;
  for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'F' ? c + 32 : c);
  const bool hex =
      text.size() >= 4 && text.find_first_not_of("0123456789abcdefABCDEF-") == std::string::npos;
  model.for_each_instance([&](const InstanceAnswer& instance) {
    if (instance.name == text && !text.empty()) {
      (instance.deleted ? former : named).push_back(instance.id);
    }
    if (hex && instance.id.to_string().starts_with(lower)) begins.push_back(instance.id);
  });
  std::vector<InstanceId>& found = !named.empty() ? named : !begins.empty() ? begins : former;
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<InstanceId> read_on(const Model& model, const std::string& host) {
  std::vector<InstanceId> found;
  model.for_each_instance([&](const InstanceAnswer& instance) {
    if (!instance.host.empty() && model.same_host(instance.host, host)) {
      found.push_back(instance.id);
    }
  });
  std::sort(found.begin(), found.end());
  return found;
}

std::string id_of(unsigned number) {
  char text[40];
  std::snprintf(text, sizeof text, "%08x-%04x-4000-8000-%012x", number * 2654435761U, number % 7,
                number);
  return text;
}

/// Lives of few instances with few names on few hosts, so that all of it happens often.
class Lives {
 public:
  explicit Lives(unsigned seed) : random_(seed) {}

  std::vector<Made> next() {
    ms_ += 5'000;
    if (pick(20) == 0) silence_ += std::chrono::hours{25};  // which folds everything
    std::vector<Made> events = operation();
    for (Made& event : events) event.generated += silence_;
    return events;
  }

  std::string name() {
    const char* const names[] = {"web", "db", "Web", "abcd", "0000", "a much longer name of a VM"};
    return pick(3) == 0 ? "vm-" + std::to_string(pick(40)) : names[pick(6)];
  }
  std::string host_name() {
    return std::string(pick(2) == 0 ? "node-" : "NODE-") + std::to_string(pick(5));
  }
  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }

 private:
  std::vector<Made> operation() {
    const std::string id = id_of(pick(60));
    const std::string host = host_name();
    const std::string request = "req-" + std::to_string(ms_);
    const std::map<Field, std::string> fields = {
        {Field::instance_id, id}, {Field::payload_host, host}, {Field::display_name, name()}};
    switch (pick(8)) {
      case 0:
        return {made("delete.end", ms_, host, request, fields)};
      case 1:
        return {made("shelve_offload.end", ms_, host, request, {{Field::instance_id, id}})};
      case 2: {
        std::vector<Made> moves = testing::live_migration(request, ms_, host, host_name());
        for (Made& event : moves) event.fields[Field::instance_id] = id;
        return moves;
      }
      case 3:
      case 4:
        return {made("create.end", ms_, host, request, fields)};
      default:
        return {made("update", ms_, "controller", "", fields)};
    }
  }

  std::mt19937 random_;
  int ms_ = 0;
  Duration silence_{};
};

void check_all(const Model& model, Lives& lives) {
  for (const std::string text : {"web", "db", "Web", "abcd", "0000", "a much longer name of a VM",
                                 "", "no such name", "00000", "a"}) {
    INFO(text);
    CHECK(model.candidates(text) == read_candidates(model, text));
  }
  for (int i = 0; i < 10; ++i) {
    const std::string id = id_of(lives.pick(70));
    for (const std::string& text : {id.substr(0, 4), id.substr(0, 9), id.substr(0, 12),
                                    id.substr(0, 35), lives.name(), "vm-" + std::to_string(i)}) {
      INFO(text);
      CHECK(model.candidates(text) == read_candidates(model, text));
    }
  }
  for (int i = 0; i < 6; ++i) {
    const std::string host = "Node-" + std::to_string(i);
    INFO(host);
    const std::vector<InstanceId> on = read_on(model, host);
    CHECK(model.instances_on(host) == on);
    const auto known = model.host(host);
    CHECK((known ? known->instances : 0) == on.size());
  }
  CHECK(model.instances_on("").empty());
}

TEST_CASE("By name, prefix and host is found what reading every instance finds, at any time") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    INFO("seed " << seed);
    Lives lives(seed);
    Machine machine(shipped_rules());
    if (seed % 3 == 0) machine.model.index();
    for (int step = 0; step < 400; ++step) {
      machine.feed(lives.next());
      if (lives.pick(40) == 0) check_all(machine.model, lives);
    }
    check_all(machine.model, lives);

    // The same of one that was put back, indexed before or after.
    Model restored;
    if (seed % 2 == 0) restored.index();
    restored.restore(machine.model.snapshot(), shipped_rules());
    for (const InstanceId& id : machine.model.instances()) {
      restored.restore(machine.model.snapshot(id), shipped_rules());
    }
    check_all(restored, lives);
  }
}

TEST_CASE("Ten thousand instances of one name are one answer, and each can lose it") {
  Machine machine(shipped_rules());
  machine.model.index();
  constexpr unsigned kMany = 10'000;
  const auto named = [&](unsigned number, const std::string& name, int ms) {
    machine.feed(made("update", ms, "controller", "",
                      {{Field::instance_id, id_of(number)},
                       {Field::payload_host, "node-1"},
                       {Field::display_name, name}}));
  };
  for (unsigned i = 0; i < kMany; ++i) named(i, "vm", static_cast<int>(i));
  CHECK(machine.model.candidates("vm").size() == kMany);
  CHECK(machine.model.instances_on("NODE-1").size() == kMany);
  for (unsigned i = 0; i < kMany; i += 2) named(i, "other", static_cast<int>(kMany + i));
  CHECK(machine.model.candidates("vm").size() == kMany / 2);
  CHECK(machine.model.candidates("other").size() == kMany / 2);
  named(1, "one", 3 * static_cast<int>(kMany));
  CHECK(machine.model.find("one")->to_string() == id_of(1));
}

}  // namespace
}  // namespace vmtrail
