// SPDX-License-Identifier: Apache-2.0

#include "model/instances.h"

#include <algorithm>
#include <memory>
#include <new>

namespace vmtrail {

Instances::~Instances() {
  for (std::uint32_t place = 0; place < size(); ++place) {
    if (Instance* const awake = slot(place).awake()) {
      std::destroy_at(awake);
    } else {
      packed_.drop(slot(place).packed());
    }
  }
}

Instance& Instances::create(const InstanceId& id, std::uint32_t place) {
  static_assert(alignof(Instance) <= BytePool::kStep && sizeof(Instance) <= BytePool::kLargest);
  auto* const created = ::new (awake_.take(sizeof(Instance))) Instance;
  created->id = id;
  created->place = place;
  return *created;
}

Instance& Instances::add(const InstanceId& id) {
  Instance& created = create(id, size());
  index_.insert(id.hash(), created.place);
  if (size_ % kBlock == 0) blocks_.emplace_back().reserve(kBlock);
  ++size_;
  blocks_.back().emplace_back(id, created);
  return created;
}

Instance& Instances::unpack(std::uint32_t place) {
  Slot& own = slot(place);
  Instance& woken = create(own.id(), place);
  const PackedMemory::Place packed = own.packed();
  packer_.unpack(PackedMemory::bytes_at(packed), woken);
  own.set(woken);
  packed_.drop(packed);
  tidy();
  return woken;
}

void Instances::tidy() {
  if (!packed_.to_be_tidied()) return;
  const std::uint32_t end = std::min(size(), next_to_tidy_ + kTidiedAtOnce);
  for (; next_to_tidy_ < end; ++next_to_tidy_) {
    Slot& own = slot(next_to_tidy_);
    if (own.awake() == nullptr) own.set(packed_.tidied(own.packed()));
  }
  if (next_to_tidy_ < size()) return;
  next_to_tidy_ = 0;
  packed_.end_tidying();
}

void Instances::rest(Instance& instance) {
  slot(instance.place).set(packed_.put(packer_.pack(instance)));
  std::destroy_at(&instance);
  awake_.give_back(reinterpret_cast<std::uint8_t*>(&instance), sizeof instance);
}

const Instance& Instances::read(std::uint32_t place, Instance& room) const {
  const Slot& own = slot(place);
  if (own.awake() != nullptr) return *own.awake();
  packer_.unpack(PackedMemory::bytes_at(own.packed()), room);
  room.id = own.id();
  room.place = place;
  return room;
}

}  // namespace vmtrail
