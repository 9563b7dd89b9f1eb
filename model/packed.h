// SPDX-License-Identifier: Apache-2.0
// An instance without facts in as few bytes as it takes.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "model/instance.h"

namespace vmtrail {

/// Packs and unpacks instances whose facts are all folded, each on its own. Numbers take as many
/// bytes as they need, times are distances from the instance's newest one. The bytes mean something
/// only to the packer that made them, and are trusted.
class Packer {
 public:
  /// The bytes, valid until the next call.
  [[nodiscard]] std::span<const std::uint8_t> pack(const Instance& instance);
  /// Sets all but id, place and flags.
  void unpack(const std::uint8_t* bytes, Instance& instance) const;

  /// The names that an event of the instance is likely to name.
  struct Likely {
    NameId name;
    NameId project_id;
    NameId host;
  };
  [[nodiscard]] static Likely likely(const std::uint8_t* bytes);

 private:
  void put(std::uint64_t number);
  void put(NameId name) { put(static_cast<std::uint64_t>(name)); }
  void put_time(Time time);
  void put_time(OptionalTime time);
  void put_text(const CompactText& text);
  void put_state(const State& state);
  void put_view(const MigrationView& view);
  [[nodiscard]] std::uint32_t number_of(const Rule* rule);

  class Reader;

  std::vector<std::uint8_t> bytes_;
  Time origin_{};
  std::vector<const Rule*> rules_;  // 0: none
  std::unordered_map<const Rule*, std::uint32_t> rule_numbers_;
};

}  // namespace vmtrail
