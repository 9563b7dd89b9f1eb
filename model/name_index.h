// SPDX-License-Identifier: Apache-2.0
// Finding instances by name, by host, and by how their ids begin.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "model/instances.h"
#include "model/names.h"

namespace vmtrail {

/// Places (numbers of instances), each under one name or none; any number under the same one.
/// Not thread-safe.
class NameChains {
 public:
  /// The place is under this name now, and no other; `nothing`: under none.
  void put(std::uint32_t place, NameId name) {
    if (place < links_.size() && links_[place].name == name) return;
    move(place, name);
  }

  template <class Take>
  void for_each(NameId name, Take take) const {
    const auto index = static_cast<std::size_t>(name);
    if (name == NameId::nothing || index >= first_.size()) return;
    for (std::uint32_t at = first_[index]; at != kEnd; at = links_[at - 1].next) take(at - 1);
  }

 private:
  // Places plus 1, so that what is not set is the end.
  static constexpr std::uint32_t kEnd = 0;
  struct Link {
    NameId name = NameId::nothing;
    std::uint32_t next = kEnd;
    std::uint32_t previous = kEnd;
  };
  void move(std::uint32_t place, NameId name);

  std::vector<std::uint32_t> first_;  // by name
  std::vector<Link> links_;           // by place
};

/// All instances by what people know them by. Whoever changes an instance's name or host says so;
/// new ones it sees by itself. Borrows both.
class NameIndex {
 public:
  /// Looks at every instance.
  NameIndex(const Instances& instances, Names& names);

  void put(const Instance& instance) {
    names_of_.put(instance.place, instance.answer.name);
    hosts_of_.put(instance.place, key_of(instance.answer.host));
  }

  /// Calls `take` with the place of each instance that has the name, in no order; deleted ones,
  /// too.
  template <class Take>
  void for_each_named(NameId name, Take take) const {
    names_of_.for_each(name, take);
  }
  /// The same of those that are on the host with this key now.
  template <class Take>
  void for_each_on(NameId host_key, Take take) const {
    hosts_of_.for_each(host_key, take);
  }
  /// Those whose ids begin so, in lower case with hyphens.
  [[nodiscard]] std::vector<InstanceId> with_prefix(std::string_view prefix);

 private:
  [[nodiscard]] NameId key_of(NameId host) const {
    return host == NameId::nothing ? host : names_.host_key(host);
  }
  void sort();

  const Instances& instances_;
  Names& names_;
  NameChains names_of_;
  NameChains hosts_of_;
  std::vector<std::uint32_t> sorted_;  // by id; all places up to its size, the newer ones are not
};

}  // namespace vmtrail
