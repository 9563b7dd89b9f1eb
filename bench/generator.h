// SPDX-License-Identifier: Apache-2.0
// A cloud made up from a seed: its notifications in their order of arrival, and where its instances
// are in the end.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/stories.h"
#include "vmtrail/time.h"

namespace vmtrail::bench {

/// Chance that is the same on every machine (splitmix64); the standard's distributions are not.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15U;
    return mix(state_);
  }
  /// Less than `bound`, which is not 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  /// More than 0, at most 1.
  double share() { return static_cast<double>((next() >> 11) + 1) * 0x1p-53; }

  static std::uint64_t mix(std::uint64_t value) {
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
    return value ^ (value >> 31);
  }

 private:
  std::uint64_t state_;
};

struct CloudOptions {
  std::uint64_t seed = 1;
  std::uint64_t instances = 10'000;
  std::uint64_t hosts = 0;                ///< 0: one for every 20 instances, 4 at least
  double rate = 6;                        ///< operations on each instance in a day
  Duration ramp = std::chrono::hours{1};  ///< over which the instances boot
  Duration disorder{};                    ///< an event arrives up to so much later than it was sent
  bool updates = true;                    ///< notify_on_state_change is set
  bool deletions = true;                  ///< and boots in their place
  bool audits = true;                     ///< instance_usage_audit is set, by the hour
};

/// An instance: a place in the cloud, and how often it was filled before.
struct InstanceNumber {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
};

struct Flavor {
  std::string_view name;
  std::string_view id;
  unsigned memory_mb, disk_gb, vcpus;
};
inline constexpr std::array<Flavor, 4> kFlavors{{{"m1.tiny", "1", 512, 1, 1},
                                                 {"m1.small", "2", 2048, 20, 1},
                                                 {"m1.medium", "3", 4096, 40, 2},
                                                 {"m1.large", "4", 8192, 80, 4}}};

inline constexpr std::uint32_t kNoHost = 0xFFFFFFFF;

/// One notification of Nova's, in numbers that a form makes words of. Times are UTC; zero: none.
struct Notification {
  Time generated;
  Time arrives;
  std::uint64_t message = 0;
  std::uint64_t request = 0;
  std::string_view event_type;  ///< as in Step
  InstanceNumber instance;
  Time launched_at;
  Time deleted_at;
  Time audit_begin;
  Time audit_end;
  std::uint32_t publisher = 0;   ///< number of the host, or of the controller
  std::uint32_t host = kNoHost;  ///< the payload's
  std::uint32_t renamed = 0;     ///< how often
  By by = By::controller;
  VmState state = VmState::active;
  VmState old_state = VmState::active;
  std::string_view task;
  std::string_view old_task;
  std::uint8_t flavor = 0;

  [[nodiscard]] bool about_instance() const { return event_type.front() == '.'; }
};

/// What is true of an instance in the end.
struct Truth {
  InstanceNumber instance;
  std::uint32_t host = kNoHost;  ///< of one that is deleted, too
  VmState state = VmState::deleted;
  std::uint32_t renamed = 0;
};

/// Plays the operations of bench/stories.h on instances picked at random, never two at a time on
/// the same one nor within two minutes. Endless until finish(). Takes 32 bytes an instance.
class Cloud {
 public:
  explicit Cloud(const CloudOptions& options);

  /// The one that arrives next; valid until the next call. nullptr: no more after finish().
  const Notification* next();

  /// No operation begins any more; what has begun goes on to its end.
  void finish() { finished_ = true; }
  /// Nothing begins for so long.
  void sleep(Duration time);
  /// From now on.
  void change(double rate, bool updates);

  /// Notifications handed out and those of operations that have begun.
  [[nodiscard]] std::uint64_t begun() const { return messages_; }
  /// Has every instance booted?
  [[nodiscard]] bool full() const { return booted_ == slots_.size(); }
  /// Of every instance that there ever was.
  [[nodiscard]] std::vector<Truth> truth() const;
  [[nodiscard]] const CloudOptions& options() const { return options_; }

 private:
  struct Slot {
    Time settled_at{};           // nothing goes on from then on
    std::uint32_t launched = 0;  // seconds since the beginning
    std::uint32_t host = kNoHost;
    std::uint32_t left = kNoHost;  // what a resize left, until it is confirmed or reverted
    std::uint32_t generation = 0;
    VmState state = VmState::deleted;
    VmState before = VmState::active;  // a resize
    std::uint8_t flavor = 0;
    std::uint8_t flavor_left = 0;
    std::uint8_t renamed = 0;
  };
  struct Arrival {
    Time at;
    std::uint64_t message;
    std::uint32_t place;                          // in store_
    bool operator<(const Arrival& other) const {  // the earliest on top
      return at != other.at ? at > other.at : message > other.message;
    }
  };

  void begin_boot();
  void begin_operation();
  void begin_audit();
  void play(const Operation& operation, std::uint32_t slot, Time at);
  void send(Notification& notification);
  [[nodiscard]] std::uint32_t another_host(std::uint32_t than);
  [[nodiscard]] Duration until_next_operation();

  CloudOptions options_;

  Chance chance_;
  std::vector<Slot> slots_;
  std::vector<Truth> replaced_;
  std::size_t booted_ = 0;
  std::uint64_t messages_ = 0;
  std::uint64_t requests_ = 0;
  bool finished_ = false;
  Time next_boot_;
  Time next_operation_;
  Time audit_hour_;
  std::size_t audited_ = 0;        // slots, in this hour
  std::vector<Arrival> arrivals_;  // a heap
  std::vector<Notification> store_;
  std::vector<std::uint32_t> free_;
  std::uint32_t handed_out_ = kNoHost;
};

}  // namespace vmtrail::bench
