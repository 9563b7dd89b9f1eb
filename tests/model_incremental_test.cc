// SPDX-License-Identifier: Apache-2.0
// The short ways through the model end where the long ones do: most events tell what is known, and
// the model then neither walks over all that it holds nor folds step by step.

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/disorder/random.h"
#include "tests/model_stream.h"

namespace vmtrail {
namespace {

using disorder::Random;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Machine;
using testing::Made;
using testing::shipped_rules;

// ---- the stream

/// One event of a whole operation. `by`: its publisher, the source, the destination or a
/// controller.
struct Step {
  std::string_view event;
  char by;
  std::string_view task;
  std::string_view state = {};  ///< empty: as it is
};
using Story = std::vector<Step>;
/// The last ones, which confirm and revert.
constexpr std::size_t kEndings = 2;

const std::vector<Story>& stories() {
  static const std::vector<Story> all = {
      {{"create.start", 'd', ""},
       {"update", 'c', "scheduling"},
       {"update", 'd', "spawning"},
       {"create.end", 'd', "", "active"},
       {"update", 'd', "", "active"}},
      {{"update", 'c', "powering-off"},
       {"power_off.start", 's', "powering-off"},
       {"power_off.end", 's', "", "stopped"},
       {"update", 's', "", "stopped"}},
      {{"update", 'c', "migrating"},
       {"live_migration.pre.start", 'd', "migrating"},
       {"live_migration.pre.end", 'd', "migrating"},
       {"update", 's', "migrating"},
       {"live_migration._post.start", 's', "migrating"},
       {"live_migration.post.dest.start", 'd', "migrating"},
       {"live_migration.post.dest.end", 'd', ""},
       {"live_migration._post.end", 's', ""},
       {"update", 'd', ""}},
      {{"update", 'c', "resize_prep"},
       {"resize.prep.start", 'd', "resize_prep"},
       {"resize.prep.end", 'd', "resize_prep"},
       {"update", 's', "resize_migrating"},
       {"resize.start", 's', "resize_migrating"},
       {"resize.end", 's', "resize_migrated"},
       {"finish_resize.start", 'd', "resize_finish"},
       {"finish_resize.end", 'd', "", "resized"},
       {"update", 'd', "", "resized"}},
      {{"evacuate", 'c', "rebuilding"},
       {"rebuild.start", 'd', "rebuilding"},
       {"update", 'd', "rebuild_spawning"},
       {"rebuild.end", 'd', "", "active"},
       {"update", 'd', "", "active"}},
      {{"shelve.start", 's', "shelving"},
       {"shelve.end", 's', "shelving_offloading"},
       {"shelve_offload.start", 's', "shelving_offloading", "shelved_offloaded"},
       {"shelve_offload.end", 's', "", "shelved_offloaded"}},
      {{"unshelve.start", 'd', "unshelving", "shelved_offloaded"},
       {"unshelve.end", 'd', "", "active"}},
      {{"update", 'c', "image_snapshot"},
       {"snapshot.start", 's', "image_snapshot"},
       {"update", 's', "image_uploading"},
       {"snapshot.end", 's', ""}},
      {{"resize.confirm.start", 's', "", "resized"},
       {"resize.confirm.end", 's', "", "active"},
       {"update", 's', "", "active"}},
      {{"update", 'c', "resize_reverting"},
       {"resize.revert.start", 'd', "resize_reverting"},
       {"resize.revert.end", 'd', "", "active"}}};
  return all;
}

/// Events about a few instances of a small cloud: whole operations, hourly audits, updates in
/// between, and any event of the rules; late, repeated, and with clocks that differ. Most say what
/// `model` knows.
class Stream {
 public:
  Stream(std::uint64_t seed, const Model& model, bool with_endings)
      : random_(seed), model_(model), stories_(stories().size() - (with_endings ? 0 : kEndings)) {
    for (int i = 0; i < 3; ++i) instances_.push_back(fresh_instance());
  }

  Made next() {
    if (!sent_.empty() && random_.in_a_hundred(8)) {
      const std::size_t newest = std::min<std::size_t>(sent_.size(), 40);
      return sent_[sent_.size() - 1 -
                   random_.below(random_.in_a_hundred(80) ? newest : sent_.size())];
    }
    Made event = waiting_.empty() || random_.in_a_hundred(15) ? another() : of_story();
    // How many events in a row leap ahead is not saved: never more than one does.
    if (const auto stream = model_.stream_time()) {
      event.generated = std::min(event.generated, *stream + minutes{59});
    }
    if (random_.below(200) == 0) event.generated += hours{3};
    sent_.push_back(event);
    return event;
  }

 private:
  static constexpr std::array<std::string_view, 4> kHosts = {"cmp-a", "cmp-b", "CMP-b", "cmp-c"};
  static constexpr std::array<std::string_view, 6> kStates = {
      "active", "stopped", "error", "shelved_offloaded", "resized", "soft-delete"};
  static constexpr std::array<std::string_view, 7> kTasks = {
      "",          "migrating", "resize_prep", "resize_migrated", "resize_finish", "powering-off",
      "rebuilding"};

  static bool comes_in_stories(OperationKind kind) {
    return kind == OperationKind::boot || kind == OperationKind::confirm ||
           kind == OperationKind::revert;
  }

  static bool is_beside(OperationKind kind) {
    using enum OperationKind;
    return kind == volume || kind == audit || kind == abort || kind == force_complete;
  }

  template <class Texts>
  std::string any(const Texts& texts) {
    return std::string(texts[random_.below(texts.size())]);
  }
  /// What is known, or now and then anything.
  template <class Texts>
  std::string likely(std::string_view known, const Texts& otherwise, unsigned percent = 90) {
    return random_.in_a_hundred(percent) ? std::string(known) : any(otherwise);
  }

  std::string fresh_instance() {
    std::string id = "87be4b45-e214-4ca3-8f5c-1bd311590000";
    const std::string number = std::to_string(++instances_made_);
    return id.replace(id.size() - number.size(), number.size(), number);
  }
  InstanceAnswer answer(const std::string& id) const {
    return model_.instance(*InstanceId::parse(id)).value_or(InstanceAnswer{});
  }

  /// Most are UUIDs.
  std::string any_message_id() {
    return (random_.in_a_hundred(70) ? "87be4b45-e214-4ca3-8f5c-" : "message-") +
           std::to_string(100'000'000'000 + ++events_made_);
  }

  Made event(std::string_view type, const std::string& id) {
    Made made;
    made.message_id = any_message_id();
    made.event_type = type;
    made.generated = now_;
    made.fields[Field::instance_id] = id;
    made.fields[Field::publisher_service] = "compute";
    return made;
  }

  void let_time_pass() {
    const std::uint64_t gap = random_.below(100);
    now_ += gap < 50   ? random_.between(milliseconds{0}, milliseconds{1500})
            : gap < 70 ? random_.between(seconds{2}, seconds{30})
            : gap < 85 ? random_.between(minutes{1}, minutes{14})
                       : random_.between(minutes{16}, minutes{58});
  }

  void tell_late(Made& made) {
    const std::uint64_t late = random_.below(100);
    made.generated -= late < 85   ? random_.between(milliseconds{0}, milliseconds{1200})
                      : late < 93 ? random_.between(seconds{2}, minutes{12})
                      : late < 98 ? random_.between(minutes{12}, minutes{25})
                                  : random_.between(hours{1}, hours{4});
  }

  Made another() {
    let_time_pass();
    std::string& id = instances_[random_.below(instances_.size())];
    const InstanceAnswer known = answer(id);
    if (known.deleted && random_.in_a_hundred(30)) id = fresh_instance();
    const std::uint64_t choice = random_.below(100);
    if (choice < 12) {
      begin_story(id, known);
      return of_story();
    }
    Made made = choice < 50 ? audit(id) : choice < 72 ? update(id) : any_event(id);
    tell_what_is_known(made, known);
    tell_late(made);
    return made;
  }

  Made audit(const std::string& id) {
    Made made = event("compute.instance.exists", id);
    made.fields[Field::audit_period_ending] =
        random_.in_a_hundred(90) ? "2026-11-22T12:00:00" : "2026-11-22T12:34:56";
    join(made);
    return made;
  }

  Made update(const std::string& id) {
    Made made = event("compute.instance.update", id);
    join(made);
    return made;
  }

  /// With another request than those of stories. What comes in whole operations alone are those
  /// that are not the same once they are saved if, with facts of others, they become something
  /// else: the store does not know what a confirmation has changed, nor that a boot was none at
  /// first.
  Made any_event(const std::string& id) {
    const auto rules = shipped_rules().rules();
    const Rule* rule = nullptr;
    do {
      rule = &rules[random_.below(rules.size())];
    } while (rule->about == About::host || comes_in_stories(rule->operation));
    Made made = event(any(rule->events), id);
    if (is_beside(rule->operation)) {
      join(made);
      return made;
    }
    if (rule->about == About::request && random_.in_a_hundred(80)) {
      made.fields.erase(Field::instance_id);
    }
    if (random_.in_a_hundred(60)) ++odd_requests_made_;
    if (random_.in_a_hundred(90)) {
      made.fields[Field::request_id] = "req-odd-" + std::to_string(odd_requests_made_);
    }
    return made;
  }

  /// One of the newest operations, or one of its own.
  void join(Made& made) {
    const std::uint64_t choice = random_.below(100);
    if (choice < 10) return;
    if (choice < 50) ++requests_made_;
    const std::uint64_t back = choice < 80 ? 0 : random_.below(4);
    made.fields[Field::request_id] =
        "req-" + std::to_string(requests_made_ - std::min(back, requests_made_));
  }

  void tell_what_is_known(Made& made, const InstanceAnswer& known) {
    if (random_.in_a_hundred(20)) made.fields[Field::publisher_service] = "conductor";
    made.fields[Field::publisher_host] = likely(known.host.empty() ? "cmp-a" : known.host, kHosts);
    if (random_.in_a_hundred(60)) made.fields[Field::payload_host] = likely(known.host, kHosts);
    const std::string state =
        likely(known.vm_state.empty() ? "active" : known.vm_state, kStates, 88);
    if (random_.in_a_hundred(95)) made.fields[Field::state] = state;
    if (random_.in_a_hundred(30)) made.fields[Field::old_state] = likely(state, kStates, 70);
    if (random_.in_a_hundred(50)) {
      made.fields[Field::task_state] = likely(known.task_state, kTasks, 75);
    }
    if (random_.in_a_hundred(8)) {
      made.fields[Field::power_state] = random_.in_a_hundred(60) ? "running" : "shutdown";
    }
    tell_names(made);
    if (random_.in_a_hundred(25)) {
      made.fields[Field::flavor] = random_.in_a_hundred(80) ? "small" : "large";
    }
    if (random_.in_a_hundred(3)) made.fields[Field::deleted_at] = "2026-11-22T12:00:00";
  }

  void tell_names(Made& made) {
    if (random_.in_a_hundred(70)) {
      made.fields[Field::display_name] = random_.in_a_hundred(96) ? "vm" : "renamed";
    }
    if (random_.in_a_hundred(40)) made.fields[Field::project_id] = "project";
  }

  void begin_story(const std::string& id, const InstanceAnswer& known) {
    const Story& story = stories()[random_.below(stories_)];
    const std::string request = "req-" + std::to_string(++requests_made_);
    const std::string source(known.host.empty() ? "cmp-a" : known.host);
    const std::string destination = any(kHosts);
    std::string host = source;
    std::string state(known.vm_state.empty() ? "active" : known.vm_state);
    std::vector<Made> events;
    const bool resizes = random_.in_a_hundred(50);
    Duration at{};
    const bool long_one = random_.in_a_hundred(3);  // its progress is saved again and again
    for (const Step& step : story) {
      at += random_.between(milliseconds{50}, milliseconds{1500});
      if (random_.in_a_hundred(4)) continue;  // it is lost
      Made made = event("compute.instance." + std::string(step.event), id);
      if (!step.state.empty()) state = step.state;
      if (step.by == 'd' && step.task.empty()) host = destination;
      made.generated += at;
      made.fields[Field::request_id] = request;
      made.fields[Field::publisher_host] = step.by == 's'   ? source
                                           : step.by == 'd' ? destination
                                                            : std::string("controller");
      if (step.by == 'c') made.fields[Field::publisher_service] = "api";
      made.fields[Field::state] = state;
      made.fields[Field::task_state] = step.task;
      if (random_.in_a_hundred(40)) {
        made.fields[Field::flavor] = step.by == 'd' && resizes ? "large" : "small";
      }
      if (random_.in_a_hundred(60)) made.fields[Field::payload_host] = host;
      tell_names(made);
      const bool repeated = long_one && step.event == "update";
      for (std::uint64_t more = repeated ? random_.below(60) : 0; more > 0; --more) {
        events.push_back(made);
        made.message_id = any_message_id();
        made.generated += seconds{5};
        at += seconds{5};
      }
      events.push_back(std::move(made));
    }
    for (std::size_t i = 1; i < events.size(); ++i) {
      if (random_.in_a_hundred(25)) std::swap(events[i - 1], events[i]);
    }
    for (Made& made : events) waiting_.push_back(std::move(made));
    if (waiting_.empty()) waiting_.push_back(event("compute.instance.exists", id));
  }

  Made of_story() {
    Made made = std::move(waiting_.front());
    waiting_.pop_front();
    now_ = std::max(now_, made.generated);
    return made;
  }

  Random random_;
  const Model& model_;
  std::size_t stories_;  // of the first
  Time now_ = testing::kStart;
  std::vector<std::string> instances_;
  std::deque<Made> waiting_;
  std::vector<Made> sent_;
  std::uint64_t instances_made_ = 0;
  std::uint64_t events_made_ = 0;
  std::uint64_t requests_made_ = 0;
  std::uint64_t odd_requests_made_ = 0;
};

// ---- the comparison

std::string text_of(const std::optional<Time>& time) {
  return time ? ' ' + to_string(*time) : " -";
}

/// All that can be known of the model, and what it goes on from.
std::string answers(const Machine& machine) {
  std::string text = machine.placement();
  for (const InstanceId& id : machine.model.instances()) {
    const InstanceSnapshot saved = machine.model.snapshot(id);
    text += saved.base.host + ' ' + saved.base.vm_state + text_of(saved.base.effective) +
            text_of(saved.base.moved_at) + text_of(saved.answer.effective) +
            text_of(saved.answer.moved_at) + text_of(saved.cut) + text_of(saved.newest);
    for (const std::string& request : saved.folded_requests) text += ' ' + request;
    text += '\n';
  }
  for (const HostAnswer& host : machine.model.hosts()) {
    text += std::string(host.name) + ' ' + std::string(name(host.status)) + ' ' +
            std::to_string(host.instances) + '\n';
  }
  for (const ClockSkew& skew : machine.model.clock_skews()) {
    text += std::string(skew.ahead) + " ahead of " + std::string(skew.behind) + " by " +
            std::to_string(skew.at_least.count()) + '\n';
  }
  return text;
}

/// What becomes of an event, and all records about it.
std::string outcome_of(Machine& machine, const Made& event) {
  const Counts before = machine.dispatcher.counts();
  machine.records.text.clear();
  machine.feed(event);
  const Counts& after = machine.dispatcher.counts();
  return "applied " + std::to_string(after.applied - before.applied) + ", duplicate " +
         std::to_string(after.duplicate - before.duplicate) + ", ignored " +
         std::to_string(after.total_ignored() - before.total_ignored()) + '\n' +
         machine.records.text;
}

TEST_CASE("What an event changes is the same whether the model has gone on or walks again") {
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    Model::Options options;
    if (seed % 2 == 0) options.quiet = hours{3};
    if (seed % 4 == 1) options.history = seed % 3;
    if (seed % 5 == 0) options.clock_tolerance = minutes{20};
    Model::Options with_trail = options;
    with_trail.trail = 8;

    Machine machine(shipped_rules(), options);
    Machine tracing(shipped_rules(), with_trail);  // each fact that is folded is walked over
    if (seed % 7 == 0) machine.model.index();
    const bool with_endings = seed % 3 == 0;
    const bool forgets = seed % 6 == 5;
    Stream stream(seed, machine.model, with_endings);
    for (int i = 0; i < 300; ++i) {
      const Made event = stream.next();
      INFO("seed " << seed << ", event " << i << ": " << event.event_type << ' '
                   << event.message_id);
      Machine walking(shipped_rules(), options);
      walking.restore(machine);
      REQUIRE(answers(walking) == answers(machine));

      const std::string outcome = outcome_of(machine, event);
      REQUIRE(outcome_of(walking, event) == outcome);
      REQUIRE(answers(walking) == answers(machine));
      REQUIRE(outcome_of(tracing, event) == outcome);
      REQUIRE(answers(tracing) == answers(machine));

      if (forgets && i % 9 == 8) {
        const Time before = *machine.model.stream_time() - hours{2};
        for (Machine* const one : {&machine, &tracing}) one->model.forget_history(before, 100);
        REQUIRE(answers(tracing) == answers(machine));
      }
      if (i % 16 == 0) tracing.model.mark_saved();
      if (i % 50 == 0) machine.model.mark_saved();
    }
    machine.dispatcher.finish();
    if (!forgets) REQUIRE(machine.records.differences(machine.model) == "");
  }
}

}  // namespace
}  // namespace vmtrail
