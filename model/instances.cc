// SPDX-License-Identifier: Apache-2.0

#include "model/instances.h"

#include <algorithm>
#include <utility>

namespace vmtrail {

void Instances::Slot::clear() {
  if (Instance* const instance = awake()) {
    delete instance;
  } else {
    delete[] packed();
  }
}

void Instances::Slot::set(std::unique_ptr<Instance> awake) {
  clear();
  address_ = reinterpret_cast<std::uintptr_t>(awake.release()) | (address_ & kChanged);
}

void Instances::Slot::set(std::unique_ptr<std::uint8_t[]> packed) {
  clear();
  address_ = reinterpret_cast<std::uintptr_t>(packed.release()) | kPacked | (address_ & kChanged);
}

Instance& Instances::add(const InstanceId& id) {
  auto created = std::make_unique_for_overwrite<Instance>();
  created->id = id;
  created->place = size();
  index_.insert(id.hash(), created->place);
  if (size_ % kBlock == 0) blocks_.emplace_back().reserve(kBlock);
  ++size_;
  return *blocks_.back().emplace_back(id, std::move(created)).awake();
}

Instance& Instances::unpack(std::uint32_t place) {
  Slot& own = slot(place);
  auto woken = std::make_unique_for_overwrite<Instance>();
  packer_.unpack(own.packed(), *woken);
  woken->id = own.id();
  woken->place = place;
  own.set(std::move(woken));
  return *own.awake();
}

void Instances::rest(Instance& instance) {
  const std::span<const std::uint8_t> bytes = packer_.pack(instance);
  auto packed = std::make_unique<std::uint8_t[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), packed.get());
  slot(instance.place).set(std::move(packed));  // which is the end of the instance
}

const Instance& Instances::read(std::uint32_t place, Instance& room) const {
  const Slot& own = slot(place);
  if (own.awake() != nullptr) return *own.awake();
  packer_.unpack(own.packed(), room);
  room.id = own.id();
  room.place = place;
  return room;
}

}  // namespace vmtrail
