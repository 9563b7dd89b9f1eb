// SPDX-License-Identifier: Apache-2.0
// Any bytes, split and decoded as the format that this program is built for.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/sound_events.h"
#include "vmtrail/decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  vmtrail::fuzzing::SoundEvents events;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  vmtrail::Decoder decoder(
      vmtrail::parse_format(VMTRAIL_FUZZED_FORMAT).value_or(vmtrail::Format::any));
  vmtrail::Splitter splitter;
  while (const auto frame = splitter.next(text, true)) {
    events.expect_from(*frame);
    decoder.decode(*frame, events);
    text.remove_prefix(splitter.consumed());
  }
  return 0;
}
