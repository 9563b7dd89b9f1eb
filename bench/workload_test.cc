// SPDX-License-Identifier: Apache-2.0
// The made-up clouds: as real as the captures, and known to the end.

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "bench/form.h"
#include "bench/generator.h"
#include "bench/pipeline.h"
#include "bench/wording.h"
#include "io/byte_source.h"
#include "vmtrail/decoder.h"
#include "vmtrail/dispatcher.h"
#include "vmtrail/model.h"
#include "vmtrail/rules.h"

namespace vmtrail::bench {
namespace {

using namespace std::chrono_literals;

/// Plays until so many events have begun, and those to their end.
std::string written(Cloud& cloud, Form form, std::uint64_t events) {
  const Ids ids(cloud.options().seed);
  std::string text;
  while (const Notification* const sent = cloud.next()) {
    append_line(text, form, *sent, ids);
    if (cloud.begun() >= events) cloud.finish();
  }
  return text;
}

std::string text_of(const InstanceAnswer& answer) {
  return std::string(answer.name).append(" is ").append(answer.vm_state).append(" on ") +
         (answer.deleted ? "none, deleted" : std::string(answer.host));
}

std::string text_of(const Truth& truth) {
  std::string text;
  append_name(text, truth.instance, truth.renamed);
  text.append(" is ").append(name(truth.state)).append(" on ");
  if (truth.state == VmState::deleted) {
    text += "none, deleted";
  } else if (truth.host != kNoHost) {
    append_host(text, truth.host);
  }
  return text;
}

/// What the model and the truth disagree on.
std::string disagreements(const Model& model, const Cloud& cloud) {
  const Ids ids(cloud.options().seed);
  std::string all;
  for (const Truth& truth : cloud.truth()) {
    std::string id;
    ids.append_instance(id, truth.instance);
    const auto answer = model.instance(*InstanceId::parse(id));
    const std::string told = answer ? text_of(*answer) : "not known";
    if (told != text_of(truth)) all += told + ", not " + text_of(truth) + "\n";
  }
  return all;
}

TEST_CASE("A workload ends as it is said to, in every form and order, with updates and without") {
  struct Case {
    const char* name;
    CloudOptions options;
  };
  CloudOptions small;
  small.instances = 60;
  small.rate = 24;
  const auto with = [&](auto change) {
    CloudOptions options = small;
    change(options);
    return options;
  };
  const std::vector<Case> cases = {
      {"in order", small},
      {"another seed", with([](CloudOptions& o) { o.seed = 7; })},
      {"overtaken by seconds", with([](CloudOptions& o) { o.disorder = 5s; })},
      {"overtaken by minutes", with([](CloudOptions& o) { o.disorder = 10min; })},
      {"as Nova is by default", with([](CloudOptions& o) { o.updates = o.audits = false; })},
      {"the same, overtaken", with([](CloudOptions& o) {
         o.updates = o.audits = false;
         o.disorder = 10min;
       })},
  };
  const RuleSet rules = RuleSet::shipped();
  for (const Case& one : cases) {
    for (const Form form : {Form::jsonl, Form::log, Form::oslo}) {
      INFO(one.name << ", form " << static_cast<int>(form));
      Cloud cloud(one.options);
      Pipeline pipeline(rules);
      const std::string text = written(cloud, form, 6000).append(kPadding, '\0');
      pipeline.feed(std::string_view(text).substr(0, text.size() - kPadding));
      pipeline.finish();
      const Counts& counts = pipeline.counts();
      CHECK(counts.events == cloud.begun());
      CHECK(counts.duplicate + counts.total_quarantined() + counts.skipped_lines == 0);
      CHECK(pipeline.model().instance_count() == cloud.truth().size());
      const std::string wrong = disagreements(pipeline.model(), cloud);
      INFO(wrong);
      CHECK(wrong.empty());
    }
  }
}

TEST_CASE("A seed gives the same workload again, and another one another") {
  const auto of_seed = [](std::uint64_t seed) {
    CloudOptions options;
    options.seed = seed;
    options.instances = 20;
    Cloud cloud(options);
    return written(cloud, Form::jsonl, 500);
  };
  CHECK(of_seed(1) == of_seed(1));
  CHECK(of_seed(1) != of_seed(2));
}

TEST_CASE("A cloud that sleeps goes on later, as if nothing had happened") {
  CloudOptions options;
  options.instances = 20;
  options.ramp = 1min;
  Cloud cloud(options);
  const Notification* sent = cloud.next();
  while (!cloud.full()) sent = cloud.next();
  const Time before = sent->generated;
  cloud.sleep(48h);
  while (sent->event_type != kExists) sent = cloud.next();
  CHECK(sent->audit_end - before > 47h);
}

TEST_CASE("Instances boot one after the other, however many there are and however long it takes") {
  CloudOptions options;
  options.instances = 5000;
  options.ramp = 100 * 365 * 24h;  // in microseconds, times the instances, that is no number
  options.rate = 0;
  options.updates = options.audits = false;
  Cloud cloud(options);
  const Time first = cloud.next()->generated;
  Time last = first;
  while (!cloud.full()) {
    const Time now = cloud.next()->generated;
    if (now < last) FAIL("back to " << to_string(now) << " from " << to_string(last));
    last = now;
  }
  CHECK(last - first > 99 * 365 * 24h);
}

/// The line with its values left out: what is between quotes, unless it names something, and
/// digits.
std::string skeleton(std::string_view line) {
  std::string bones;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"') {
      std::size_t end = i + 1;
      while (line[end] != '"') end += line[end] == '\\' ? 2U : 1U;
      const bool names = line[i - 1] == '[' || line[end + 1] == ':';
      bones += names ? line.substr(i, end + 1 - i) : "\"\"";
      i = end;
    } else if (c < '0' || c > '9' || line[i - 1] < '0' || line[i - 1] > '9') {
      bones += c >= '0' && c <= '9' ? '0' : c;
    }
  }
  return bones;
}

std::string_view event_type_of(std::string_view line) {
  constexpr std::string_view kKey = "\"event_type\": \"";
  const std::size_t begin = line.find(kKey) + kKey.size();
  return line.substr(begin, line.find('"', begin) - begin);
}

template <class Take>
void each_line(std::string_view text, Take take) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    take(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
}

TEST_CASE("An event is written as Ceilometer wrote those of the captures") {
  std::map<std::string, std::set<std::string>, std::less<>> recorded;  // by event type
  for (const char* const scenario :
       {"boot", "live_migration", "live_migration_rollback", "live_migration_block", "delete",
        "cold_migrate_confirm", "evacuate", "shelve_unshelve", "power", "audit_exists"}) {
    const std::string path =
        std::string(VMTRAIL_FIXTURES "/captures/") + scenario + "/default/http.bodies.jsonl";
    auto source = ByteSource::open(path);
    for (const char* const suffix : {".zst", ".gz"}) {
      if (!source) source = ByteSource::open(path + suffix);
    }
    REQUIRE(source);
    while (*source->fill()) {
    }
    each_line(source->window(), [&](std::string_view body) {  // a list of one event
      const std::string_view event = body.substr(1, body.size() - 2);
      recorded[std::string(event_type_of(event))].insert(skeleton(event));
    });
  }

  CloudOptions options;
  options.instances = 100;
  Cloud cloud(options);
  std::set<std::string, std::less<>> compared;
  each_line(written(cloud, Form::jsonl, 10'000), [&](std::string_view line) {
    const auto known = recorded.find(event_type_of(line));
    if (known == recorded.end()) return;
    compared.insert(known->first);
    if (!known->second.contains(skeleton(line))) {
      INFO(*known->second.begin());
      FAIL_CHECK(line);
    }
  });
  // the captures also have an abort, a forced delete, and a boot that fails
  CHECK(compared.size() >= recorded.size() - 6);
}

}  // namespace
}  // namespace vmtrail::bench
