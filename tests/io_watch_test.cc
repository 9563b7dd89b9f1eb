// SPDX-License-Identifier: Apache-2.0
// Watchers in one process with the keeper: large models, slow ones, filters.

#include <map>

#include <catch2/catch.hpp>

#include "io/watch_desk.h"
#include "tests/live.h"
#include "tests/scratch.h"
#include "tests/watcher.h"

namespace vmtrail {
namespace {

using testing::HandSource;
using testing::Json;
using testing::Live;
using testing::Mirror;
using testing::Scratch;
using testing::Told;

/// What a watcher is told, as soon as the test takes it.
class Inbox {
 public:
  std::unique_ptr<WatchOutlet> outlet() { return std::make_unique<Outlet>(shared_); }

  /// Waits for the next message but heartbeats.
  Told next() {
    for (;;) {
      Told told = next_of_any();
      if (told.kind != "heartbeat") return told;
    }
  }
  Told next_of_any() {
    std::function<void()> call;
    std::string text;
    {
      std::unique_lock lock(shared_->mutex);
      if (!shared_->changed.wait_for(lock, testing::kPatience,
                                     [this] { return !shared_->messages.empty(); })) {
        throw std::runtime_error("nothing comes");
      }
      text = std::move(shared_->messages.front());
      shared_->messages.pop_front();
      shared_->pending -= text.size();
      shared_->taken += text.size();
      if (shared_->messages.empty()) call = shared_->on_taken;
    }
    if (call) call();
    Json data = Json::parse(text);
    const std::string kind = data["watch"];
    if (kind == "record") data = Json(data["record"]);
    return {kind, std::nullopt, std::move(data)};
  }
  void close() {
    const std::lock_guard lock(shared_->mutex);
    shared_->closed = true;
  }
  std::size_t pending() {
    const std::lock_guard lock(shared_->mutex);
    return shared_->pending;
  }

 private:
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::string> messages;
    std::size_t pending = 0;
    std::uint64_t taken = 0;
    bool closed = false;
    std::function<void()> on_taken;
  };
  class Outlet : public WatchOutlet {
   public:
    explicit Outlet(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
    void put(const WatchMessage& message) override {
      const std::lock_guard lock(shared_->mutex);
      append_json(shared_->messages.emplace_back(), message);
      shared_->pending += shared_->messages.back().size();
      shared_->changed.notify_all();
    }
    void send() override {}
    void cut(const WatchMessage& message) override {
      {
        const std::lock_guard lock(shared_->mutex);
        shared_->messages.clear();
        shared_->pending = 0;
        shared_->closed = true;
      }
      put(message);
    }
    [[nodiscard]] std::size_t pending() const override {
      const std::lock_guard lock(shared_->mutex);
      return shared_->pending;
    }
    [[nodiscard]] std::uint64_t taken() const override {
      const std::lock_guard lock(shared_->mutex);
      return shared_->taken;
    }
    [[nodiscard]] bool closed() const override {
      const std::lock_guard lock(shared_->mutex);
      return shared_->closed;
    }
    void on_taken(std::function<void()> call) override {
      const std::lock_guard lock(shared_->mutex);
      shared_->on_taken = std::move(call);
    }

   private:
    const std::shared_ptr<Shared> shared_;
  };

  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

/// A keeper with a desk before it.
struct Watched {
  explicit Watched(const std::string& state = {}, std::size_t recent = std::size_t{16} << 20,
                   WatchDesk::Options options = {})
      : records(recent) {
    options.state = state;
    desk.emplace(intake, records, std::move(options));
    Keeper::Options keeping;
    keeping.clock = [] { return Time{}; };
    keeping.steady = [] { return std::chrono::steady_clock::time_point{}; };
    std::optional<Store> store;
    if (!state.empty()) store = std::move(*Store::open(state, Store::Access::create));
    keeper = std::move(*Keeper::open(std::move(keeping), {RuleSet::shipped_text()},
                                     std::move(store), intake, records));
    thread = std::jthread([this] { static_cast<void>(keeper->run()); });
  }
  ~Watched() { end(); }
  void end() {
    intake.close();
    if (thread.joinable()) thread.join();
  }
  void watch(Inbox& inbox, WatchRequest request = {}) {
    auto seat = desk->seat();
    REQUIRE(seat);
    desk->watch(std::move(request), inbox.outlet(), std::move(*seat));
  }

  Intake intake;
  RecentRecords records;
  std::optional<WatchDesk> desk;
  std::unique_ptr<Keeper> keeper;
  std::jthread thread;
};

std::string id_of(std::size_t number) {
  // Neighbours by number are none by id.
  char text[37];
  const auto mixed = static_cast<unsigned>(number * 0x9e3779b1U);
  std::snprintf(text, sizeof text, "%08x-0000-4000-8000-%012zx", mixed, number);
  return text;
}

/// A notification that says where an instance is, in which state, and of whom.
std::string placed(std::size_t instance, std::size_t message, const std::string& host,
                   const std::string& state = "active", const std::string& project = "p") {
  char numbers[64];
  std::snprintf(numbers, sizeof numbers, "12:%02zu:%02zu.%06zu", message / 60'000'000 % 60,
                message / 1'000'000 % 60, message % 1'000'000);
  return R"({"event_type":"compute.instance.update","message_id":"message-)" +
         std::to_string(message) + R"(","publisher_id":"api.controller","priority":"INFO",)" +
         R"("timestamp":"2026-11-22 )" + numbers + R"(","payload":{"instance_id":")" +
         id_of(instance) + R"(","tenant_id":")" + project + R"(","display_name":"vm-)" +
         std::to_string(instance) + R"(","host":")" + host + R"(","state":")" + state + R"("}})";
}

void play(HandSource& source, const std::vector<std::string>& messages) {
  for (const std::string& message : messages) source.put(message);
  source.settled_all();
}

/// Everything up to a record; `cut` ends it.
std::vector<Told> up_to(Inbox& inbox, Sequence sequence) {
  std::vector<Told> all;
  for (;;) {
    Told& told = all.emplace_back(inbox.next());
    if (told.kind == "cut") return all;
    if (told.kind == "record" &&
        told.data["sequence"] == std::to_string(static_cast<std::uint64_t>(sequence))) {
      return all;
    }
  }
}

/// Types of records, and how messages are called otherwise.
std::string kinds(const std::vector<Told>& all) {
  std::string text;
  for (const Told& told : all) {
    text += text.empty() ? "" : " ";
    text += told.kind == "record" ? told.data["type"].get<std::string>().substr(8) : told.kind;
  }
  return text;
}

void watch_to_the_end(Mirror& mirror, Inbox& inbox, Sequence sequence) {
  while (!mirror.behind() || *mirror.behind() < static_cast<std::uint64_t>(sequence)) {
    mirror.take(inbox.next_of_any());
  }
}

std::string difference(const Mirror& mirror, const Model& model) {
  Json instances = Json::array();
  std::string text;
  for (const InstanceId& id : model.instances()) {
    text.clear();
    append_json(text, *model.instance(id));
    instances.push_back(Json::parse(text));
  }
  return mirror.difference_from_instances(instances);
}

TEST_CASE("Whoever takes a snapshot of 100,000 instances while they change has the model exactly") {
  const Scratch scratch;
  for (const std::string& state : {std::string(), scratch.path()}) {
    // What is in memory does not last for the snapshot; without a store it must.
    Watched watched(state, state.empty() ? std::size_t{1} << 30 : std::size_t{1} << 20);
    HandSource source(watched.intake);
    constexpr std::size_t kInstances = 100'000;
    std::size_t message = 0;
    for (std::size_t i = 0; i < kInstances; i += 100) {
      std::string lines;
      for (std::size_t j = i; j < i + 100; ++j) {
        lines += placed(j, ++message, "host-" + std::to_string(j % 300)) + "\n";
      }
      source.put(lines);
    }
    source.settled_all();
    Inbox inbox;
    watched.watch(inbox);
    Mirror mirror;
    mirror.begin(false);
    mirror.take(inbox.next_of_any());  // it has begun
    // Moves, changes and newcomers, all over the ids.
    std::jthread changes([&] {
      for (std::size_t i = 0; i < 20'000; ++i) {
        const std::size_t one = i * 7919 % (kInstances + 5'000);
        source.put(placed(one, ++message, "host-" + std::to_string(i % 300),
                          i % 3 == 0 ? "stopped" : "active"));
      }
    });
    while (mirror.snapshots() == 0) mirror.take(inbox.next_of_any());
    changes.join();
    source.settled_all();
    watch_to_the_end(mirror, inbox, watched.records.newest());
    CHECK(mirror.snapshots() == 1);
    watched.end();
    CHECK(mirror.instances().size() > kInstances);
    CHECK(*mirror.behind() == static_cast<std::uint64_t>(watched.keeper->model().sequence()));
    CHECK(difference(mirror, watched.keeper->model()) == "");
  }
}

TEST_CASE("A watcher that takes nothing is cut off, and another gets all, in sequence") {
  const Scratch scratch;
  Watched watched(scratch.path(), 100'000, {.patience = std::chrono::seconds{2}});
  HandSource source(watched.intake);
  Inbox slow;
  Inbox quick;
  watched.watch(slow);
  watched.watch(quick);
  Mirror mirror;
  mirror.begin(false);
  // Far more than is kept for one that does not take it, and than is in memory.
  for (std::size_t message = 0; message < 4'000;) {
    for (int i = 0; i < 50; ++i) {
      ++message;
      source.put(placed(message % 10, message, "host-" + std::to_string(message % 7)));
    }
    source.settled_all();
    watch_to_the_end(mirror, quick, watched.records.newest());
  }
  testing::await([&] { return watched.desk->figures().cut > 0; });
  CHECK(slow.pending() < std::size_t{1} << 20);
  CHECK(slow.next().kind == "cut");
  testing::await([&] { return watched.desk->figures().watchers <= 1; });
  watched.end();
  CHECK(difference(mirror, watched.keeper->model()) == "");
}

TEST_CASE("A watcher that takes nothing of what is there is cut off in the end") {
  Watched watched({}, std::size_t{1} << 20, {.patience = std::chrono::milliseconds{20}});
  Inbox inbox;
  watched.watch(inbox);
  testing::await([&] { return watched.desk->figures().cut > 0; });
  CHECK(inbox.next().data["reason"].get<std::string>().starts_with("too slow"));
}

TEST_CASE("A host's watcher sees who comes, who is there, and who leaves, resumed or not") {
  const Scratch scratch;
  Watched watched(scratch.path(), 1);  // only the last batch is in memory
  HandSource source(watched.intake);
  play(source, {placed(1, 1, "A"), placed(2, 2, "b"), placed(3, 3, "b")});
  Inbox inbox;
  watched.watch(inbox, {.host = "a"});
  const Told first = inbox.next();
  CHECK(first.data["instances"].size() == 1);
  CHECK(first.data["instances"][0]["name"] == "vm-1");
  CHECK(first.data["hosts"].size() == 1);
  CHECK(inbox.next().data["complete"] == true);
  const Sequence begin = watched.records.newest();
  play(source, {placed(1, 4, "A", "stopped"),  // while it is there
                placed(2, 5, "b", "stopped"),  // elsewhere
                placed(2, 6, "A", "stopped"),  // comes
                placed(2, 7, "A", "active"),   //
                placed(1, 8, "b", "stopped"),  // leaves
                placed(1, 9, "b", "active"),   // is gone
                placed(3, 10, "c", "active")});
  Inbox resumed;
  watched.watch(resumed, {.since = begin, .host = "a"});
  Inbox later;
  watched.watch(later, {.since = Sequence{static_cast<std::uint64_t>(begin) + 2}, .host = "a"});
  play(source, {placed(2, 11, "c", "active")});
  const std::string told =
      "instance.state_changed instance.moved instance.state_changed instance.moved instance.moved";
  CHECK(kinds(up_to(inbox, watched.records.newest())) == told);
  CHECK(kinds(up_to(resumed, watched.records.newest())) == told);
  CHECK(kinds(up_to(later, watched.records.newest())) ==
        "instance.moved instance.state_changed instance.moved instance.moved");
}

TEST_CASE("A record of drift is about both hosts that it names, and moves nobody") {
  const RecordOutline drift = outline_of(
      R"({"type":"vmtrail.placement.drift","subject":"87be4b45-e214-4ca3-8f5c-1bd31159f9e4",)"
      R"("data":{"instance":{"project_id":"p"},"from":{"host":"a"},"to":{"host":"b"}}})");
  CHECK(drift.from == "a");
  CHECK(drift.to == "b");
  CHECK(drift.project == "p");
  CHECK_FALSE(drift.places);
}

TEST_CASE("Projects and types are chosen: what was looked at is told by heartbeats") {
  Watched watched({}, std::size_t{1} << 20, {.heartbeat = std::chrono::milliseconds{20}});
  HandSource source(watched.intake);
  Inbox project;
  Inbox type;
  watched.watch(project, {.project = "q"});
  watched.watch(type, {.type = "instance.mov*"});
  for (Inbox* const inbox : {&project, &type}) {
    CHECK(inbox->next().data["complete"] == false);
    CHECK(inbox->next().data["complete"] == true);
  }
  play(source, {placed(1, 1, "a"), placed(2, 2, "a", "active", "q"), placed(1, 3, "b")});
  CHECK(kinds({project.next(), project.next(), project.next()}) ==
        "instance.created instance.placed instance.state_changed");
  CHECK(type.next().data["type"] == "vmtrail.instance.moved");
  const auto newest = static_cast<std::uint64_t>(watched.records.newest());
  for (Inbox* const inbox : {&project, &type}) {
    Told told = inbox->next_of_any();
    while (told.data["sequence"].get<std::uint64_t>() < newest) told = inbox->next_of_any();
    CHECK(told.kind == "heartbeat");
  }
}

TEST_CASE("What is neither in memory nor in the store is compacted, and a snapshot follows") {
  Watched watched({}, 1);
  HandSource source(watched.intake);
  play(source, {placed(1, 1, "a")});
  play(source, {placed(2, 2, "a")});
  for (const std::uint64_t since : {1U, 1'000U}) {  // gone; of another life
    Inbox inbox;
    watched.watch(inbox, {.since = Sequence{since}});
    CHECK(inbox.next().kind == "compacted");
    CHECK(inbox.next().data["instances"].size() == 2);
    const Told complete = inbox.next();
    CHECK(complete.data["complete"] == true);
    CHECK(complete.data["sequence"] == static_cast<std::uint64_t>(watched.records.newest()));
  }
  Inbox newest;
  watched.watch(newest, {.since = watched.records.newest()});
  CHECK(newest.next_of_any().kind == "heartbeat");
}

TEST_CASE("Who was told by another state's records is not taken for one of this state's") {
  Watched watched({}, std::size_t{16} << 20, {.epoch = 7});
  HandSource source(watched.intake);
  play(source, {placed(1, 1, "a"), placed(2, 2, "a")});
  for (const auto& [epoch, kind] : std::map<std::string, std::string>{
           {"", "record"}, {"0000000000000007", "record"}, {"0000000000000008", "compacted"}}) {
    Inbox inbox;
    watched.watch(inbox, {.since = Sequence{1}, .epoch = epoch});
    const Told told = inbox.next();
    CHECK(told.kind == kind);
    if (kind != "record") CHECK(told.data["epoch"] == "0000000000000007");
  }
  // A store keeps its own.
  const Scratch scratch;
  const Scratch other;
  const auto epoch_of = [](const Scratch& state, Store::Access access) {
    return Store::open(state.path(), access)->epoch().value();
  };
  const std::uint64_t epoch = epoch_of(scratch, Store::Access::create);
  CHECK(epoch > 0);
  CHECK(epoch_of(scratch, Store::Access::create) == epoch);
  CHECK(epoch_of(scratch, Store::Access::read) == epoch);
  CHECK(epoch_of(other, Store::Access::create) != epoch);
}

TEST_CASE("There is room for so many watchers: one that goes makes room: the end is told") {
  Watched watched({}, 1, {.most = 2});
  Inbox first;
  Inbox second;
  watched.watch(first);
  watched.watch(second);
  const auto refused = watched.desk->seat();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::unavailable);
  first.close();
  testing::await([&] { return watched.desk->figures().watchers < 2; });
  CHECK(watched.desk->seat());
  CHECK(watched.desk->figures().cut == 0);
  watched.end();
  watched.desk->close();
  Told told = second.next();
  while (told.kind != "cut") told = second.next();
  CHECK(told.data["reason"] == "the program ends");
}

TEST_CASE("A watch is asked with five options, and what is wrong with them is told") {
  const auto asked = [](std::vector<std::pair<std::string, std::string>> options) {
    return watch_request({"watch", std::move(options)});
  };
  CHECK(asked({})->since == std::nullopt);
  CHECK(asked({{"since", "0"}})->since == Sequence{0});
  CHECK(asked({{"type", "*.moved"}, {"host", "h"}})->type == "*.moved");
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"since", "x"},
                                                        {"since", "-1"},
                                                        {"since", "18446744073709551616"},
                                                        {"since", "1 "},
                                                        {"type", "moved"},
                                                        {"hots", "h"}}) {
    INFO(name << "=" << value);
    const auto wrong = asked({{name, value}});
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().code == ErrorCode::wrong_usage);
  }
}

}  // namespace
}  // namespace vmtrail
