// SPDX-License-Identifier: Apache-2.0

#include "tests/disorder/life.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>
#include <utility>

#include "tests/disorder/captures.h"
#include "tests/disorder/stories.h"

namespace vmtrail::disorder {
namespace {

/// An id such as Nova's: its order says nothing of the time.
std::string uuid(Random& random) {
  std::array<char, 40> text{};
  const auto high = static_cast<unsigned long long>(random.below(std::uint64_t{1} << 60));
  const auto low = static_cast<unsigned long long>(random.below(std::uint64_t{1} << 60));
  std::snprintf(text.data(), text.size(), "%08llx-%04llx-4%03llx-a%03llx-%012llx", high >> 28,
                high >> 12 & 0xffff, high & 0xfff, low >> 48, low & 0xffff'ffff'ffff);
  return text.data();
}

/// An instance as it goes from operation to operation.
class Biography {
 public:
  Biography(const std::vector<Recording>& recordings, const LifeOptions& options, Random& random)
      : recordings_(recordings), options_(options), random_(random) {}

  Life tell() {
    if (is_any() || random_.in_a_hundred(options_.boots)) {
      boot();
    } else {
      host_ = random_.pick(compute_hosts());
      life_.first_host = host_;
      standing_ = {.exists = true, .placed = true, .vm_state = "active", .kept = {}};
    }
    go_on();
    life_.truth.host = standing_.deleted ? std::string() : host_;
    life_.truth.vm_state = standing_.vm_state;
    life_.truth.deleted = standing_.deleted;
    // An abort falls into its migration, and a last word may come after the next operation began.
    std::stable_sort(life_.events.begin(), life_.events.end(),
                     [](const Made& a, const Made& b) { return a.generated < b.generated; });
    return std::move(life_);
  }

 private:
  [[nodiscard]] bool is_any() const {
    return options_.plot == Plot::any || options_.plot == Plot::every;
  }

  [[nodiscard]] bool may_occur(const Recording& recording) const {
    return (!recording.by_hand || options_.plot == Plot::every) &&
           (!recording.by_hand || !recording.needs_updates || options_.updates_alone);
  }

  void boot() {
    // Boots that find no host are the end of it.
    const bool fails = is_any() && random_.in_a_hundred(2);
    const Recording& recording = any_of([&](const Recording& one) {
      return may_occur(one) && !one.before.exists && one.after.placed != fails;
    });
    add(recording, random_.pick(compute_hosts()));
  }

  void go_on() {
    const std::string begin = host_;
    switch (options_.plot) {
      case Plot::one_migration:
        migrate(another_host());
        return;
      case Plot::a_b_c:
      case Plot::a_b_a: {
        migrate(another_host());
        std::string last = begin;
        while (options_.plot == Plot::a_b_c && last == begin) last = another_host();
        migrate(last);
        return;
      }
      case Plot::migrations:
        for (int i = 0; i < 8; ++i) migrate(another_host());
        return;
      case Plot::any:
      case Plot::every: {
        for (std::uint64_t i = 1 + random_.below(6); i > 0 && standing_.vm_state != "error"; --i) {
          next(false);
        }
        if (random_.in_a_hundred(25)) next(true);
        return;
      }
    }
  }

  void migrate(const std::string& destination) {
    add(any_of([](const Recording& one) { return one.moves_live(); }), destination);
  }

  /// Something that can happen to an instance that stands so; each kind is as likely.
  void next(bool deletes) {
    std::vector<std::string> kinds;
    for (const Recording& recording : recordings_) {
      if (may_occur(recording) && recording.before == standing_ &&
          recording.after.deleted == deletes &&
          std::find(kinds.begin(), kinds.end(), recording.kind) == kinds.end()) {
        kinds.push_back(recording.kind);
      }
    }
    if (kinds.empty()) return;
    const std::string& kind = random_.pick(kinds);
    const Recording& recording = any_of([&](const Recording& one) {
      return may_occur(one) && one.before == standing_ && one.kind == kind;
    });
    add(recording, another_host());
  }

  template <class Predicate>
  const Recording& any_of(const Predicate& predicate) {
    std::vector<const Recording*> found;
    for (const Recording& recording : recordings_) {
      if (predicate(recording)) found.push_back(&recording);
    }
    return *random_.pick(found);
  }

  std::string another_host() {
    while (true) {
      const std::string& host = random_.pick(compute_hosts());
      if (host != host_ && host != former_) return host;
    }
  }

  std::string cast(Role role, const std::string& there, const std::string& tried) {
    switch (role) {
      case Role::nobody:
        return {};
      case Role::controller:
        return random_.pick(controllers());
      case Role::here:
        return host_;
      case Role::there:
        return there;
      case Role::tried:
        return tried;
      case Role::former:
        return former_;
    }
    return {};
  }

  [[nodiscard]] std::string flavor_of(bool changed) const {
    return large_ != changed ? "m1.large" : "m1.tiny";
  }

  void add(const Recording& recording, const std::string& there) {
    if (!life_.events.empty()) {
      now_ += random_.between(options_.shortest_gap, options_.longest_gap);
    }
    const auto pace = static_cast<Duration::rep>(
        options_.shortest_length +
        random_.below(options_.longest_length - options_.shortest_length + 1));
    std::string tried = there;
    while (tried == there) tried = another_host();
    std::set<std::string> messages;
    std::vector<std::string> requests;
    for (std::size_t i = 0; i < recording.requests; ++i) requests.push_back("req-" + uuid(random_));
    for (const Line& line : recording.lines) {
      Made event = line.event;
      event.message_id = uuid(random_);
      messages.insert(event.message_id);
      event.generated = now_ + line.at * pace / 100;
      const auto fill = [&](Field field, std::string value) {
        if (const auto told = event.fields.find(field); told != event.fields.end()) {
          told->second = std::move(value);
        }
      };
      fill(Field::instance_id, std::string(testing::kVm));
      fill(Field::display_name, "vm");
      fill(Field::flavor, flavor_of(line.new_flavor));
      fill(Field::request_id, requests[line.request]);
      fill(Field::publisher_host, cast(line.publisher, there, tried));
      fill(Field::payload_host, cast(line.payload_host, there, tried));
      life_.events.push_back(std::move(event));
    }
    if (recording.changes_flavor) large_ = !large_;
    if (recording.move) {
      last_move_ = requests.front();
      life_.truth.moves[last_move_] = {
          recording.move->kind, cast(recording.move->source, there, tried),
          cast(recording.move->destination, there, tried), recording.move->outcome};
    }
    if (recording.reverts) life_.truth.moves[last_move_].outcome = Outcome::reverted;
    const std::string left = host_;
    host_ = cast(recording.host_after, there, tried);
    if (host_ != left || recording.after.deleted) life_.truth.last_turn = std::move(messages);
    if (recording.after.vm_state != "resized") {
      former_.clear();
    } else if (standing_.vm_state != "resized") {
      former_ = left;
    }
    standing_ = recording.after;
    now_ += recording.length * pace / 100;
  }

  const std::vector<Recording>& recordings_;
  const LifeOptions& options_;
  Random& random_;

  Life life_;
  Time now_ = testing::kStart;
  Standing standing_;
  std::string host_;
  std::string former_;     // while the state is resized: the host before
  std::string last_move_;  // request of the last migration
  bool large_ = false;     // its flavor
};

}  // namespace

const std::vector<std::string>& compute_hosts() {
  static const std::vector<std::string> hosts{"compute-1", "compute-2", "compute-3",
                                              "compute-4", "compute-5", "compute-6"};
  return hosts;
}

const std::vector<std::string>& controllers() {
  static const std::vector<std::string> hosts{"controller-1", "controller-2", "controller-3"};
  return hosts;
}

std::vector<Recording> recordings() {
  std::vector<Recording> result = captured();
  std::vector<Recording> more = written();
  std::move(more.begin(), more.end(), std::back_inserter(result));
  return result;
}

Life live(const std::vector<Recording>& recordings, const LifeOptions& options, Random& random) {
  return Biography(recordings, options, random).tell();
}

}  // namespace vmtrail::disorder
