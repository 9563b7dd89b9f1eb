// SPDX-License-Identifier: Apache-2.0

#include "io/amqp_body.h"

#include <zlib.h>

#include <algorithm>
#include <optional>

#include "io/amqp_connection.h"
#include "io/decompressor.h"

namespace vmtrail {

namespace {

constexpr std::size_t kPiece = 64 << 10;

bool is_compressed(const amqp_basic_properties_t& properties) {
  if ((properties._flags & AMQP_BASIC_CONTENT_ENCODING_FLAG) != 0) {
    const std::string_view encoding = view(properties.content_encoding);
    for (const char* const one : {"gzip", "x-gzip", "deflate", "zstd"}) {
      if (encoding == one) return true;
    }
  }
  if ((properties._flags & AMQP_BASIC_HEADERS_FLAG) == 0) return false;
  const auto* const begin = properties.headers.entries;
  return std::any_of(begin, begin + properties.headers.num_entries, [](const auto& entry) {
    return view(entry.key) == "compression" && entry.value.kind == AMQP_FIELD_KIND_UTF8 &&
           entry.value.value.bytes.len > 0;
  });
}

// RFC 1950. false: it is none.
bool inflate_zlib(std::string_view in, std::string& out) {
  uLongf size = 0;
  for (std::size_t room = std::max(kPiece, in.size() * 4); room <= kMostBody * 4; room *= 2) {
    out.resize(std::min(room, kMostBody + 1));
    size = out.size();
    const int result = uncompress(reinterpret_cast<Bytef*>(out.data()), &size,
                                  reinterpret_cast<const Bytef*>(in.data()), in.size());
    if (result == Z_OK || (result == Z_BUF_ERROR && out.size() > kMostBody)) {
      out.resize(size);
      return true;
    }
    if (result != Z_BUF_ERROR) return false;
  }
  return false;
}

bool decompress(std::string_view in, std::string& out) {
  const auto stream = find_decompressor(in.substr(0, kMagicSize));
  if (stream == nullptr) return inflate_zlib(in, out);
  out.clear();
  while (out.size() <= kMostBody) {
    const std::size_t before = out.size();
    out.resize(before + kPiece);
    const auto written = stream->step(in, std::span(out).subspan(before));
    if (!written) return false;
    out.resize(before + *written);
    if (in.empty() && *written == 0) return stream->complete();
  }
  return true;
}

}  // namespace

std::string_view plain_body(const amqp_message_t& message, std::string& room) {
  const std::string_view body = view(message.body);
  if (!is_compressed(message.properties) || !decompress(body, room)) return body;
  return room;
}

}  // namespace vmtrail
