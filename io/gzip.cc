// SPDX-License-Identifier: Apache-2.0

#include "io/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <new>
#include <utility>

namespace vmtrail {

struct Gzip::Stream {
  Stream() {
    constexpr int kGzip = 16;  // added to the window: a gzip header rather than zlib's
    // It fails for want of memory alone: its arguments are constants.
    if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + kGzip, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~Stream() { deflateEnd(&z); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream z{};
};

Gzip::Gzip(std::string_view text) : stream_(std::make_unique<Stream>()), text_(text) {}

Gzip::~Gzip() = default;

bool Gzip::step(std::size_t most) {
  z_stream& z = stream_->z;
  const std::string_view piece = text_.substr(0, most);
  text_.remove_prefix(piece.size());
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));  // zlib does not write it
  z.avail_in = static_cast<uInt>(piece.size());
  const int flush = text_.empty() ? Z_FINISH : Z_NO_FLUSH;
  int done = Z_OK;
  do {
    const std::size_t before = out_.size();
    out_.resize(before + std::max<std::size_t>(piece.size() / 4, 4096));
    z.next_out = reinterpret_cast<Bytef*>(out_.data() + before);
    z.avail_out = static_cast<uInt>(out_.size() - before);
    done = deflate(&z, flush);
    out_.resize(out_.size() - z.avail_out);
  } while (z.avail_in > 0 || (flush == Z_FINISH && done != Z_STREAM_END));
  return flush == Z_FINISH;
}

std::string Gzip::take() {
  return std::exchange(out_, {});
}

}  // namespace vmtrail
