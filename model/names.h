// SPDX-License-Identifier: Apache-2.0
// Interned text: a host, state, task, flavor or name is a number in the model.

#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

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
};

/// A set of texts. Never shrinks: it grows with the hosts, states and names of the model, not with
/// the events. Not thread-safe.
class Names {
 public:
  Names();

  NameId intern(std::string_view text);
  [[nodiscard]] std::string_view text(NameId id) const;

  /// The id of the same text in lower case: hosts are compared by it.
  NameId host_key(NameId id);

  [[nodiscard]] bool same_host(NameId a, NameId b) { return a == b || host_key(a) == host_key(b); }

 private:
  struct Entry {
    const char* text;
    std::uint32_t size;
    NameId key;  // host_key, once it was asked for
  };
  [[nodiscard]] std::size_t slot_of(std::string_view text) const;
  void grow();
  const char* store(std::string_view text);

  std::vector<Entry> entries_;
  std::vector<std::uint32_t>
      slots_;  // open addressing; 0 is free, else an index into entries_ plus 1
  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t chunk_left_ = 0;
  char* chunk_next_ = nullptr;
};

}  // namespace vmtrail
