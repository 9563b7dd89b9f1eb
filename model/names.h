// SPDX-License-Identifier: Apache-2.0
// Interned text: a host, state, task, flavor or name is a number in the model.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/prefetch.h"
#include "vmtrail/host_name.h"

namespace vmtrail {

/// A text known to Names. Equal ids are equal texts.
enum class NameId : std::uint32_t {
  nothing = 0,  ///< the empty text, which stands for null
  // Nova's vm_states that mean something to the model (nova/compute/vm_states.py).
  active = 1,
  building = 2,
  error = 3,
  deleted = 4,
  shelved_offloaded = 5,
  resized = 6,
  // The services whose host may be an instance's.
  compute = 7,
  nova_compute = 8,
};

/// A set of texts, of 65,536 bytes at most. Never shrinks: it grows with the hosts, states and
/// names of the model, not with the events. Not thread-safe.
class Names {
 public:
  /// `short_hosts`: see Model::Options.
  explicit Names(bool short_hosts = false);

  /// `expected`: what it is likely to be.
  NameId intern(std::string_view text, NameId expected = NameId::nothing) {
    if (text.empty()) return NameId::nothing;
    const Words words(text);
    return is(expected, text, words) ? expected : intern(text, words);
  }
  /// `nothing`: the set does not have it.
  [[nodiscard]] NameId find(std::string_view text) const;
  [[nodiscard]] std::string_view text(NameId id) const {
    const Entry& entry = entries_[static_cast<std::size_t>(id)];
    return {place_of(entry), entry.size};
  }

  /// What hosts are compared by.
  [[nodiscard]] std::string key_of_host(std::string_view name) const {
    return vmtrail::host_key(name, short_hosts_);
  }
  /// The id of that.
  NameId host_key(NameId id) {
    const auto index = static_cast<std::size_t>(id);
    return index < keys_.size() && keys_[index] != kNoKey ? keys_[index] : make_host_key(id);
  }

  // A name will be read soon: what leads to it, and a little later the text.
  void prefetch(NameId id) const { vmtrail::prefetch(&entries_[static_cast<std::size_t>(id)]); }
  void prefetch_host(NameId id) const {
    prefetch(id);
    const auto index = static_cast<std::size_t>(id);
    if (index < keys_.size()) prefetch_line(&keys_[index]);
  }
  void prefetch_text(NameId id) const {
    prefetch_line(place_of(entries_[static_cast<std::size_t>(id)]));
  }

  [[nodiscard]] bool same_host(NameId a, NameId b) { return a == b || host_key(a) == host_key(b); }

 private:
  static constexpr NameId kNoKey{0xFFFFFFFF};
  static constexpr std::size_t kChunkBits = 16;
  static constexpr std::size_t kChunk = std::size_t{1} << kChunkBits;
  static constexpr std::size_t kMaxChunks = std::size_t{1} << (32 - kChunkBits);

  NameId make_host_key(NameId id);
  template <class Word>
  static std::uint64_t load(const char* from) {
    Word word;
    std::memcpy(&word, from, sizeof word);
    return word;
  }
  static constexpr std::size_t kInWords = 16;  // bytes of a text that are all in its words
  /// A text's ends as words, which tell most texts from each other without looking at them.
  struct Words {
    explicit Words(std::string_view text) {
      // Of up to kInWords bytes the words are all, as the last one overlaps the first.
      const char* const from = text.data();
      const std::size_t size = text.size();
      if (size >= 8) {
        first = load<std::uint64_t>(from);
        last = load<std::uint64_t>(from + size - 8);
      } else if (size >= 4) {
        first = load<std::uint32_t>(from);
        last = load<std::uint32_t>(from + size - 4);
      } else if (size > 0) {
        first = load<std::uint8_t>(from) << 8 | load<std::uint8_t>(from + size / 2);
        last = load<std::uint8_t>(from + size - 1);
      }
    }
    friend bool operator==(const Words&, const Words&) = default;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
  };
  struct Entry {
    Words words;
    std::uint32_t at;  // in the chunks
    std::uint32_t size;
  };
  [[nodiscard]] const char* place_of(const Entry& entry) const {
    return &chunks_[entry.at >> kChunkBits][entry.at % kChunk];
  }
  /// Is the text, of more than kInWords bytes, which has the entry's size and ends, the same
  /// between them?
  [[nodiscard]] bool is_between(const Entry& entry, std::string_view text) const {
    const char* const place = place_of(entry);
    const auto differ = [&](std::size_t at) {
      return load<std::uint64_t>(text.data() + at) ^ load<std::uint64_t>(place + at);
    };
    // The 16 bytes behind the first 8. Of up to 32 only some of the last 8 are left, which are
    // known.
    const std::size_t begin = std::min<std::size_t>(8, text.size() - 16);
    std::uint64_t different = differ(begin) | differ(begin + 8);
    for (std::size_t at = 24; at + 8 < text.size(); at += 8) different |= differ(at);
    return different == 0;
  }
  [[nodiscard]] std::uint64_t hash_of(std::string_view text, const Words& words) const;
  [[nodiscard]] bool is(NameId id, std::string_view text, const Words& words) const {
    const Entry& entry = entries_[static_cast<std::size_t>(id)];
    return entry.size == text.size() && entry.words == words &&
           (text.size() <= kInWords || is_between(entry, text));
  }
  NameId intern(std::string_view text, const Words& words);
  NameId find_or_add(std::string_view text, const Words& words);
  void grow();
  Entry store(std::string_view text, const Words& words);

  const bool short_hosts_;
  const std::uint64_t seed_;    // tenants choose names: what collides must not be known to them
  std::vector<Entry> entries_;  // by id
  std::vector<std::uint32_t> slots_;  // open addressing; 0 is free, else an id
  std::vector<NameId> recent_;        // asked for lately, by a few bits of their words
  std::vector<NameId> keys_;          // by id, as far as host_key() was asked for
  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t chunk_used_;
};

}  // namespace vmtrail
