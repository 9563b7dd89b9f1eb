// SPDX-License-Identifier: Apache-2.0
// Bytes that one thread writes and another reads.

#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <vector>

namespace vmtrail {

/// A value: written in one thread (FarWriter) and read in another, one thread at a time. Keeps its
/// memory, so that in steady state it allocates nothing.
class FarBytes {
 public:
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const char* begin() const { return lines_.front().bytes.data(); }
  [[nodiscard]] const char* end() const { return begin() + size_; }
  void clear();

  // What stands between the two has been read: as many bytes far behind it are asked for, as they
  // come from memory.
  void fetch_far(const char* from, const char* to) const {
    const char* const last = end();
    for (; from < to && last - from > kFar; from += kLine) __builtin_prefetch(from + kFar);
  }

 private:
  friend class FarWriter;
  static constexpr std::size_t kLine = 64;  // of a cache
  static constexpr std::ptrdiff_t kFar = 3 << 10;
  struct alignas(kLine) Line {
    std::array<char, kLine> bytes;
  };

  std::vector<Line> lines_;  // of which the first size_ bytes are written
  std::size_t size_ = 0;
};

/// Writes past the caches: where two cores share none, to write what the other one has read costs
/// ten times as much as to write to memory.
class FarWriter {
 public:
  /// What is written until finish() goes into `to`, which stays where it is meanwhile and is
  /// emptied first. `near`: it is read by this thread, and soon.
  void begin(FarBytes& to, bool near);
  /// Where as many bytes can be written, and kSpare more be overwritten; they are, as far as
  /// wrote() tells next.
  [[nodiscard]] char* room(std::size_t bytes);
  void wrote(const char* end) {
    staged_size_ = static_cast<std::size_t>(end - staged_.front().bytes.data());
  }
  void finish();
  /// Bytes so far.
  [[nodiscard]] std::size_t size() const { return to_->size_ + staged_size_; }

  static constexpr std::size_t kSpare = FarBytes::kLine;

 private:
  void write_out();

  FarBytes* to_ = nullptr;
  bool near_ = false;
  std::vector<FarBytes::Line> staged_;  // what comes next, of which so many bytes are written
  std::size_t staged_size_ = 0;
};

// What is written, and where it ends.
template <class T>
char* put_bytes(char* to, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::memcpy(to, &value, sizeof(value));
  return to + sizeof(value);
}
inline char* put_bytes(char* to, std::string_view text) {
  return text.copy(to, text.size()) + to;
}

template <class T>
const char* get_bytes(const char* from, T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::memcpy(&value, from, sizeof(value));
  return from + sizeof(value);
}

}  // namespace vmtrail
