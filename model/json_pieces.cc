// SPDX-License-Identifier: Apache-2.0

#include "model/json_pieces.h"

#include <charconv>

namespace vmtrail {

namespace json {

namespace {

char* put_escaped(char* to, char c) {
  constexpr char kHex[] = "0123456789abcdef";
  *to++ = '\\';
  switch (c) {
    case '"':
    case '\\':
      *to++ = c;
      return to;
    case '\n':
      *to++ = 'n';
      return to;
    case '\t':
      *to++ = 't';
      return to;
    case '\r':
      *to++ = 'r';
      return to;
    default:
      to = put(to, "u00");
      *to++ = kHex[static_cast<unsigned char>(c) >> 4];
      *to++ = kHex[static_cast<unsigned char>(c) & 15];
      return to;
  }
}

}  // namespace

char* put_any(char* to, std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == '\x7f') {
      to = put_escaped(to, c);
    } else {
      *to++ = c;
    }
  }
  return to;
}

char* put(char* to, std::uint64_t number) {
  return std::to_chars(to, to + 20, number).ptr;
}

char* string_or_null(char* to, const RequestId& id) {
  if (id.empty()) return put(to, "null");
  const auto uuid = id.text().uuid();
  if (!uuid) return string(to, id.to_string());
  to = id.prefixed() ? put(to, "\"req-") : put(to, "\"");
  write_uuid(to, *uuid);
  to += kUuidSize;
  *to++ = '"';
  return to;
}

}  // namespace json

}  // namespace vmtrail
