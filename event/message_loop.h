// SPDX-License-Identifier: Apache-2.0
// The inner loop of messages of a known layout. Included by message_layout.cc alone, once for each
// set of instructions, in a namespace that has a Match of its own; therefore without a guard.

/// Is what begins at `at`, the end or before, as the pattern before the place? It may end behind
/// the end, but no farther than a Match is long.
inline bool is_as(const MessageLayout::Place& place, const char* pattern, const char* at,
                  const char* end) {
  constexpr std::ptrdiff_t kSize = Match::kSize;
  if (place.whole != 0) {
    if (end - at < static_cast<std::ptrdiff_t>(place.whole)) return false;
    Match match;
    at += place.whole;
    pattern += place.whole;
    auto i = -static_cast<std::ptrdiff_t>(place.whole);
    if (i % (2 * kSize) != 0) {
      match.compare(at + i, pattern + i);
      i += kSize;
    }
    for (; i != 0; i += 2 * kSize) {
      match.compare(at + i, pattern + i);
      match.compare(at + i + kSize, pattern + i + kSize);
    }
    if (match.columns() != ~Match::Bits{0}) return false;
  }
  Match match;
  match.compare(at, pattern);
  return (place.rest & ~match.columns()) == 0;
}

template <class Form>
bool read(const MessageLayout::Place* place, const char* pattern,
          const MessageLayout::Capture* capture, MessageReading& reading) {
  const char* const end = reading.end;
  for (const char* at = reading.at; at <= end; ++place) {
    if (!is_as(*place, pattern, at, end)) return false;
    for (auto count = place->captures; count != 0; --count, ++capture) {
      *capture->to = {at + capture->offset, capture->size};
    }
    at += place->size;
    pattern += place->whole + Match::kSize;
    // The quotes of what is always a text are among the bytes around it.
    std::size_t quote = 0;
    if (place->takes != Takes::text) {
      if (place->takes == Takes::value) {
        if (place->last) {
          if (!reading.in_line) return at == end;
          reading.end = at;
          return at < end && *at == '\n';
        }
        at = read_any<Form>(at, reading);
        if (at == nullptr) return false;
        continue;
      }
      if (!Form::quote(at)) {
        const std::size_t digits = leading_digits(at);
        const bool whole = digits != 0 && digits != kMostDigits && (*at != '0' || digits == 1);
        if (whole && at[digits] != '.' && !place->wanted.only_text) {
          *place->to = {at, digits};
          at += digits;
          continue;
        }
        at = read_word<Form>(place->wanted, at, reading);
        if (at == nullptr) return false;
        continue;
      }
      if (at >= end) return false;
      quote = Form::kQuote;
      at += quote;
    }
    const Match::Bits ends = Match::uncommon(at);
    const auto size = static_cast<std::size_t>(std::countr_zero(ends));
    if (ends != 0 && Form::quote(at + size)) {
      *place->to = {at, size};
      at += size + quote;
      continue;
    }
    at = read_text<Form>(place->wanted, at, reading);
    if (at == nullptr) return false;
    at += quote;
  }
  return false;
}
