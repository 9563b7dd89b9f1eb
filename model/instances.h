// SPDX-License-Identifier: Apache-2.0
// All instances: those that hold facts as they are, the others packed.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/byte_pool.h"
#include "model/instance.h"
#include "model/packed.h"
#include "model/packed_memory.h"
#include "model/place_index.h"
#include "model/prefetch.h"
#include "vmtrail/ids.h"

namespace vmtrail {

/// Instances by their place, a number that each keeps. One is awake, in full and at one address,
/// from wake() until rest(). Never shrinks: what those took that were awake at once is kept for
/// those to come. Not thread-safe.
class Instances {
 public:
  Instances() = default;
  ~Instances();
  Instances(const Instances&) = delete;
  Instances& operator=(const Instances&) = delete;

  /// The place of an instance; PlaceIndex::kNone: it is not known.
  [[nodiscard]] std::uint32_t find(const InstanceId& id) const {
    return index_.find(id.hash(), [&](std::uint32_t place) { return slot(place).id() == id; });
  }
  [[nodiscard]] bool contains(const InstanceId& id) const { return find(id) != PlaceIndex::kNone; }
  [[nodiscard]] const InstanceId& id(std::uint32_t place) const { return slot(place).id(); }

  /// nullptr: it is packed.
  [[nodiscard]] Instance* awake(std::uint32_t place) { return slot(place).awake(); }
  /// A new instance, awake.
  Instance& add(const InstanceId& id);
  Instance& wake(std::uint32_t place) {
    Instance* const awake = slot(place).awake();
    return awake != nullptr ? *awake : unpack(place);
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
    for (std::uint32_t place = 0; place < size(); ++place) {
      if (Instance* const awake = slot(place).awake()) take(*awake);
    }
  }

  /// What has changed since clear_changed().
  void mark_changed(const Instance& instance) {
    Slot& own = slot(instance.place);
    if (own.changed()) return;
    own.mark_changed(true);
    changed_.push_back(instance.place);
  }
  template <class Take>
  void for_each_changed(Take take) const {
    for (const std::uint32_t place : changed_) take(id(place));
  }
  /// Calls `take` with each of them that is awake, and forgets them.
  template <class Take>
  void clear_changed(Take take) {
    for (const std::uint32_t place : changed_) {
      Slot& changed = slot(place);
      changed.mark_changed(false);
      if (Instance* const awake = changed.awake()) take(*awake);
    }
    changed_.clear();
  }

  [[nodiscard]] std::uint32_t size() const { return size_; }
  /// Are those that are heard of so few that the caches hold them anyway?
  [[nodiscard]] bool stay_near() const {
    const std::size_t awake = awake_.taken() / sizeof(Instance);
    return awake < kMostNear && size_ < kManyPacked * awake;
  }

  // An instance whose id has that hash will be looked for soon: what finding it reads, step by
  // step, each a little after the one before.
  void prefetch_index(std::size_t hash) const { index_.prefetch(hash); }
  /// The place that it has, unless it is another's with much the same hash.
  [[nodiscard]] std::uint32_t prefetch_slot(std::size_t hash) const {
    const std::uint32_t place = index_.find(hash, [](std::uint32_t) { return true; });
    if (place != PlaceIndex::kNone) vmtrail::prefetch(&slot(place));
    return place;
  }
  /// nullptr: it is packed.
  [[nodiscard]] const Instance* prefetch(std::uint32_t place) const {
    const Instance* const instance = slot(place).awake();
    if (instance == nullptr) {
      vmtrail::prefetch(slot(place).packed(), kMostPacked);
      return nullptr;
    }
    vmtrail::prefetch(instance);
    return instance;
  }
  /// Of one that is packed.
  [[nodiscard]] Packer::Likely likely(std::uint32_t place) const {
    return Packer::likely(PackedMemory::bytes_at(slot(place).packed()));
  }

 private:
  /// An instance that is awake, or its bytes. The lowest bits of the address, which memory that is
  /// aligned leaves free, tell which, and whether it has changed.
  class Slot {
   public:
    Slot(const InstanceId& id, Instance& awake)
        : id_(id), address_(reinterpret_cast<std::uintptr_t>(&awake)) {}

    [[nodiscard]] const InstanceId& id() const { return id_; }
    /// nullptr: it is packed.
    [[nodiscard]] Instance* awake() const {
      return (address_ & kPacked) != 0 ? nullptr : reinterpret_cast<Instance*>(address_ & ~kFlags);
    }
    /// Of one that is not awake.
    [[nodiscard]] PackedMemory::Place packed() const {
      return reinterpret_cast<PackedMemory::Place>(address_ & ~kFlags);
    }
    void set(Instance& awake) {
      address_ = reinterpret_cast<std::uintptr_t>(&awake) | (address_ & kChanged);
    }
    void set(PackedMemory::Place packed) {
      address_ = reinterpret_cast<std::uintptr_t>(packed) | kPacked | (address_ & kChanged);
    }

    [[nodiscard]] bool changed() const { return (address_ & kChanged) != 0; }
    void mark_changed(bool changed) {
      address_ = changed ? address_ | kChanged : address_ & ~kChanged;
    }

   private:
    static constexpr std::uintptr_t kPacked = 1;
    static constexpr std::uintptr_t kChanged = 2;
    static constexpr std::uintptr_t kFlags = 3;

    InstanceId id_;
    std::uintptr_t address_;
  };

  static constexpr std::uint32_t kBlockBits = 10;
  static constexpr std::uint32_t kBlock = std::uint32_t{1} << kBlockBits;

  [[nodiscard]] Slot& slot(std::uint32_t place) {
    return blocks_[place >> kBlockBits][place % kBlock];
  }
  [[nodiscard]] const Slot& slot(std::uint32_t place) const {
    return blocks_[place >> kBlockBits][place % kBlock];
  }
  [[nodiscard]] Instance& create(const InstanceId& id, std::uint32_t place);
  Instance& unpack(std::uint32_t place);
  /// Some of what is packed, if it is to be tidied.
  void tidy();

  static constexpr std::size_t kMostNear = 2000;   // some two megabytes, with what they hold
  static constexpr std::size_t kManyPacked = 4;    // to one that is awake: more are heard of, too
  static constexpr std::size_t kMostPacked = 192;  // bytes; few instances take more
  static constexpr std::uint32_t kTidiedAtOnce = 16;

  std::vector<std::vector<Slot>> blocks_;  // by place, kBlock each, so that none moves
  std::uint32_t size_ = 0;
  std::vector<std::uint32_t> changed_;  // places
  PlaceIndex index_;
  Packer packer_;
  BytePool awake_;
  PackedMemory packed_;
  std::uint32_t next_to_tidy_ = 0;  // a place
};

}  // namespace vmtrail
