// SPDX-License-Identifier: Apache-2.0

#include "io/http_cors.h"

#include <algorithm>

namespace vmtrail {

namespace {

// As browsers serialise it: no path, no user, lower case, not `null`, which any sandboxed page is.
bool is_origin(std::string_view text) {
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0 || colon + 3 == text.size()) return false;
  const std::string_view host = text.substr(colon + 3);
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7F && !(c >= 'A' && c <= 'Z') && c != ',' && c != '*' && c != '"';
  });
  return plain && host.find_first_of("/@?#") == std::string_view::npos;
}

}  // namespace

Result<HttpCors> HttpCors::of(const std::vector<std::string_view>& origins) {
  HttpCors cors;
  for (const std::string_view origin : origins) {
    if (origin == "*") {
      cors.all_ = true;
    } else if (is_origin(origin)) {
      cors.origins_.emplace_back(origin);
    } else {
      return tl::unexpected(
          Error{ErrorCode::wrong_usage, "cors is SCHEME://HOST[:PORT] as a browser's address, or " +
                                            std::string("*, not '") + std::string(origin) + "'"});
    }
  }
  if (cors.all_ && !cors.origins_.empty()) {
    return tl::unexpected(Error{ErrorCode::wrong_usage, "with cors=* no other origin is named"});
  }
  return cors;
}

bool HttpCors::admits(std::string_view origin) const {
  if (origin.empty()) return false;
  return all_ || std::find(origins_.begin(), origins_.end(), origin) != origins_.end();
}

HttpCors::Headers HttpCors::headers(std::string_view origin) const {
  if (!admits(origin)) return {};
  Headers headers = {{"Access-Control-Allow-Origin", all_ ? "*" : std::string(origin)},
                     {"Access-Control-Expose-Headers", "ETag, Retry-After"}};
  if (!all_) headers.emplace_back("Access-Control-Allow-Credentials", "true");
  return headers;
}

HttpCors::Headers HttpCors::preflight_headers(std::string_view origin,
                                              std::string_view methods) const {
  Headers headers = this->headers(origin);
  headers.emplace_back("Access-Control-Allow-Methods", methods);
  headers.emplace_back(
      "Access-Control-Allow-Headers",
      "Authorization, Content-Type, Content-Encoding, If-None-Match, Last-Event-ID");
  headers.emplace_back("Access-Control-Max-Age", "600");
  return headers;
}

}  // namespace vmtrail
