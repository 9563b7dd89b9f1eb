// SPDX-License-Identifier: Apache-2.0

#include "event/trait_heads.h"

#include <bit>
#include <cstring>

namespace vmtrail {
namespace {

namespace narrow {
using Lanes = Block;
#include "event/trait_loop.h"
}  // namespace narrow

#if defined(VMTRAIL_HAS_WIDE)
VMTRAIL_BEGIN_WIDE
namespace wide {
using Lanes = WideBlock;
#include "event/trait_loop.h"
}  // namespace wide
VMTRAIL_END_WIDE
#endif

}  // namespace

TraitHeads::TraitHeads(TraitSet& traits, Lanes lanes)
    : traits_(traits),
      take_json_(narrow::take<narrow::Json>),
      take_logged_(narrow::take<narrow::Logged>) {
  for (Head& head : heads_) head.next_ = &heads_[kNone];
#if defined(VMTRAIL_HAS_WIDE)
  if (lanes == Lanes::wide) {
    take_json_ = wide::take<wide::Json>;
    take_logged_ = wide::take<wide::Logged>;
  }
#else
  (void)lanes;
#endif
}

const TraitHeads::Head& TraitHeads::learn(const Walk& walk, std::size_t trait,
                                          std::string_view bytes) {
  Head& head = heads_[trait];
  std::memcpy(head.bytes_.data(), bytes.data(), bytes.size());
  head.needed_ = (Bits{1} << bytes.size()) - 1;
  head.size_ = bytes.size();
  head.bit = Bits{1} << trait;
  head.slot = &traits_.slot(trait);
  heads_[static_cast<std::size_t>(walk.previous - heads_.data())].next_ = &head;
  return head;
}

}  // namespace vmtrail
