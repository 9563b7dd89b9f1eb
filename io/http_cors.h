// SPDX-License-Identifier: Apache-2.0
// Which pages' scripts may read answers: cross-origin resource sharing (fetch.spec.whatwg.org).

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vmtrail/error.h"

namespace vmtrail {

/// The origins that are let in: none, some, or all. A browser tells them; who is no browser may
/// tell anything, so this protects a page's visitor, and the token protects the answers.
class HttpCors {
 public:
  /// None.
  HttpCors() = default;
  /// Each is SCHEME://HOST[:PORT] as browsers write it, or `*`. Error: wrong_usage.
  [[nodiscard]] static Result<HttpCors> of(const std::vector<std::string_view>& origins);

  [[nodiscard]] bool admits(std::string_view origin) const;
  /// Does the answer depend on the origin?
  [[nodiscard]] bool varies() const { return !all_ && !origins_.empty(); }

  using Headers = std::vector<std::pair<std::string, std::string>>;
  /// Of an answer to a page of this origin, empty if it is not let in. Only one that is named may
  /// send what the browser keeps of a user (a Basic password).
  [[nodiscard]] Headers headers(std::string_view origin) const;
  /// The same of the answer to a browser's question before it sends the request; `methods` are
  /// those of the path.
  [[nodiscard]] Headers preflight_headers(std::string_view origin, std::string_view methods) const;

 private:
  bool all_ = false;
  std::vector<std::string> origins_;
};

}  // namespace vmtrail
