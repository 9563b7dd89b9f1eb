// SPDX-License-Identifier: Apache-2.0
// Any bytes, split and decoded, as what they seem to be and as what they may not be.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/sound_events.h"
#include "vmtrail/decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  vmtrail::fuzzing::SoundEvents events;
  for (const std::size_t format : {std::size_t{0}, 1 + size % 6}) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    vmtrail::Decoder decoder(static_cast<vmtrail::Format>(format));
    vmtrail::Splitter splitter;
    while (const auto frame = splitter.next(text, true)) {
      events.expect_from(*frame);
      decoder.decode(*frame, events);
      text.remove_prefix(splitter.consumed());
    }
  }
  return 0;
}
