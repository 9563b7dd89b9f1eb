// SPDX-License-Identifier: Apache-2.0
// A stream that arrives in pieces has the frames that it has in one.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <tuple>
#include <vector>

#include "vmtrail/decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto cut = [&](std::size_t step) {
    std::vector<std::tuple<std::string, std::uint64_t, std::uint64_t, bool>> frames;
    vmtrail::Splitter splitter(size % 3 == 0 ? 100 : vmtrail::Splitter::kMaxFrame);
    for (std::size_t begin = 0, end = 0;;) {
      const auto frame = splitter.next(text.substr(begin, end - begin), end == size);
      begin += splitter.consumed();
      if (frame) frames.emplace_back(frame->bytes, frame->offset, frame->line, frame->too_long);
      if (!frame && end == size) return frames;
      if (!frame) end += std::min(step, size - end);
    }
  };
  if (cut(1 + size % 32) != cut(size + 1)) std::abort();
  return 0;
}
