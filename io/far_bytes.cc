// SPDX-License-Identifier: Apache-2.0

#include "io/far_bytes.h"

#include <algorithm>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace vmtrail {

namespace {

constexpr std::size_t kStaged = std::size_t{2} << 10;  // is written out
constexpr std::size_t kMuch = std::size_t{1} << 20;    // is not kept for the next time
constexpr std::size_t kFirst = std::size_t{4} << 10;   // bytes written; then twice as many

// `to` begins a line.
void write_past_caches(const void* from, void* to, std::size_t size) {
#ifdef __SSE2__
  for (std::size_t i = 0; i < size / sizeof(__m128i); ++i) {
    _mm_stream_si128(static_cast<__m128i*>(to) + i,
                     _mm_load_si128(static_cast<const __m128i*>(from) + i));
  }
#else
  std::memcpy(to, from, size);
#endif
}

}  // namespace

void FarBytes::clear() {
  size_ = 0;
  if (lines_.size() * kLine > kMuch) std::vector<Line>().swap(lines_);
}

void FarWriter::begin(FarBytes& to, bool near) {
  to.clear();
  to_ = &to;
  near_ = near;
}

char* FarWriter::room(std::size_t bytes) {
  if (staged_size_ >= kStaged) write_out();
  const std::size_t needed = (staged_size_ + bytes + kSpare) / FarBytes::kLine + 1;
  if (staged_.size() < needed) staged_.resize(needed);
  return staged_.front().bytes.data() + staged_size_;
}

// Whole lines; what is left of the last one stays.
void FarWriter::write_out() {
  constexpr std::size_t kLine = FarBytes::kLine;
  const std::size_t count = staged_size_ / kLine;
  auto& lines = to_->lines_;
  const std::size_t at = to_->size_ / kLine;
  if (lines.size() < at + count) {
    lines.resize(std::max({kFirst / kLine, 2 * lines.size(), at + count}));
  }
  if (near_) {
    std::copy_n(staged_.begin(), count, lines.begin() + static_cast<std::ptrdiff_t>(at));
  } else {
    write_past_caches(staged_.data(), &lines[at], count * kLine);
  }
  to_->size_ += count * kLine;
  staged_size_ -= count * kLine;
  if (staged_size_ != 0) staged_.front() = staged_[count];
}

void FarWriter::finish() {
  constexpr std::size_t kLine = FarBytes::kLine;
  const std::size_t rest = staged_size_ % kLine;
  if (rest != 0) staged_size_ += kLine - rest;
  if (staged_size_ != 0) write_out();
  if (rest != 0) to_->size_ -= kLine - rest;
  staged_size_ = 0;
  if (staged_.size() * kLine > kMuch) std::vector<FarBytes::Line>().swap(staged_);
#ifdef __SSE2__
  _mm_sfence();  // what releases a mutex does not order such writes
#endif
}

}  // namespace vmtrail
