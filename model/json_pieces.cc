// SPDX-License-Identifier: Apache-2.0

#include "model/json_pieces.h"

#include <algorithm>
#include <bit>
#include <charconv>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace vmtrail {

namespace json {

namespace {

#if defined(__SSE2__)

template <class Word>
std::uint64_t load(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

/// At most 16 bytes, and zeros behind them.
__m128i load_some(const char* from, std::size_t size) {
  if (size >= 16) return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  if (size > 8) {
    low = load<std::uint64_t>(from);
    high = load<std::uint64_t>(from + size - 8) >> (16 - size) * 8;
  } else if (size == 8) {
    low = load<std::uint64_t>(from);
  } else if (size >= 4) {
    low = load<std::uint32_t>(from) | load<std::uint32_t>(from + size - 4) << (size - 4) * 8;
  } else if (size > 0) {
    low = load<std::uint8_t>(from) | load<std::uint8_t>(from + size / 2) << size / 2 * 8 |
          load<std::uint8_t>(from + size - 1) << (size - 1) * 8;
  }
  return _mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low));
}

/// How many of the bytes (at most 16) stand before the first that has to be escaped. Writes 16
/// bytes to `to`, of which as many count.
std::size_t copy_plain(char* to, const char* from, std::size_t size) {
  const __m128i bytes = load_some(from, size);
  const auto is = [&](char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); };
  const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
  const __m128i special =
      _mm_or_si128(_mm_or_si128(is('"'), is('\\')), _mm_or_si128(is('\x7f'), control));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
  // The zeros behind the bytes end them.
  const auto mask = static_cast<unsigned>(_mm_movemask_epi8(special)) | 1U << 16;
  return static_cast<std::size_t>(std::countr_zero(mask));
}

#else

std::size_t copy_plain(char* to, const char* from, std::size_t size) {
  const auto special = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == '\x7f';
  };
  const char* const end = std::find_if(from, from + std::min<std::size_t>(size, 16), special);
  std::copy(from, end, to);
  return static_cast<std::size_t>(end - from);
}

#endif

char* put_escaped(char* to, char c) {
  constexpr char kHex[] = "0123456789abcdef";
  *to++ = '\\';
  switch (c) {
    case '"':
    case '\\':
      *to++ = c;
      return to;
    case '\n':
      *to++ = 'n';
      return to;
    case '\t':
      *to++ = 't';
      return to;
    case '\r':
      *to++ = 'r';
      return to;
    default:
      to = put(to, "u00");
      *to++ = kHex[static_cast<unsigned char>(c) >> 4];
      *to++ = kHex[static_cast<unsigned char>(c) & 15];
      return to;
  }
}

}  // namespace

char* put(char* to, std::uint64_t number) {
  return std::to_chars(to, to + 20, number).ptr;
}

char* string(char* to, std::string_view text) {
  *to++ = '"';
  const char* from = text.data();
  const char* const end = from + text.size();
  while (from < end) {
    const auto left = static_cast<std::size_t>(end - from);
    const std::size_t plain = copy_plain(to, from, left);
    from += plain;
    to += plain;
    if (plain < std::min<std::size_t>(left, 16)) to = put_escaped(to, *from++);
  }
  *to++ = '"';
  return to;
}

char* string_or_null(char* to, const RequestId& id) {
  if (id.empty()) return put(to, "null");
  const auto uuid = id.text().uuid();
  if (!uuid) return string(to, id.to_string());
  to = id.prefixed() ? put(to, "\"req-") : put(to, "\"");
  write_uuid(to, *uuid);
  to += kUuidSize;
  *to++ = '"';
  return to;
}

}  // namespace json

}  // namespace vmtrail
