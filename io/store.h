// SPDX-License-Identifier: Apache-2.0
// The store: one SQLite file in the state directory. docs/store.md describes its tables.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vmtrail/decoder.h"
#include "vmtrail/error.h"
#include "vmtrail/ids.h"
#include "vmtrail/model.h"
#include "vmtrail/rules.h"
#include "vmtrail/snapshot.h"

namespace vmtrail {

/// A record as the store has it.
struct StoredRecord {
  Sequence sequence{};
  std::string json;    ///< a CloudEvents event
  std::string zenoss;  ///< empty if it was not asked for then
  std::string type;    ///< "instance.moved"
};

/// Folded facts of each instance that are kept for explain(), unless somebody says how many.
inline constexpr std::size_t kExplain = 32;

/// How long things are kept; nullopt: for ever.
struct Retention {
  std::optional<Duration> records{};  ///< and with them the ids of messages as old
  std::optional<Duration> history{};
  std::optional<Duration> quarantine{};
  bool operator==(const Retention&) const = default;
};

/// What was stored before these times may go; nullopt: it stays.
struct Expiry {
  std::optional<Time> records{};  ///< and with them the ids of messages as old
  std::optional<Time> history{};  ///< intervals and migrations that ended before it
  std::optional<Time> quarantine{};
};

/// Everything that is kept between two runs. Changes are collected in one transaction until
/// commit(); what is not committed when the store is destroyed never was. After an error while
/// writing nothing more is written until rollback(); then the same may be tried again. One thread
/// at a time. Errors: store_error, with the file and SQLite's words.
class Store {
 public:
  enum class Access : std::uint8_t {
    read,    ///< the state must be there
    update,  ///< read and write; it must be there, and is brought up to date if need be
    create,  ///< the same; it is made if need be, with its directory
  };
  /// What a commit survives. Either keeps the file whole.
  enum class Durability : std::uint8_t {
    power_loss,   ///< everything: the disk has it once commit() returns
    process_end,  ///< any end of the program, but of the machine only as far as it has written
  };
  struct Options {
    Durability durability = Durability::power_loss;
    std::chrono::milliseconds lock_wait{5000};  ///< for another program that is writing
    std::uint64_t most_bytes = 0;  ///< how large the file may become; 0: as the disk lets it
  };

  /// The path of the database that a directory holds, or would.
  [[nodiscard]] static std::string file_in(const std::string& directory);
  /// Does the directory hold one? Error: store_error; it does not.
  [[nodiscard]] static Result<void> find_in(const std::string& directory);

  [[nodiscard]] static Result<Store> open(const std::string& directory, Access access) {
    return open(directory, access, Options());
  }
  [[nodiscard]] static Result<Store> open(const std::string& directory, Access access,
                                          const Options& options);
  ~Store();
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;

  /// What of the options of the model that was saved last says how it is to be read: horizon,
  /// short_hosts and trail. Of an older or an empty state the defaults, with kExplain for trail.
  [[nodiscard]] Result<Model::Options> model_options() const;
  /// Fills an empty model with what is stored. Returns how many facts were dropped because `rules`
  /// lacks their rule.
  [[nodiscard]] Result<std::size_t> load(Model& model, const RuleSet& rules);

  /// The rules files of the last run, which the stored facts refer to, the shipped table among
  /// them; none before the first.
  [[nodiscard]] Result<std::vector<RulesText>> rules();
  /// What their absences wait for.
  [[nodiscard]] Result<std::vector<AwaitedSnapshot>> awaited();

  /// The instance's events that are no facts any more, or never became any: the last of either, as
  /// many as Model::Options::trail said when it was saved, and the one that decided. Oldest first.
  [[nodiscard]] Result<std::vector<TrailSnapshot>> trail(const InstanceId& id);

  /// Was this message ever taken? It is found by its time: a copy has the same. What cannot be read
  /// was not: a copy that comes too late is then told once more.
  [[nodiscard]] bool contains(const MessageId& id, Time generated);

  /// Of its sequences, see epoch.h. 0: it was only read, and made before there were any.
  [[nodiscard]] Result<std::uint64_t> epoch();
  /// Those behind a sequence, the oldest first, at most so many.
  [[nodiscard]] Result<std::vector<StoredRecord>> records(Sequence behind, std::size_t most);
  /// The oldest record that is kept; the one to come, if none is. A reader who has everything
  /// before it misses nothing.
  [[nodiscard]] Result<Sequence> oldest_record();
  /// Where a source is to go on; empty: it never said.
  [[nodiscard]] Result<std::string> position(std::string_view source);
  /// How far a sink is; nullopt: it was never heard of.
  [[nodiscard]] Result<std::optional<Sequence>> cursor(std::string_view sink);

  /// From here on what is read is what was committed when this was called, until rollback(). For
  /// stores that are only read, and not for long: meanwhile a writer's log grows.
  [[nodiscard]] Result<void> hold();

  /// While another program has the file locked, calls `meanwhile` again and again, which is to take
  /// some milliseconds and leaves the store alone; Options::lock_wait says how long.
  void set_meanwhile(std::function<void()> meanwhile);

  // ---- what a batch changes

  [[nodiscard]] Result<void> add_message(const MessageId& id, Time generated);
  /// `json` is the record as a CloudEvents event; `zenoss` may be empty.
  [[nodiscard]] Result<void> add_record(Sequence sequence, std::string_view json,
                                        std::string_view zenoss = {});
  /// `input` names where the bytes were read; they are redacted here.
  [[nodiscard]] Result<void> add_quarantined(std::string_view input, const Undecodable& bad);
  [[nodiscard]] Result<void> set_rules(std::span<const RulesText> rules);
  [[nodiscard]] Result<void> set_awaited(std::span<const AwaitedSnapshot> awaited);
  [[nodiscard]] Result<void> set_position(std::string_view source, std::string_view position);
  [[nodiscard]] Result<void> set_cursor(std::string_view sink, Sequence sequence);
  /// Writes the instances that have changed, and the model's own state. Once that is committed the
  /// caller is to say Model::mark_saved(), and not before. `between` is called after each instance;
  /// it may read the model and the store.
  [[nodiscard]] Result<void> save(const Model& model, const std::function<void()>& between = {});
  /// Removes some of what has expired, the oldest first: little at a time, so that it can be part
  /// of each batch. true: there may be more.
  [[nodiscard]] Result<bool> expire(const Expiry& before);
  [[nodiscard]] Result<void> commit();
  /// What is not committed never was; also after a failure, behind which writing works again.
  void rollback();

  // ---- care

  /// What is wrong with it, one line each; empty: nothing. Reads the whole file.
  [[nodiscard]] Result<std::vector<std::string>> check();
  /// Gives back the room of what is gone. Nothing may be uncommitted.
  [[nodiscard]] Result<void> compact();

 private:
  friend class StoreReader;
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vmtrail
