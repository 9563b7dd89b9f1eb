// SPDX-License-Identifier: Apache-2.0

#include "model/json_writer.h"

#include <algorithm>
#include <bit>
#include <charconv>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace vmtrail {

void JsonWriter::put(std::uint64_t number) {
  make_room();
  at_ = std::to_chars(at_, at_ + kMaxPiece, number).ptr;
}

/// Copies what stands before the first byte that has to be escaped, at most 16 bytes, and returns
/// how many. There is room.
std::size_t JsonWriter::put_plain(std::string_view text) {
  const std::size_t size = std::min<std::size_t>(text.size(), 16);
#if defined(__SSE2__)
  std::array<char, 16> copy{};
  const char* from = text.data();
  if (size < copy.size()) {
    std::memcpy(copy.data(), from, size);
    from = copy.data();
  }
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  const auto is = [&](char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); };
  const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
  const __m128i special =
      _mm_or_si128(_mm_or_si128(is('"'), is('\\')), _mm_or_si128(is('\x7f'), control));
  const auto mask = static_cast<unsigned>(_mm_movemask_epi8(special)) | 1U << size;
  _mm_storeu_si128(reinterpret_cast<__m128i*>(at_), bytes);
  const auto plain = static_cast<std::size_t>(std::countr_zero(mask));
#else
  const auto special = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || c == '"' || c == '\\' || c == '\x7f';
  };
  const auto plain = static_cast<std::size_t>(
      std::find_if(text.begin(), text.begin() + size, special) - text.begin());
  std::memcpy(at_, text.data(), plain);
#endif
  at_ += plain;
  return plain;
}

void JsonWriter::put_escaped(char c) {
  constexpr char kHex[] = "0123456789abcdef";
  *at_++ = '\\';
  switch (c) {
    case '"':
    case '\\':
      *at_++ = c;
      break;
    case '\n':
      *at_++ = 'n';
      break;
    case '\t':
      *at_++ = 't';
      break;
    case '\r':
      *at_++ = 'r';
      break;
    default:
      std::memcpy(at_, "u00", 3);
      at_[3] = kHex[static_cast<unsigned char>(c) >> 4];
      at_[4] = kHex[static_cast<unsigned char>(c) & 15];
      at_ += 5;
  }
}

void JsonWriter::string(std::string_view text) {
  make_room();
  *at_++ = '"';
  while (!text.empty()) {
    make_room();
    const std::size_t plain = put_plain(text);
    if (plain < std::min<std::size_t>(text.size(), 16)) {
      put_escaped(text[plain]);
      text.remove_prefix(plain + 1);
    } else {
      text.remove_prefix(plain);
    }
  }
  make_room();
  *at_++ = '"';
}

void JsonWriter::string_or_null(const RequestId& id) {
  if (id.empty()) return put("null");
  const auto uuid = id.text().uuid();
  if (!uuid) return string(id.to_string());
  make_room();
  if (id.prefixed()) {
    put("\"req-");
  } else {
    put("\"");
  }
  write_uuid(at_, *uuid);
  at_ += kUuidSize;
  *at_++ = '"';
}

}  // namespace vmtrail
