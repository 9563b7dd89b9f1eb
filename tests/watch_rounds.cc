// SPDX-License-Identifier: Apache-2.0
// Usage: watch_rounds [--rounds N] [--over http|zmq] [--seed N]
//
// Watches `vmtrail serve` under load, kills the watcher at random points and resumes it, N times
// (1000) over each of the two ways. After each it must have exactly what the daemon itself answers
// at that sequence. The daemon keeps little in memory and, in its store, records for a second, so
// that watchers resume from either, or are told `compacted`; it is killed now and then, too, and
// begins anew elsewhere, where the sequence of the watcher means nothing.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <random>
#include <thread>

#include "tests/daemon.h"
#include "tests/http_client.h"
#include "tests/live.h"
#include "tests/scratch.h"
#include "tests/watcher.h"

namespace vmtrail::testing {
namespace {

using Random = std::mt19937_64;

bool chance(Random& random, unsigned percent) {
  return random() % 100 < percent;
}

/// The recorded notifications of all captures, again and again, each time of other instances, out
/// of order, some twice.
class Stream {
 public:
  explicit Stream(std::uint64_t seed) : random_(seed) {
    for (const std::string& scenario : scenarios()) {
      for (const auto& file : std::filesystem::directory_iterator(kCaptures / scenario)) {
        if (!file.path().filename().string().starts_with("nova.bodies.jsonl")) continue;
        for (std::string& line : lines_of(file.path())) recorded_.push_back(std::move(line));
      }
    }
  }

  /// Some notifications, a line each.
  std::string next() {
    std::string body;
    for (std::size_t count = 1 + random_() % 8; count > 0; --count) {
      while (window_.size() < kWindow) window_.push_back(made());
      const std::size_t chosen = random_() % window_.size();
      body += window_[chosen] + "\n";
      if (chance(random_, 2)) continue;  // it comes again
      window_[chosen] = std::move(window_.back());
      window_.pop_back();
    }
    return body;
  }

 private:
  static constexpr std::size_t kWindow = 60;

  // Of several lives at a time: their notifications are mixed.
  std::string made() {
    const std::size_t life = random_() % kLives;
    if (places_[life].at == recorded_.size()) places_[life] = {};
    if (places_[life].at == 0) places_[life].copy = ++copies_;
    return renamed(recorded_[places_[life].at++], places_[life].copy);
  }
  // Every UUID in it becomes another.
  static std::string renamed(std::string line, std::uint64_t copy) {
    constexpr std::size_t kHyphens[] = {8, 13, 18, 23};
    for (std::size_t at = line.find('-'); at != std::string::npos; at = line.find('-', at + 1)) {
      if (at < 8 || at + 28 > line.size()) continue;
      bool uuid = true;
      for (std::size_t i = 0; uuid && i < 36; ++i) {
        const char c = line[at - 8 + i];
        const bool hyphen =
            std::find(std::begin(kHyphens), std::end(kHyphens), i) != std::end(kHyphens);
        uuid = hyphen ? c == '-' : std::isxdigit(static_cast<unsigned char>(c)) != 0;
      }
      if (!uuid) continue;
      char digits[9];
      const auto first = std::strtoul(line.substr(at - 8, 8).c_str(), nullptr, 16);
      std::snprintf(digits, sizeof digits, "%08lx", (first ^ (copy * 0x9e3779b1UL)) & 0xffffffffUL);
      line.replace(at - 8, 8, digits);
      at += 28;
    }
    return line;
  }

  static constexpr std::size_t kLives = 4;
  struct Place {
    std::size_t at = 0;
    std::uint64_t copy = 0;
  };
  Random random_;
  std::vector<std::string> recorded_;
  std::vector<std::string> window_;
  Place places_[kLives];
  std::uint64_t copies_ = 0;
};

/// A daemon that is killed and started again, and who feeds it all the while.
class Served {
 public:
  explicit Served(std::uint64_t seed) : stream_(seed) {
    start();
    feeder_ = std::jthread([this](const std::stop_token& stop) { feed(stop); });
  }
  ~Served() {
    feeder_.request_stop();
    feeder_.join();
  }

  void kill_and_start_again() {
    const std::lock_guard lock(mutex_);
    daemon_.reset();
    start();
  }
  /// Nothing is fed until go_on(): sequences of two lives are only told apart while the new one has
  /// not come as far as the old.
  void begin_elsewhere() {
    const std::lock_guard lock(mutex_);
    daemon_.reset();
    scratch_.emplace();
    start();
    source_.clear();
  }
  void go_on() {
    const std::lock_guard lock(mutex_);
    source_ = here_;
  }
  [[nodiscard]] const std::string& http() const { return http_; }
  [[nodiscard]] const std::string& zmq() const { return zmq_; }
  [[nodiscard]] std::uint64_t posted() const { return posted_; }

 private:
  void start() {
    const std::string file = scratch_->path("vmtrail.yaml");
    std::ofstream(file) << "state: ./state\n"
                           "sources: http://127.0.0.1:0\n"
                           "listen: ['http://127.0.0.1:0', 'zmq+router://127.0.0.1:0']\n"
                           "retention: {records: 1s}\n"
                           "watch: {memory: 30000, heartbeat: 200ms}\n";
    daemon_ = std::make_unique<DaemonProcess>(std::vector<std::string>{"--config", file});
    here_ = source_ = daemon_->address();
    http_ = daemon_->address();
    zmq_ = daemon_->address();
    daemon_->await("ready");
  }
  // Again until it is acknowledged.
  void feed(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const std::string body = stream_.next();
      for (bool taken = false; !taken && !stop.stop_requested();) {
        std::string address;
        {
          const std::lock_guard lock(mutex_);
          address = source_;
        }
        if (address.empty()) {
          std::this_thread::yield();
          continue;
        }
        try {
          if (address != client_address_) {
            client_.emplace(address);
            client_address_ = address;
          }
          taken = client_->post("/v1/events", body).status == 200;
        } catch (const std::runtime_error&) {
        }
        if (!taken) client_address_.clear();
      }
      ++posted_;
    }
  }

  Stream stream_;
  std::mutex mutex_;
  std::optional<Scratch> scratch_{std::in_place};
  std::unique_ptr<DaemonProcess> daemon_;
  std::string here_;
  std::string source_;  // where it is fed; empty: not now
  std::string http_;
  std::string zmq_;
  std::optional<HttpClient> client_;  // of the feeder
  std::string client_address_;
  std::atomic<std::uint64_t> posted_{0};
  std::jthread feeder_;
};

struct Figures {
  std::uint64_t kills = 0;
  std::uint64_t events = 0;
  std::uint64_t daemons = 0;
  std::uint64_t compacted = 0;
  std::uint64_t snapshots = 0;
  std::uint64_t compared = 0;  // instances
};

class Watcher {
 public:
  Watcher(Served& served, bool over_http, Figures& figures)
      : served_(served), over_http_(over_http), figures_(figures) {}

  void connect() {
    mirror_.begin(over_http_);
    if (over_http_) {
      const auto behind = mirror_.behind();
      watching_ = std::make_unique<HttpWatching>(
          served_.http(), "/v1/watch",
          behind ? "Last-Event-ID: " + std::to_string(*behind) + "\r\n" : "");
    } else {
      Json request = {{"op", "watch"}};
      if (mirror_.behind()) {
        request["since"] = *mirror_.behind();
        request["epoch"] = mirror_.epoch();
      }
      watching_ = std::make_unique<ZmqWatching>(served_.zmq(), request);
    }
  }
  void kill() {
    watching_.reset();
    ++figures_.kills;
  }

  void take_one() {
    auto told = watching_->next();
    if (!told) throw std::runtime_error("the watch has ended");
    if (told->kind == "cut") throw std::runtime_error("cut: " + told->data.dump());
    ++figures_.events;
    figures_.compacted += told->kind == "compacted";
    figures_.snapshots += told->data.is_object() && told->data.value("complete", false);
    mirror_.take(*told);
  }
  /// As many as come, but no more than so many.
  void take_some(std::size_t most) {
    for (; most > 0 && watching_->waits_for(20); --most) take_one();
  }
  void take_up_to(std::uint64_t sequence) {
    while (!mirror_.behind() || *mirror_.behind() < sequence) take_one();
  }

  /// Is it what the daemon has? Asked until the answer is not older than what was taken.
  void compare() {
    HttpClient client(served_.http());
    compare(client, "/v1/instances?limit=all", "instances", [this](const Json& theirs) {
      figures_.compared += theirs.size();
      return mirror_.difference_from_instances(theirs);
    });
    compare(client, "/v1/migrations", "migrations",
            [this](const Json& theirs) { return mirror_.difference_from_migrations(theirs); });
  }
  Mirror& mirror() { return mirror_; }

 private:
  template <class Difference>
  void compare(HttpClient& client, const std::string& target, const char* key,
               Difference difference) {
    for (;;) {
      const Json answer = Json::parse(client.get(target).body);
      if (answer.contains("next") && !answer["next"].is_null()) {
        throw std::runtime_error("too many instances for one answer");
      }
      const std::uint64_t sequence = answer["sequence"];
      take_up_to(sequence);
      if (*mirror_.behind() != sequence) continue;  // a snapshot has gone beyond it
      const std::string different = difference(answer[key]);
      if (!different.empty()) {
        throw std::runtime_error(std::string(key) + " at " + std::to_string(sequence) + ": " +
                                 different);
      }
      return;
    }
  }

  Served& served_;
  const bool over_http_;
  Figures& figures_;
  Mirror mirror_;
  std::unique_ptr<Watching> watching_;
};

void run(unsigned rounds, bool over_http, std::uint64_t seed) {
  const auto begun = std::chrono::steady_clock::now();
  Random random(seed);
  Served served(seed);
  Figures figures;
  Watcher watcher(served, over_http, figures);
  watcher.connect();
  for (unsigned round = 0; round < rounds; ++round) {
    // At any point: within a snapshot, too.
    watcher.take_some(random() % 200);
    watcher.kill();
    if (round % 20 == 19) {
      served.begin_elsewhere();
      ++figures.daemons;
    } else if (chance(random, 4)) {
      served.kill_and_start_again();
      ++figures.daemons;
    } else if (chance(random, 3)) {
      // Longer than records are kept.
      std::this_thread::sleep_for(std::chrono::milliseconds{1'500});
    } else if (chance(random, 5)) {
      watcher.mirror() = Mirror();
    }
    watcher.connect();
    if (round % 20 == 19) {
      watcher.take_one();  // compacted, or the first of a snapshot
      served.go_on();
    }
    while (chance(random, 30)) {
      watcher.take_some(random() % 20);
      watcher.kill();
      watcher.connect();
    }
    watcher.compare();
  }
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun);
  std::printf(
      "%s: %u rounds, %llu times killed, %llu events, %llu daemons, compacted %llu times, "
      "%llu snapshots, %llu posts, %llu instances compared, no difference; %.0f s\n",
      over_http ? "http" : "zmq", rounds, static_cast<unsigned long long>(figures.kills),
      static_cast<unsigned long long>(figures.events),
      static_cast<unsigned long long>(figures.daemons),
      static_cast<unsigned long long>(figures.compacted),
      static_cast<unsigned long long>(figures.snapshots),
      static_cast<unsigned long long>(served.posted()),
      static_cast<unsigned long long>(figures.compared), seconds.count());
}

int main_of(int argc, char** argv) {
  unsigned rounds = 1000;
  std::string over;
  std::uint64_t seed = std::random_device{}();
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    if (option == "--rounds") rounds = static_cast<unsigned>(std::atoi(argv[i + 1]));
    if (option == "--over") over = argv[i + 1];
    if (option == "--seed") seed = std::strtoull(argv[i + 1], nullptr, 10);
  }
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  try {
    if (over != "zmq") run(rounds, true, seed);
    if (over != "http") run(rounds, false, seed);
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace vmtrail::testing

int main(int argc, char** argv) {
  return vmtrail::testing::main_of(argc, argv);
}
