// SPDX-License-Identifier: Apache-2.0
// UUIDs in 16 bytes, and what else stands in their place.

#include "vmtrail/ids.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <exception>
#include <random>

#include "event/block.h"

namespace vmtrail {

detail::HashSeed detail::draw_hash_seed() noexcept {
  try {
    std::random_device random;
    const auto word = [&] { return std::uint64_t{random()} << 32 | random(); };
    return {word(), word()};
  } catch (const std::exception&) {
    // Where the system gives no random numbers, what it has put at random places.
    const int local = 0;
    return {reinterpret_cast<std::uintptr_t>(&local), reinterpret_cast<std::uintptr_t>(&kHashSeed)};
  }
}

namespace {

constexpr std::string_view kRequestPrefix = "req-";

struct Halves {
  std::uint64_t high;
  std::uint64_t low;
};

/// Texts of kUuidSize characters, nullptr for any other, of which the last may be in upper case;
/// what they are, and a bit for each that is a UUID.
struct Several {
  static constexpr std::size_t kAnyCase = 2;
  static constexpr std::size_t kCount = 3;

  std::array<const char*, kCount> begin;
  std::array<Halves, kCount> halves;  // of those that are
  unsigned sound;

  [[nodiscard]] bool is_sound(std::size_t i) const { return (sound >> i & 1U) != 0; }
};

#if defined(__SSE2__)

/// The values of the digits; `sound` loses the bytes of others.
[[gnu::always_inline]] inline __m128i values_of(__m128i digits, bool any_case, __m128i& sound) {
  const __m128i numeral = _mm_sub_epi8(digits, _mm_set1_epi8('0'));
  const __m128i lower = any_case ? _mm_or_si128(digits, _mm_set1_epi8(' ')) : digits;
  const __m128i letter = _mm_sub_epi8(lower, _mm_set1_epi8('a'));
  // As unsigned numbers: what is no numeral, 0 to 9, is above 9, and a letter's value lower.
  const __m128i value = _mm_min_epu8(numeral, _mm_add_epi8(letter, _mm_set1_epi8(10)));
  sound = _mm_and_si128(
      sound, _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(numeral, _mm_set1_epi8(9)), numeral),
                          _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(5)), letter)));
  return value;
}

/// Of kUuidSize characters; false: they are no UUID.
bool read_digits(const char* begin, bool any_case, Halves& halves) {
  if (begin[8] != '-' || begin[13] != '-' || begin[18] != '-' || begin[23] != '-') return false;
  const auto four = [&](std::size_t at) {
    std::uint32_t word = 0;
    std::memcpy(&word, begin + at, sizeof word);
    return static_cast<long long>(word);
  };
  const auto whole = [&](std::size_t at) {
    long long word = 0;
    std::memcpy(&word, begin + at, sizeof word);
    return word;
  };
  const auto eight = [&](std::size_t first, std::size_t second) {
    return four(first) | four(second) << 32;
  };
  __m128i sound = _mm_set1_epi8(-1);
  const __m128i high = values_of(_mm_set_epi64x(eight(9, 14), whole(0)), any_case, sound);
  const __m128i low = values_of(_mm_set_epi64x(whole(28), eight(19, 24)), any_case, sound);
  if (_mm_movemask_epi8(sound) != 0xffff) return false;
  // Two values make a byte, the first one its upper half; that of the first two comes first.
  const auto joined = [](__m128i values) {
    const __m128i pairs = _mm_or_si128(_mm_slli_epi16(values, 4), _mm_srli_epi16(values, 8));
    return _mm_and_si128(pairs, _mm_set1_epi16(0xff));
  };
  std::array<std::uint64_t, 2> words;
  _mm_storeu_si128(reinterpret_cast<__m128i*>(words.data()),
                   _mm_packus_epi16(joined(high), joined(low)));
  halves = {__builtin_bswap64(words[0]), __builtin_bswap64(words[1])};
  return true;
}

void put_uuid(char* to, Halves halves) {
  const __m128i bytes = _mm_set_epi64x(static_cast<long long>(__builtin_bswap64(halves.low)),
                                       static_cast<long long>(__builtin_bswap64(halves.high)));
  const __m128i mask = _mm_set1_epi8(15);
  const __m128i upper = _mm_and_si128(_mm_srli_epi16(bytes, 4), mask);
  const __m128i lower = _mm_and_si128(bytes, mask);
  const auto digits = [](__m128i values) {
    const __m128i above = _mm_cmpgt_epi8(values, _mm_set1_epi8(9));
    const __m128i letters = _mm_and_si128(above, _mm_set1_epi8('a' - '0' - 10));
    return _mm_add_epi8(values, _mm_add_epi8(letters, _mm_set1_epi8('0')));
  };
  const __m128i first = digits(_mm_unpacklo_epi8(upper, lower));
  const __m128i second = digits(_mm_unpackhi_epi8(upper, lower));
  const auto four = [&](std::size_t at, int word) { std::memcpy(to + at, &word, sizeof word); };
  // The groups of eight and of twelve stand at the ends of their sixteen digits; what that writes
  // between them is put right behind it.
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), first);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 20), second);
  four(9, _mm_cvtsi128_si32(_mm_srli_si128(first, 8)));
  four(14, _mm_cvtsi128_si32(_mm_srli_si128(first, 12)));
  four(19, _mm_cvtsi128_si32(second));
  to[8] = to[13] = to[18] = to[23] = '-';
}

#else

constexpr bool is_dash(std::size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

int hex_value(char c, bool any_case) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (any_case && c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool read_digits(const char* begin, bool any_case, Halves& halves) {
  halves = {};
  for (std::size_t i = 0; i < kUuidSize; ++i) {
    if (is_dash(i)) {
      if (begin[i] != '-') return false;
      continue;
    }
    const int digit = hex_value(begin[i], any_case);
    if (digit < 0) return false;
    std::uint64_t& half = i < 18 ? halves.high : halves.low;
    half = half << 4 | static_cast<std::uint64_t>(digit);
  }
  return true;
}

void put_uuid(char* to, Halves halves) {
  for (std::size_t i = kUuidSize; i-- > 0;) {
    if (is_dash(i)) {
      to[i] = '-';
      continue;
    }
    std::uint64_t& half = i < 18 ? halves.high : halves.low;
    to[i] = "0123456789abcdef"[half & 15];
    half >>= 4;
  }
}

#endif

std::array<char, kUuidSize> uuid_text(std::uint64_t high, std::uint64_t low) {
  std::array<char, kUuidSize> text;
  put_uuid(text.data(), {high, low});
  return text;
}

#if defined(VMTRAIL_HAS_WIDE)
/// What read_all_digits() compares with, in each half of 32 bytes.
struct alignas(32) Constants {
  using Bytes = std::array<char, 32>;
  static constexpr Bytes twice(std::array<char, 16> half) {
    Bytes whole{};
    for (std::size_t i = 0; i < whole.size(); ++i) whole[i] = half[i % half.size()];
    return whole;
  }
  static constexpr Bytes all(char byte) {
    Bytes whole{};
    whole.fill(byte);
    return whole;
  }

  Bytes written =
      twice({'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'});
  Bytes nine_written = all('9');
  Bytes nine = all(9);
  Bytes fifteen = all(15);
  Bytes at_sign = all('@');
  Bytes sixteen_one = twice({16, 1, 16, 1, 16, 1, 16, 1, 16, 1, 16, 1, 16, 1, 16, 1});
  std::array<char, 16> high{0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 0, 0};
  std::array<char, 16> low{0, 0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
};
constexpr Constants kConstants;

VMTRAIL_BEGIN_WIDE
[[gnu::always_inline]] inline __m256i whole(const Constants::Bytes& bytes) {
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(bytes.data()));
}
[[gnu::always_inline]] inline __m128i half(const std::array<char, 16>& bytes) {
  return _mm_load_si128(reinterpret_cast<const __m128i*>(bytes.data()));
}

/// What read_digits() does, of all digits at once.
[[gnu::always_inline]] inline bool read_all_digits(const char* begin, bool any_case,
                                                   const Constants& constants, Halves& halves) {
  std::uint64_t first_dashes = 0;  // at 8 and 13
  std::uint64_t last_dashes = 0;   // at 18 and 23
  std::memcpy(&first_dashes, begin + 8, sizeof first_dashes);
  std::memcpy(&last_dashes, begin + 18, sizeof last_dashes);
  constexpr std::uint64_t kDashes = 0x00002d000000002d;
  constexpr std::uint64_t kPlaces = 0x0000ff00000000ff;
  const std::uint64_t differ = (first_dashes ^ kDashes) | (last_dashes ^ kDashes);

  const auto sixteen = [&](std::size_t at) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(begin + at));
  };
  std::int16_t seventeenth = 0;
  std::memcpy(&seventeenth, begin + 16, sizeof seventeenth);
  const __m128i high =
      _mm_insert_epi16(_mm_shuffle_epi8(sixteen(0), half(constants.high)), seventeenth, 7);
  const __m128i low =
      _mm_insert_epi8(_mm_shuffle_epi8(sixteen(20), half(constants.low)), begin[19], 0);
  const __m256i all = _mm256_inserti128_si256(_mm256_castsi128_si256(high), low, 1);
  __m256i digits = all;
  if (any_case) {
    // To lower case: of what is from '@' on, so that nothing else becomes a numeral.
    const __m256i capital = _mm256_and_si256(all, whole(constants.at_sign));
    digits = _mm256_or_si256(all, _mm256_srli_epi16(capital, 1));
  }
  const __m256i letters = _mm256_cmpgt_epi8(digits, whole(constants.nine_written));
  const __m256i values = _mm256_add_epi8(_mm256_and_si256(digits, whole(constants.fifteen)),
                                         _mm256_and_si256(letters, whole(constants.nine)));
  // Nothing but a digit is what its value is written as.
  const __m256i written = _mm256_shuffle_epi8(whole(constants.written), values);
  if (_mm256_movemask_epi8(_mm256_cmpeq_epi8(written, digits)) != -1 || (differ & kPlaces) != 0) {
    return false;
  }
  const __m256i bytes = _mm256_maddubs_epi16(values, whole(constants.sixteen_one));
  const __m256i packed = _mm256_packus_epi16(bytes, bytes);
  const auto word = [](__m128i of) {
    return __builtin_bswap64(static_cast<std::uint64_t>(_mm_cvtsi128_si64(of)));
  };
  halves = {word(_mm256_castsi256_si128(packed)), word(_mm256_extracti128_si256(packed, 1))};
  return true;
}

void read_several_wide(Several& several) {
  // Compilers would rather make constants than read them, and anew for each.
  const Constants* constants = &kConstants;
#if defined(__GNUC__)
  asm("" : "+r"(constants));
#endif
  unsigned sound = 0;
  const auto read = [&](std::size_t i, bool any_case) {
    const char* const begin = several.begin[i];
    if (begin != nullptr && read_all_digits(begin, any_case, *constants, several.halves[i])) {
      sound |= 1U << i;
    }
  };
  read(0, false);
  read(1, false);
  read(Several::kAnyCase, true);
  several.sound = sound;
}
VMTRAIL_END_WIDE
#endif

void read_several(Several& several) {
  several.sound = 0;
  for (std::size_t i = 0; i < Several::kCount; ++i) {
    const char* const begin = several.begin[i];
    if (begin != nullptr && read_digits(begin, i == Several::kAnyCase, several.halves[i])) {
      several.sound |= 1U << i;
    }
  }
}

using Read = void (*)(Several& several);

void choose_and_read(Several& several);

/// What this machine can do, once it is known; each thread may be the one to find it out.
std::atomic<Read> quickest{choose_and_read};

void choose_and_read(Several& several) {
  Read chosen = read_several;
#if defined(VMTRAIL_HAS_WIDE)
  if (best_lanes() == Lanes::wide) chosen = read_several_wide;
#endif
  quickest.store(chosen, std::memory_order_relaxed);
  chosen(several);
}

const char* begin_of_uuid(std::string_view text) {
  return text.size() == kUuidSize ? text.data() : nullptr;
}

/// False: it is no UUID.
bool read_uuid(std::string_view text, bool any_case, Halves& halves) {
  if (text.size() != kUuidSize) return false;
  const std::size_t place = any_case ? Several::kAnyCase : 0;
  Several several;
  several.begin = {};
  several.begin[place] = text.data();
  quickest.load(std::memory_order_relaxed)(several);
  if (several.sound == 0) return false;
  halves = several.halves[place];
  return true;
}

std::string_view view(const std::array<char, kUuidSize>& text) {
  return {text.data(), text.size()};
}

bool has_prefix(std::string_view request) {
  return request.size() > kRequestPrefix.size() &&
         std::memcmp(request.data(), kRequestPrefix.data(), kRequestPrefix.size()) == 0;
}

std::uint64_t copy_to_heap(std::string_view text) {
  char* const copy = new char[text.size()];
  std::memcpy(copy, text.data(), text.size());
  return reinterpret_cast<std::uintptr_t>(copy);
}

}  // namespace

std::optional<InstanceId> InstanceId::parse(std::string_view text) {
  Halves halves;
  if (!read_uuid(text, true, halves)) return std::nullopt;
  return InstanceId(halves.high, halves.low);
}

void InstanceId::append_to(std::string& out) const {
  out.append(view(uuid_text(high_, low_)));
}

void InstanceId::write(char* to) const {
  put_uuid(to, {high_, low_});
}

void write_uuid(char* to, CompactText::Uuid uuid) {
  put_uuid(to, {uuid.high, uuid.low});
}

std::string InstanceId::to_string() const {
  return std::string(view(uuid_text(high_, low_)));
}

CompactText::CompactText(std::string_view text) {
  Halves halves;
  if (read_uuid(text, false, halves) && halves.low >> 62 == 2) {
    high_ = halves.high;
    low_ = halves.low;
    return;
  }
  if (text.empty()) return;
  low_ = copy_to_heap(text);
  high_ = text.size();
}

void CompactText::copy_heap() {
  low_ = copy_to_heap(heap());
}

void CompactText::free_heap() noexcept {
  delete[] heap().data();
}

std::string_view CompactText::heap() const {
  return {reinterpret_cast<const char*>(static_cast<std::uintptr_t>(low_)), high_};
}

std::size_t CompactText::hash_of_heap() const {
  const std::string_view text = heap();
  std::size_t hash = text.size();
  for (std::size_t at = 0; at < text.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, std::min(sizeof word, text.size() - at));
    hash = detail::mixed(hash, word);
  }
  return hash;
}

void CompactText::append_to(std::string& out) const {
  if (inline_uuid()) {
    out.append(view(uuid_text(high_, low_)));
  } else if (!empty()) {
    out.append(heap());
  }
}

std::strong_ordering operator<=>(const CompactText& a, const CompactText& b) {
  if (a.inline_uuid() && b.inline_uuid()) {
    // The digits ascend in ASCII, so the order of the numbers is that of the texts.
    if (const auto order = a.high_ <=> b.high_; order != 0) return order;
    return a.low_ <=> b.low_;
  }
  const auto text_of = [](const CompactText& text, std::array<char, kUuidSize>& buffer) {
    if (!text.inline_uuid()) return text.heap();
    buffer = uuid_text(text.high_, text.low_);
    return view(buffer);
  };
  std::array<char, kUuidSize> a_buffer;
  std::array<char, kUuidSize> b_buffer;
  return text_of(a, a_buffer) <=> text_of(b, b_buffer);
}

std::string MessageId::to_string() const {
  std::string out;
  append_to(out);
  return out;
}

RequestId::RequestId(std::string_view text)
    : text_(has_prefix(text) ? text.substr(kRequestPrefix.size()) : text),
      prefixed_(has_prefix(text)) {}

void RequestId::append_to(std::string& out) const {
  if (prefixed_) out.append(kRequestPrefix);
  text_.append_to(out);
}

std::string RequestId::to_string() const {
  std::string out;
  append_to(out);
  return out;
}

namespace {

inline CompactText text_of(const Several& several, std::size_t i, std::string_view text) {
  const Halves& halves = several.halves[i];
  if (several.is_sound(i) && halves.low >> 62 == 2) {
    return CompactText(CompactText::Uuid{halves.high, halves.low});
  }
  return text.empty() ? CompactText() : CompactText(text);
}

}  // namespace

struct EventIds::Read : Several {
  Read(std::string_view message_text, std::string_view request_text, std::string_view instance_text)
      : message(message_text), prefixed(has_prefix(request_text)), request(request_text) {
    if (prefixed) request.remove_prefix(kRequestPrefix.size());
    begin = {begin_of_uuid(message), begin_of_uuid(request), begin_of_uuid(instance_text)};
    quickest.load(std::memory_order_relaxed)(*this);
  }

  const std::string_view message;
  const bool prefixed;
  std::string_view request;
};

EventIds::EventIds(std::string_view message_text, std::string_view request_text,
                   std::string_view instance_text)
    : EventIds(Read(message_text, request_text, instance_text)) {}

inline EventIds::EventIds(const Read& read)
    : message(text_of(read, 0, read.message)),
      request(text_of(read, 1, read.request), read.prefixed) {
  if (read.is_sound(Read::kAnyCase)) {
    const Halves& halves = read.halves[Read::kAnyCase];
    instance = InstanceId(halves.high, halves.low);
  }
}

}  // namespace vmtrail
