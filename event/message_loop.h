// SPDX-License-Identifier: Apache-2.0
// The inner loop of messages of a known shape. Included by message_shape.cc alone, once for each
// set of instructions, in a namespace that has Lanes of its own; therefore without a guard.

/// Are the bytes at `at` the same? They end before the text does.
inline bool same_bytes(const char* at, const char* bytes, std::ptrdiff_t size) {
  for (; size >= 32; size -= 32, at += 32, bytes += 32) {
    if (Lanes::same(at, bytes) != ~Block::Bits{0}) return false;
  }
  const Block::Bits needed = (Block::Bits{1} << size) - 1;
  return (needed & ~Lanes::same(at, bytes)) == 0;
}

template <class Form>
bool read(const MessageShape::Place* place, MessageShape::Reading& reading) {
  const char* const end = reading.end;
  for (const char* at = reading.at;; ++place) {
    if (end - at < place->size || !same_bytes(at, place->bytes, place->size)) return false;
    at += place->size;
    // The quotes of what is always a text are among the bytes around it.
    std::size_t quote = 0;
    if (place->takes != Part::Takes::text) {
      if (place->last) return at == end;
      if (place->takes == Part::Takes::value || !Form::quote(at)) {
        at = read_other<Form>(*place, at, reading);
        if (at == nullptr) return false;
        continue;
      }
      quote = Form::kQuote;
      at += quote;
    }
    std::uint32_t ends = Lanes(at).ends_json();
    const std::size_t usual = place->usual.size();
    if (place->usual.is_first_of(ends) && Form::quote(at + usual)) {
      *place->to = {at, usual};
      at += usual + quote;
      continue;
    }
    const char* block = at;
    while (ends == 0) {
      block += Lanes::kSize;
      if (block >= end) return false;
      ends = Lanes(block).ends_json();
    }
    const char* const stop = block + std::countr_zero(ends);
    if (!Form::quote(stop)) {
      at = read_text<Form>(*place, at, reading);
      if (at == nullptr) return false;
      at += quote;
      continue;
    }
    const auto size = static_cast<std::size_t>(stop - at);
    *place->to = {at, size};
    at += place->usual.foreseen(size) + quote;
  }
}
