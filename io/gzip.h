// SPDX-License-Identifier: Apache-2.0
// Writing gzip (RFC 1952), a piece at a time.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace vmtrail {

/// Compresses one text, fast rather than small. Borrows it. One thread at a time.
class Gzip {
 public:
  explicit Gzip(std::string_view text);
  ~Gzip();
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  /// Takes the next piece of the text, at most `most` bytes. true: that was the last.
  bool step(std::size_t most);
  /// What has been written so far.
  [[nodiscard]] std::string take();

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
  std::string_view text_;
  std::string out_;
};

}  // namespace vmtrail
