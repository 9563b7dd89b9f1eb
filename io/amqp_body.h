// SPDX-License-Identifier: Apache-2.0
// The body of an AMQP message, as kombu sends it: perhaps compressed.

#pragma once

#include <amqp.h>

#include <string>
#include <string_view>

namespace vmtrail {

inline constexpr std::size_t kMostBody = std::size_t{16} << 20;  ///< bytes, decompressed

/// The body's bytes; they are in `room` if they had to be decompressed. kombu's header
/// `compression` is application/x-gzip for what zlib.compress() makes; gzip and zstd streams are
/// taken as well, and so is the content encoding of others. What does not decompress is returned as
/// it is, for the quarantine to show; of what becomes larger than kMostBody the beginning, and a
/// byte more than that.
[[nodiscard]] std::string_view plain_body(const amqp_message_t& message, std::string& room);

}  // namespace vmtrail
