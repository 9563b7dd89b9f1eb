// SPDX-License-Identifier: Apache-2.0
// Many bytes at a time: sixteen with SSE2, which every x86-64 has, or 32 with AVX2, if the machine
// that the program runs on has that; else byte by byte.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#define VMTRAIL_HAS_WIDE
#include <immintrin.h>
// Functions between these may use AVX2.
#if defined(__clang__)
#define VMTRAIL_BEGIN_WIDE \
  _Pragma("clang attribute push(__attribute__((target(\"avx2,bmi\"))), apply_to = function)")
#define VMTRAIL_END_WIDE _Pragma("clang attribute pop")
#else
#define VMTRAIL_BEGIN_WIDE _Pragma("GCC push_options") _Pragma("GCC target(\"avx2,bmi\")")
#define VMTRAIL_END_WIDE _Pragma("GCC pop_options")
#endif
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace vmtrail {

enum class Lanes : std::uint8_t { narrow, wide };

/// What this machine can do.
[[nodiscard]] inline Lanes best_lanes() {
#if defined(VMTRAIL_HAS_WIDE)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi")) return Lanes::wide;
#endif
  return Lanes::narrow;
}

/// Between which two each of 32 bytes is to be; any byte, to begin with.
struct Bounds {
  static constexpr std::size_t kSize = 32;

  Bounds() { high.fill(0xff); }

  alignas(kSize) std::array<unsigned char, kSize> low{};
  alignas(kSize) std::array<unsigned char, kSize> high;
};

/// Which of 32 bytes are to be plain, too: those in whose place all bits are set.
struct alignas(Bounds::kSize) Plain {
  std::array<unsigned char, Bounds::kSize> bytes{};
};

/// Sixteen bytes of a text. What it tells is a bit for each byte, that of the first one lowest.
class Block {
 public:
  using Bits = std::uint32_t;
  static constexpr std::size_t kSize = 16;

#if defined(__SSE2__)
  explicit Block(const char* text)
      : bytes_(_mm_loadu_si128(reinterpret_cast<const __m128i*>(text))) {}

  /// What ends the plain part of a JSON string: quote, backslash, control characters, non-ASCII.
  [[nodiscard]] Bits ends_json() const {
    // Bit 1 flipped, the quote comes right after the control characters; as a signed number a byte
    // beyond ASCII comes before them.
    const __m128i flipped = _mm_xor_si128(bytes_, _mm_set1_epi8(2));
    const __m128i plain = _mm_andnot_si128(_mm_cmpeq_epi8(flipped, _mm_set1_epi8('\\' ^ 2)),
                                           _mm_cmpgt_epi8(flipped, _mm_set1_epi8('"' ^ 2)));
    return bits(plain) ^ 0xffff;
  }

  /// `<`, `>` and non-ASCII.
  [[nodiscard]] Bits ends_log() const {
    const __m128i either = _mm_or_si128(bytes_, _mm_set1_epi8('<' ^ '>'));
    return bits(_mm_or_si128(bytes_, _mm_cmpeq_epi8(either, _mm_set1_epi8('>'))));
  }

  /// Those and control characters.
  [[nodiscard]] Bits ends_log_line() const {
    const __m128i either = _mm_or_si128(bytes_, _mm_set1_epi8('<' ^ '>'));
    const __m128i plain = _mm_andnot_si128(_mm_cmpeq_epi8(either, _mm_set1_epi8('>')),
                                           _mm_cmpgt_epi8(bytes_, _mm_set1_epi8(0x1f)));
    return bits(plain) ^ 0xffff;
  }

  /// Those, commas, blanks and other characters that are no part of an identifier or event type.
  [[nodiscard]] Bits ends_log_header() const {
    const __m128i either = _mm_or_si128(bytes_, _mm_set1_epi8('<' ^ '>'));
    const __m128i plain = _mm_andnot_si128(_mm_cmpeq_epi8(either, _mm_set1_epi8('>')),
                                           _mm_cmpgt_epi8(bytes_, _mm_set1_epi8(',')));
    return bits(plain) ^ 0xffff;
  }

  /// Which of 32 bytes are the same? The second ones are aligned to 32.
  [[nodiscard]] static Bits same(const char* text, const char* aligned) {
    const auto half = [&](std::size_t at) {
      const __m128i other = _mm_load_si128(reinterpret_cast<const __m128i*>(aligned + at));
      return bits(_mm_cmpeq_epi8(Block(text + at).bytes_, other));
    };
    return half(0) | half(kSize) << kSize;
  }

  /// Gathers whether any of 32 bytes at a time is out of its bounds, or special where it is free.
  class Misfits {
   public:
    /// Special is the backslash, wherever it is.
    void add_json(const char* text, const Bounds& bounds) {
      for (std::size_t at = 0; at < Bounds::kSize; at += kSize) {
        const __m128i bytes = Block(text + at).bytes_;
        add(outside(bytes, load(&bounds.low[at]), load(&bounds.high[at])));
        add(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
      }
    }
    /// Special are the angle brackets.
    void add_log(const char* text, const Bounds& bounds, const Plain& plain) {
      for (std::size_t at = 0; at < Bounds::kSize; at += kSize) {
        const __m128i bytes = Block(text + at).bytes_;
        const __m128i either = _mm_or_si128(bytes, _mm_set1_epi8('<' ^ '>'));
        const __m128i special = _mm_cmpeq_epi8(either, _mm_set1_epi8('>'));
        add(outside(bytes, load(&bounds.low[at]), load(&bounds.high[at])));
        add(_mm_and_si128(special, load(&plain.bytes[at])));
      }
    }
    [[nodiscard]] bool none() const {
      return _mm_movemask_epi8(_mm_cmpeq_epi8(all_, _mm_setzero_si128())) == 0xffff;
    }

   private:
    static __m128i load(const unsigned char* aligned) {
      return _mm_load_si128(reinterpret_cast<const __m128i*>(aligned));
    }
    static __m128i outside(__m128i bytes, __m128i low, __m128i high) {
      return _mm_xor_si128(_mm_min_epu8(_mm_max_epu8(bytes, low), high), bytes);
    }
    void add(__m128i misfits) { all_ = _mm_or_si128(all_, misfits); }

    __m128i all_ = _mm_setzero_si128();
  };

 private:
  static Bits bits(__m128i bytes) {
    return static_cast<Bits>(_mm_movemask_epi8(bytes));
  }

  __m128i bytes_;
#else
  explicit Block(const char* text) {
    std::memcpy(bytes_.data(), text, kSize);
  }

  [[nodiscard]] Bits ends_json() const {
    return bits([this](std::size_t i) {
      return bytes_[i] == '"' || bytes_[i] == '\\' || bytes_[i] < 0x20 || bytes_[i] >= 0x80;
    });
  }
  [[nodiscard]] Bits ends_log() const {
    return bits([this](std::size_t i) {
      return bytes_[i] == '<' || bytes_[i] == '>' || bytes_[i] >= 0x80;
    });
  }
  [[nodiscard]] Bits ends_log_line() const {
    return ends_log() | bits([this](std::size_t i) { return bytes_[i] < 0x20; });
  }
  [[nodiscard]] Bits ends_log_header() const {
    return ends_log() | bits([this](std::size_t i) { return bytes_[i] <= ','; });
  }
  [[nodiscard]] static Bits same(const char* text, const char* aligned) {
    Bits all = 0;
    for (std::size_t i = 0; i < 2 * kSize; ++i) all |= Bits{text[i] == aligned[i]} << i;
    return all;
  }

  class Misfits {
   public:
    void add_json(const char* text, const Bounds& bounds) {
      add(text, bounds, [](unsigned char byte, std::size_t) { return byte == '\\'; });
    }
    void add_log(const char* text, const Bounds& bounds, const Plain& plain) {
      add(text, bounds, [&](unsigned char byte, std::size_t i) {
        return plain.bytes[i] != 0 && (byte == '<' || byte == '>');
      });
    }
    [[nodiscard]] bool none() const { return !any_; }

   private:
    template <class Special>
    void add(const char* text, const Bounds& bounds, Special special) {
      for (std::size_t i = 0; i < Bounds::kSize; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        any_ = any_ || byte < bounds.low[i] || byte > bounds.high[i] || special(byte, i);
      }
    }

    bool any_ = false;
  };

 private:
  template <class Test>
  static Bits bits(Test test) {
    Bits all = 0;
    for (std::size_t i = 0; i < kSize; ++i) all |= Bits{test(i)} << i;
    return all;
  }

  std::array<unsigned char, kSize> bytes_;
#endif
};

#if defined(VMTRAIL_HAS_WIDE)
VMTRAIL_BEGIN_WIDE
/// The same of 32 bytes.
class WideBlock {
 public:
  using Bits = Block::Bits;
  static constexpr std::size_t kSize = 32;

  explicit WideBlock(const char* text)
      : bytes_(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(text))) {}

  [[nodiscard]] Bits ends_json() const {
    const __m256i flipped = _mm256_xor_si256(bytes_, _mm256_set1_epi8(2));
    const __m256i plain =
        _mm256_andnot_si256(_mm256_cmpeq_epi8(flipped, _mm256_set1_epi8('\\' ^ 2)),
                            _mm256_cmpgt_epi8(flipped, _mm256_set1_epi8('"' ^ 2)));
    return ~bits(plain);
  }
  [[nodiscard]] Bits ends_log() const {
    const __m256i either = _mm256_or_si256(bytes_, _mm256_set1_epi8('<' ^ '>'));
    return bits(_mm256_or_si256(bytes_, _mm256_cmpeq_epi8(either, _mm256_set1_epi8('>'))));
  }
  [[nodiscard]] Bits ends_log_line() const {
    const __m256i either = _mm256_or_si256(bytes_, _mm256_set1_epi8('<' ^ '>'));
    const __m256i plain = _mm256_andnot_si256(_mm256_cmpeq_epi8(either, _mm256_set1_epi8('>')),
                                              _mm256_cmpgt_epi8(bytes_, _mm256_set1_epi8(0x1f)));
    return ~bits(plain);
  }
  [[nodiscard]] static Bits same(const char* text, const char* aligned) {
    const __m256i other = _mm256_load_si256(reinterpret_cast<const __m256i*>(aligned));
    return bits(_mm256_cmpeq_epi8(WideBlock(text).bytes_, other));
  }

  class Misfits {
   public:
    Misfits() : all_(_mm256_setzero_si256()) {}
    void add_json(const char* text, const Bounds& bounds) {
      const __m256i bytes = WideBlock(text).bytes_;
      add(outside(bytes, load(bounds.low.data()), load(bounds.high.data())));
      add(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\')));
    }
    void add_log(const char* text, const Bounds& bounds, const Plain& plain) {
      const __m256i bytes = WideBlock(text).bytes_;
      const __m256i either = _mm256_or_si256(bytes, _mm256_set1_epi8('<' ^ '>'));
      const __m256i special = _mm256_cmpeq_epi8(either, _mm256_set1_epi8('>'));
      add(outside(bytes, load(bounds.low.data()), load(bounds.high.data())));
      add(_mm256_and_si256(special, load(plain.bytes.data())));
    }
    [[nodiscard]] bool none() const { return _mm256_testz_si256(all_, all_) != 0; }

   private:
    static __m256i load(const unsigned char* aligned) {
      return _mm256_load_si256(reinterpret_cast<const __m256i*>(aligned));
    }
    static __m256i outside(__m256i bytes, __m256i low, __m256i high) {
      return _mm256_xor_si256(_mm256_min_epu8(_mm256_max_epu8(bytes, low), high), bytes);
    }
    void add(__m256i misfits) { all_ = _mm256_or_si256(all_, misfits); }

    __m256i all_;
  };

 private:
  static Bits bits(__m256i bytes) { return static_cast<Bits>(_mm256_movemask_epi8(bytes)); }

  __m256i bytes_;
};
VMTRAIL_END_WIDE
#endif

}  // namespace vmtrail
