// SPDX-License-Identifier: Apache-2.0
// All instances: those that hold facts as they are, the others packed.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "model/instance.h"
#include "model/packed.h"
#include "model/place_index.h"
#include "vmtrail/ids.h"

namespace vmtrail {

/// Instances by their place, a number that each keeps. One is awake, in full and at one address,
/// from wake() until rest(). Never shrinks. Not thread-safe.
class Instances {
 public:
  /// The place of an instance; PlaceIndex::kNone: it is not known.
  [[nodiscard]] std::uint32_t find(const InstanceId& id) const {
    return index_.find(id.hash(), [&](std::uint32_t place) { return slots_[place].id() == id; });
  }
  [[nodiscard]] bool contains(const InstanceId& id) const { return find(id) != PlaceIndex::kNone; }
  [[nodiscard]] const InstanceId& id(std::uint32_t place) const { return slots_[place].id(); }

  /// A new instance, awake.
  Instance& add(const InstanceId& id);
  Instance& wake(std::uint32_t place) {
    Slot& slot = slots_[place];
    return slot.awake() != nullptr ? *slot.awake() : unpack(place);
  }
  /// Packs an instance that holds no facts, nor anything else that is not packed.
  void rest(Instance& instance);

  /// The instance for reading: itself, or unpacked into `room`.
  [[nodiscard]] const Instance& read(std::uint32_t place, Instance& room) const;

  /// Calls `take` with each instance, for reading, in the order of their places.
  template <class Take>
  void for_each(Take take) const {
    Instance room;
    for (std::uint32_t place = 0; place < size(); ++place) take(read(place, room));
  }
  /// Calls `take` with each that is awake.
  template <class Take>
  void for_each_awake(Take take) {
    for (Slot& slot : slots_) {
      if (slot.awake() != nullptr) take(*slot.awake());
    }
  }

  /// What has changed since clear_changed().
  void mark_changed(const Instance& instance) {
    Slot& slot = slots_[instance.place];
    if (slot.changed()) return;
    slot.mark_changed(true);
    changed_.push_back(instance.place);
  }
  template <class Take>
  void for_each_changed(Take take) const {
    for (const std::uint32_t place : changed_) take(slots_[place].id());
  }
  /// Calls `take` with each of them that is awake, and forgets them.
  template <class Take>
  void clear_changed(Take take) {
    for (const std::uint32_t place : changed_) {
      Slot& slot = slots_[place];
      slot.mark_changed(false);
      if (slot.awake() != nullptr) take(*slot.awake());
    }
    changed_.clear();
  }

  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(slots_.size()); }

  // An instance will be looked for soon: what finding it reads, step by step, each a little after
  // the one before.
  void prefetch_index(const InstanceId& id) const { index_.prefetch(id.hash()); }
  /// The place that it has, unless it is another's with much the same hash.
  [[nodiscard]] std::uint32_t prefetch_slot(const InstanceId& id) const {
    const std::uint32_t place = index_.find(id.hash(), [](std::uint32_t) { return true; });
    if (place != PlaceIndex::kNone) __builtin_prefetch(&slots_[place]);
    return place;
  }
  /// nullptr: it is packed.
  [[nodiscard]] const Instance* prefetch(std::uint32_t place) const {
    return slots_[place].prefetch();
  }

 private:
  /// An instance that is awake, or its bytes; owns either. The lowest bits of the address, which
  /// allocated memory leaves free, tell which, and whether it has changed.
  class Slot {
   public:
    Slot(const InstanceId& id, std::unique_ptr<Instance> awake)
        : id_(id), address_(reinterpret_cast<std::uintptr_t>(awake.release())) {}
    ~Slot() { clear(); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

    [[nodiscard]] const InstanceId& id() const { return id_; }
    [[nodiscard]] Instance* awake() const {
      return (address_ & kPacked) != 0 ? nullptr : reinterpret_cast<Instance*>(address_ & ~kFlags);
    }
    /// Of one that is not awake.
    [[nodiscard]] const std::uint8_t* packed() const {
      return reinterpret_cast<const std::uint8_t*>(address_ & ~kFlags);
    }
    void set(std::unique_ptr<Instance> awake);
    void set(std::unique_ptr<std::uint8_t[]> packed);

    [[nodiscard]] bool changed() const { return (address_ & kChanged) != 0; }
    void mark_changed(bool changed) {
      address_ = changed ? address_ | kChanged : address_ & ~kChanged;
    }
    [[nodiscard]] const Instance* prefetch() const;

   private:
    static constexpr std::uintptr_t kPacked = 1;
    static constexpr std::uintptr_t kChanged = 2;
    static constexpr std::uintptr_t kFlags = 3;
    void clear();

    InstanceId id_;
    std::uintptr_t address_;
  };

  Instance& unpack(std::uint32_t place);

  std::deque<Slot> slots_;              // by place
  std::vector<std::uint32_t> changed_;  // places
  PlaceIndex index_;
  Packer packer_;
};

}  // namespace vmtrail
