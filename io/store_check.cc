// SPDX-License-Identifier: Apache-2.0
// What can be known to be wrong with a store, from itself alone.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "io/store_impl.h"
#include "io/store_packed.h"
#include "io/stored_messages.h"

namespace vmtrail {

namespace {

using nlohmann::json;

constexpr std::size_t kMostFaults = 100;

/// What a reader knows of an instance who has applied all records in their sequence.
struct Known {
  std::string host;
  std::string confidence = "unknown";
  std::string vm_state;
  std::string task_state;
  std::string power_state;
  bool deleted = false;
  bool operator==(const Known&) const = default;
};

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void apply(const json& record, std::map<std::string, Known>& all) {
  const std::string type = text_at(record, "type");
  const json& data = record.at("data");
  const bool of_instance = data.contains("instance") && data.at("instance").is_object();
  if (!of_instance || type == "vmtrail.event.too_late" || type == "vmtrail.event.missing") return;
  Known& known = all[text_at(record, "subject")];
  if (const auto to = data.find("to"); to != data.end() && to->is_object()) {
    if (to->contains("host")) known.host = text_at(*to, "host");
    if (to->contains("vm_state")) known.vm_state = text_at(*to, "vm_state");
    if (to->contains("task_state")) known.task_state = text_at(*to, "task_state");
    if (to->contains("power_state")) known.power_state = text_at(*to, "power_state");
  }
  known.confidence = text_at(data, "confidence");
  known.deleted = known.deleted || type == "vmtrail.instance.deleted";
}

class Faults {
 public:
  void add(std::string what) {
    if (lines_.size() < kMostFaults) lines_.push_back(std::move(what));
  }
  [[nodiscard]] bool any() const { return !lines_.empty(); }
  std::vector<std::string> take() { return std::move(lines_); }

 private:
  std::vector<std::string> lines_;
};

// Records are removed from their old end alone, and the last is the model's.
Result<void> check_sequence(Sqlite& database, std::int64_t last, Faults& faults) {
  std::int64_t expected = 0;
  auto read =
      database.rows("SELECT sequence FROM records ORDER BY sequence", [&](sqlite3_stmt* row) {
        const std::int64_t sequence = sqlite3_column_int64(row, 0);
        if (expected != 0 && sequence != expected) {
          faults.add("records: " + std::to_string(expected) + " to " +
                     std::to_string(sequence - 1) + " are missing");
        }
        expected = sequence + 1;
      });
  if (expected != 0 && expected != last + 1) {
    faults.add("records: the last is " + std::to_string(expected - 1) + ", the state is as of " +
               std::to_string(last));
  }
  return read;
}

// Of all records in their sequence comes what `instances` says, if all of them are still there.
Result<void> check_records(Sqlite& database, Faults& faults) {
  std::map<std::string, Known> all;
  std::int64_t first = 0;
  auto read =
      database.rows("SELECT sequence, json FROM records ORDER BY sequence", [&](sqlite3_stmt* row) {
        const std::int64_t sequence = sqlite3_column_int64(row, 0);
        if (first == 0) first = sequence;
        if (first != 1) return false;
        const json record = json::parse(text(row, 1), nullptr, false);
        if (record.is_discarded() || !record.is_object() || !record.contains("data")) {
          faults.add("records: " + std::to_string(sequence) + " is no record");
        } else {
          apply(record, all);
        }
        return true;
      });
  if (!read || first != 1) return read;
  return database.rows(
      "SELECT id, host, confidence, vm_state, task_state, power_state, deleted FROM instances",
      [&](sqlite3_stmt* row) {
        const Known held{text(row, 1), text(row, 2), text(row, 3),
                         text(row, 4), text(row, 5), sqlite3_column_int(row, 6) != 0};
        if (all[text(row, 0)] != held) {
          faults.add("instance " + text(row, 0) + ": is not where its records lead to");
        }
      });
}

Result<void> check_packed(Sqlite& database, Faults& faults) {
  auto read = database.rows("SELECT id, base, facts FROM instances", [&](sqlite3_stmt* row) {
    const auto base = optional_text(row, 1);
    if ((base && !unpacked_state(*base)) || !unpacked_facts(text(row, 2))) {
      faults.add("instance " + text(row, 0) + ": its facts cannot be read");
    }
  });
  if (!read) return read;
  read = database.rows("SELECT instance, entries FROM trail", [&](sqlite3_stmt* row) {
    if (!unpacked_trail(text(row, 1))) {
      faults.add("instance " + text(row, 0) + ": its events cannot be read");
    }
  });
  if (!read) return read;
  read = database.rows("SELECT name, statuses FROM hosts", [&](sqlite3_stmt* row) {
    if (!unpacked_statuses(text(row, 1))) {
      faults.add("host " + text(row, 0) + ": what its service told cannot be read");
    }
  });
  if (!read) return read;
  if (const auto ids = all_messages(database); !ids) faults.add(ids.error().detail);
  return {};
}

}  // namespace

Result<std::vector<std::string>> Store::check() {
  Sqlite& database = impl_->database;
  Faults faults;
  auto read = database.rows("PRAGMA integrity_check", [&](sqlite3_stmt* row) {
    if (text(row, 0) != "ok") faults.add(text(row, 0));
  });
  if (!read) return tl::unexpected(read.error());
  if (faults.any()) return faults.take();  // nothing in it means anything
  const auto sequence = impl_->get("sequence");
  if (!sequence) return tl::unexpected(sequence.error());
  if (read = check_sequence(database, sequence->value_or(0), faults); read) {
    read = check_records(database, faults);
  }
  if (read) read = check_packed(database, faults);
  if (!read) return tl::unexpected(read.error());
  const auto texts = rules();
  if (!texts) return tl::unexpected(texts.error());
  if (const auto parsed = RuleSet::parse(*texts); !texts->empty() && !parsed) {
    faults.add("rules: " + parsed.error().detail);
  }
  return faults.take();
}

Result<void> Store::compact() {
  return impl_->database.execute("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);", "compacting");
}

}  // namespace vmtrail
