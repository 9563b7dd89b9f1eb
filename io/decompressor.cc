// SPDX-License-Identifier: Apache-2.0
// One class for each library; the table at the end is what they are told apart by.

#include "io/decompressor.h"

#include <algorithm>
#include <limits>
#include <string>

#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

namespace vmtrail {
namespace {

class Gzip final : public Decompressor {
 public:
  // Should this fail, for want of memory, inflate() refuses the stream.
  Gzip() { inflateInit2(stream_.get(), MAX_WBITS + kGzipOnly); }

  Result<std::size_t> step(std::string_view& in, std::span<char> out) override {
    if (complete_) {
      // Tapes and disk images are padded with zeros; gzip(1) passes over them, too.
      in.remove_prefix(std::min(in.find_first_not_of('\0'), in.size()));
      if (in.empty()) return 0;
      inflateReset(stream_.get());
      complete_ = false;
    }
    const std::size_t available = clamped(in.size());
    const std::size_t room = clamped(out.size());
    stream_->next_in = reinterpret_cast<const Bytef*>(in.data());
    stream_->avail_in = static_cast<uInt>(available);
    stream_->next_out = reinterpret_cast<Bytef*>(out.data());
    stream_->avail_out = static_cast<uInt>(room);
    const int status = inflate(stream_.get(), Z_NO_FLUSH);
    const std::size_t written = room - stream_->avail_out;
    in.remove_prefix(available - stream_->avail_in);
    complete_ = status == Z_STREAM_END;
    // Z_BUF_ERROR: nothing to do without more input. A broken stream stays so, and says so once
    // more after the bytes before the breach are handed out.
    if (complete_ || status == Z_OK || status == Z_BUF_ERROR || written > 0) return written;
    const ErrorCode code =
        status == Z_DATA_ERROR ? ErrorCode::corrupt_stream : ErrorCode::unreadable;
    return tl::unexpected(
        Error{code, std::string("gzip: ") + (stream_->msg ? stream_->msg : zError(status))});
  }

  [[nodiscard]] bool complete() const override { return complete_; }

 private:
  static constexpr int kGzipOnly = 16;  // as inflateInit2 is told it: neither raw nor zlib streams

  static std::size_t clamped(std::size_t size) {
    return std::min(size, std::size_t{std::numeric_limits<uInt>::max()});
  }

  struct End {
    void operator()(z_stream* stream) const {
      inflateEnd(stream);
      delete stream;
    }
  };
  std::unique_ptr<z_stream, End> stream_{new z_stream{}};  // zlib keeps its address
  bool complete_ = false;
};

class Zstd final : public Decompressor {
 public:
  Result<std::size_t> step(std::string_view& in, std::span<char> out) override {
    if (!stream_) return tl::unexpected(Error{ErrorCode::unreadable, "zstd: out of memory"});
    if (complete_ && in.empty()) return 0;  // zstd would take this for the start of a frame
    ZSTD_inBuffer source{in.data(), std::min(in.size(), wanted_), 0};
    ZSTD_outBuffer target{out.data(), out.size(), 0};
    const std::size_t hint = ZSTD_decompressStream(stream_.get(), &target, &source);
    if (ZSTD_isError(hint) != 0) {
      const ZSTD_ErrorCode code = ZSTD_getErrorCode(hint);
      const bool too_big =
          code == ZSTD_error_frameParameter_windowTooLarge || code == ZSTD_error_memory_allocation;
      return tl::unexpected(Error{too_big ? ErrorCode::unreadable : ErrorCode::corrupt_stream,
                                  std::string("zstd: ") + ZSTD_getErrorName(hint)});
    }
    in.remove_prefix(source.pos);
    complete_ = hint == 0;
    // An error hides what the same call has already written, so no call is to go past one block.
    // The hint is the rest of the block and the header of the next.
    wanted_ = hint > kBlockHeader ? hint - kBlockHeader : std::max(hint, std::size_t{1});
    return target.pos;
  }

  [[nodiscard]] bool complete() const override { return complete_; }

 private:
  static constexpr std::size_t kBlockHeader = 3;

  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<ZSTD_DStream, Free> stream_{ZSTD_createDStream()};
  std::size_t wanted_ = 1;
  bool complete_ = false;
};

bool is_gzip(std::string_view head) {
  return head.substr(0, 2) == "\x1f\x8b";
}

// A frame, or a skippable frame, with which parallel compressors begin.
bool is_zstd(std::string_view head) {
  return head == "\x28\xb5\x2f\xfd" ||
         (head.size() == kMagicSize && head.substr(1) == "\x2a\x4d\x18" &&
          (static_cast<unsigned char>(head[0]) & 0xF0U) == 0x50U);
}

template <class T>
std::unique_ptr<Decompressor> make() {
  return std::make_unique<T>();
}

struct Kind {
  bool (*matches)(std::string_view head);
  std::unique_ptr<Decompressor> (*make)();
};
constexpr Kind kKinds[] = {{is_gzip, make<Gzip>}, {is_zstd, make<Zstd>}};

}  // namespace

std::unique_ptr<Decompressor> find_decompressor(std::string_view head) {
  head = head.substr(0, kMagicSize);
  for (const Kind& kind : kKinds) {
    if (kind.matches(head)) return kind.make();
  }
  return nullptr;
}

}  // namespace vmtrail
