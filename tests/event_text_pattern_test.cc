// SPDX-License-Identifier: Apache-2.0
// Comparing with a pattern is what it is byte by byte.

#include "event/text_pattern.h"

#include <array>
#include <bit>
#include <cstring>
#include <random>
#include <string>

#include <catch2/catch.hpp>

#include "event/block.h"

using namespace vmtrail;

namespace {

constexpr std::size_t kSize = PatternMatch::kSize;

struct alignas(kSize) Pattern {
  std::array<char, kSize> bytes;
};

PatternMatch::Bits expected(const char* text, const Pattern& pattern) {
  PatternMatch::Bits all = 0;
  for (std::size_t i = 0; i != kSize; ++i) {
    const bool any = pattern.bytes[i] == kAnyCommon;
    const bool match = any ? is_common(text[i]) : text[i] == pattern.bytes[i];
    all |= PatternMatch::Bits{match} << i;
  }
  return all;
}

template <class Match>
PatternMatch::Bits compared(const char* text, const Pattern& pattern) {
  Match match;
  match.compare(text, pattern.bytes.data());
  return match.columns();
}

#if defined(VMTRAIL_HAS_WIDE)
VMTRAIL_BEGIN_WIDE
PatternMatch::Bits compared_wide(const char* text, const Pattern& pattern) {
  WidePatternMatch match;
  match.compare(text, pattern.bytes.data());
  return match.columns();
}
PatternMatch::Bits uncommon_wide(const char* text) {
  return WidePatternMatch::uncommon(text);
}
VMTRAIL_END_WIDE
#endif

void check(const char* text, const Pattern& pattern) {
  const PatternMatch::Bits wanted = expected(text, pattern);
  const PatternMatch::Bits common = expected(text, [] {
    Pattern all;
    all.bytes.fill(kAnyCommon);
    return all;
  }());
  CHECK(compared<PatternMatch>(text, pattern) == wanted);
  CHECK(PatternMatch::uncommon(text) == ~common);
#if defined(VMTRAIL_HAS_WIDE)
  if (best_lanes() == Lanes::wide) {
    CHECK(compared_wide(text, pattern) == wanted);
    CHECK(uncommon_wide(text) == ~common);
  }
#endif
}

}  // namespace

TEST_CASE("a common character is one of a JSON string, and stands for itself") {
  std::string uncommon;
  for (int i = 0; i < 256; ++i) {
    const std::string text(Block::kSize, static_cast<char>(i));
    const bool plain = Block(text.data()).ends_json() == 0;
    if (!plain) CHECK_FALSE(is_common(text.front()));
    if (plain && !is_common(text.front())) uncommon += text.front();
  }
  CHECK(uncommon == ",<L");
}

TEST_CASE("every character is compared in every column as it should be") {
  for (std::size_t column = 0; column != kSize; ++column) {
    for (int i = 0; i < 256; ++i) {
      std::string text(kSize, 'x');
      text[column] = static_cast<char>(i);
      Pattern pattern;
      std::memcpy(pattern.bytes.data(), std::string(kSize, 'x').data(), kSize);
      for (const char wanted : {kAnyCommon, '\0', '"', 'x', '\\', '\x7f'}) {
        pattern.bytes[column] = wanted;
        check(text.data(), pattern);
      }
    }
  }
}

TEST_CASE("what is compared in one go has matched where all of it has") {
  std::mt19937 random(6);
  for (int round = 0; round < 2000; ++round) {
    PatternMatch match;
    PatternMatch::Bits all = ~PatternMatch::Bits{0};
    for (int block = 0; block < 4; ++block) {
      std::string text(kSize, '\0');
      Pattern pattern;
      for (std::size_t i = 0; i != kSize; ++i) {
        text[i] = static_cast<char>(random());
        const bool any = random() % 4 == 0;
        pattern.bytes[i] = any                       ? kAnyCommon
                           : random() % 8 == 0       ? '.'
                           : is_ascii({&text[i], 1}) ? text[i]
                                                     : 'x';
      }
      check(text.data(), pattern);
      match.compare(text.data(), pattern.bytes.data());
      all &= expected(text.data(), pattern);
    }
    CHECK(match.columns() == all);
  }
}
