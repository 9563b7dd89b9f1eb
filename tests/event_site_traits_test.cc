// SPDX-License-Identifier: Apache-2.0
// Traits and payload keys by names of the site's own.

#include <map>
#include <string>

#include <catch2/catch.hpp>

#include "event_told.h"

using namespace vmtrail;
using namespace vmtrail::test;

namespace {

TraitNames names() {
  TraitNames names;
  names.aliases = {{"host", Field::payload_host},
                   {"site.task", Field::task_state},
                   {"vm_host", Field::payload_host}};
  names.wanted = {"flavor.memory_mb", "memory_mb", "site.rack.name", "state"};
  return names;
}

struct Seen {
  Told told;
  std::map<std::string, std::string> traits;
};

class TraitListener : public Listener {
 public:
  void on_event(const Event& event) override {
    Listener::on_event(event);
    traits.clear();
    for (const Trait& trait : event.traits) {
      CHECK(traits.emplace(std::string(trait.name), std::string(trait.value)).second);
    }
  }
  std::map<std::string, std::string> traits;
};

Seen seen(const std::string& text, const TraitNames& names) {
  TraitListener listener;
  Decoder decoder(Format::any, &names);
  for (int again = 0; again < 2; ++again) {  // nothing is left from the event before
    listener.told.clear();
    decoder.decode(Frame{.bytes = text}, listener);
    REQUIRE(listener.told.size() == 1);
  }
  return {listener.told[0], listener.traits};
}

std::string ceilometer(const std::string& traits, const std::string& more = "") {
  return R"({"message_id":"m1","event_type":"compute.instance.update","generated":"2026-11-22T12:00:00","traits":[)" +
         traits + "]" + more + "}";
}

std::string notification(const std::string& payload) {
  return R"({"message_id":"m1","event_type":"compute.instance.update","publisher_id":"conductor.ctl","timestamp":"2026-11-22 12:00:00","payload":)" +
         payload + "}";
}

}  // namespace

TEST_CASE("a trait under a name of the site's own tells its field") {
  const Seen event = seen(
      ceilometer(
          R"(["instance_id",1,"i1"],["vm_host",1,"node1"],["site.task",1,""],["memory_mb",2,4096],["state",1,"active"],["rack",1,"r1"])"),
      names());
  CHECK(event.told[Field::payload_host] == "node1");
  CHECK(event.told[Field::task_state].empty());
  CHECK(event.told[Field::state] == "active");
  CHECK(event.traits ==
        std::map<std::string, std::string>{{"memory_mb", "4096"}, {"state", "active"}});
}

TEST_CASE("the site's meaning of a trait goes before the known one") {
  const std::string text = ceilometer(R"(["instance_id",1,"i1"],["host",1,"node1"])");
  const Seen event = seen(text, names());
  CHECK(event.told[Field::payload_host] == "node1");
  CHECK(event.told[Field::publisher_host] == "-");
  CHECK(decoded(text).told[0][Field::publisher_host] == "node1");
}

TEST_CASE("the log format's traits have names of the site's own, too") {
  const Seen event = seen(
      "x <Event: m1, compute.instance.update, 2026-11-22 12:00:00, <Trait: instance_id 1 i1> "
      "<Trait: vm_host 1 node1> <Trait: site.task 1 migrating> <Trait: memory_mb 2 512>>",
      names());
  CHECK(event.told[Field::payload_host] == "node1");
  CHECK(event.told[Field::task_state] == "migrating");
  CHECK(event.traits == std::map<std::string, std::string>{{"memory_mb", "512"}});
}

TEST_CASE("payload keys are found by their path, through versioned objects") {
  const Seen legacy = seen(
      notification(
          R"({"instance_id":"i1","state":"active","memory_mb":512,"site":{"task":"x","rack":{"name":"r1"}}})"),
      names());
  CHECK(legacy.told[Field::task_state] == "x");
  CHECK(legacy.traits == std::map<std::string, std::string>{
                             {"memory_mb", "512"}, {"site.rack.name", "r1"}, {"state", "active"}});
  const Seen versioned = seen(
      R"({"message_id":"m1","event_type":"instance.update","publisher_id":"nova-compute:node1","timestamp":"2026-11-22 12:00:00","payload":{"nova_object.name":"P","nova_object.data":{"uuid":"i1","host":"node1","state":"active","flavor":{"nova_object.data":{"name":"m1","memory_mb":512.5}},"site.rack.name":"r2"}}})",
      names());
  CHECK(versioned.told[Field::payload_host] == "node1");
  CHECK(versioned.traits == std::map<std::string, std::string>{{"flavor.memory_mb", "512.5"},
                                                               {"site.rack.name", "r2"},
                                                               {"state", "active"}});
}

TEST_CASE("what is null or no single value is not there") {
  const Seen event = seen(
      ceilometer(R"(["instance_id",1,"i1"],["memory_mb",2,null],["vm_host",1,null])"), names());
  CHECK(event.traits.empty());
  CHECK(event.told[Field::payload_host] == "-");
  const Seen deep =
      seen(notification(R"({"instance_id":"i1","memory_mb":[1],"site":{"task":null,"rack":3}})"),
           names());
  CHECK(deep.traits.empty());
  CHECK(deep.told[Field::task_state].empty());
}

TEST_CASE("a raw notification tells what the traits do not") {
  const Seen event = seen(
      ceilometer(
          R"(["instance_id",1,"i1"],["memory_mb",2,1024])",
          R"(,"raw":{"publisher_id":"conductor.ctl","payload":{"instance_id":"i1","memory_mb":512,"vm_host":"node1","site":{"rack":{"name":"r1"}}}})"),
      names());
  CHECK(event.told[Field::payload_host] == "node1");
  CHECK(event.traits ==
        std::map<std::string, std::string>{{"memory_mb", "1024"}, {"site.rack.name", "r1"}});
}

TEST_CASE("one thing under two names with different values is ambiguous") {
  struct Case {
    std::string text;
    ErrorCode reason;
  };
  const Case cases[] = {
      {ceilometer(R"(["instance_id",1,"i1"],["vm_host",1,"a"],["host",1,"b"])"),
       ErrorCode::conflicting_traits},
      {ceilometer(R"(["instance_id",1,"i1"],["state_description",1,"a"],["site.task",1,""])"),
       ErrorCode::conflicting_traits},
      {ceilometer(R"(["instance_id",1,"i1"],["vm_host",1,"a"],["vm_host",1,"a"])"),
       ErrorCode::repeated_trait},
      {ceilometer(R"(["instance_id",1,"i1"],["host",1,"a"],["host",1,"a"])"),
       ErrorCode::repeated_trait},
      {notification(R"({"instance_id":"i1","host":"a","vm_host":"b"})"),
       ErrorCode::conflicting_traits},
      {notification(R"({"instance_id":"i1","vm_host":"a","vm_host":"a"})"),
       ErrorCode::repeated_key},
      {notification(R"({"instance_id":"i1","memory_mb":1,"memory_mb":1})"),
       ErrorCode::repeated_key},
      {notification(R"({"instance_id":"i1","vm_host":{}})"), ErrorCode::wrong_type},
  };
  for (const Case& c : cases) {
    INFO(c.text);
    CHECK(seen(c.text, names()).told.reason == c.reason);
  }
  CHECK(seen(ceilometer(R"(["instance_id",1,"i1"],["vm_host",1,"a"],["host",1,"a"])"), names())
            .told.is_event());
}

TEST_CASE("without names nothing is kept") {
  const Seen event = seen(ceilometer(R"(["instance_id",1,"i1"],["memory_mb",2,4096])"), {});
  CHECK(event.told.is_event());
  CHECK(event.traits.empty());
}
