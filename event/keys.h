// SPDX-License-Identifier: Apache-2.0
// A closed set of names, looked up by one hash and one comparison.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace vmtrail {

/// The names of the enumerators of `Key`, in their order from 0. The table is made at compile time.
template <class Key, std::size_t kCount>
class Keys {
 public:
  constexpr explicit Keys(const std::array<std::string_view, kCount>& names) : names_(names) {
    for (std::size_t i = 0; i < kCount; ++i) {
      std::size_t slot = slot_of(names[i]);
      while (slots_[slot] != 0) slot = (slot + 1) % kSlots;
      slots_[slot] = static_cast<std::uint8_t>(i + 1);
    }
  }

  [[nodiscard]] constexpr std::optional<Key> find(std::string_view name) const {
    if (name.empty()) return std::nullopt;
    for (std::size_t slot = slot_of(name); slots_[slot] != 0; slot = (slot + 1) % kSlots) {
      const std::size_t i = slots_[slot] - std::size_t{1};
      if (names_[i] == name) return static_cast<Key>(i);
    }
    return std::nullopt;
  }

  [[nodiscard]] constexpr std::string_view name(Key key) const {
    return names_[static_cast<std::size_t>(key)];
  }

 private:
  static constexpr std::size_t kSlots = 256;
  static_assert(kCount < 128);

  static constexpr std::size_t slot_of(std::string_view name) {
    const auto byte = [](char c) {
      return static_cast<std::size_t>(static_cast<unsigned char>(c));
    };
    return (name.size() * 37 + byte(name.front()) * 5 + byte(name.back()) * 11 +
            byte(name[name.size() / 2])) %
           kSlots;
  }

  std::array<std::string_view, kCount> names_;
  std::array<std::uint8_t, kSlots> slots_{};
};

}  // namespace vmtrail
