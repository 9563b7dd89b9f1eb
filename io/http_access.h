// SPDX-License-Identifier: Apache-2.0
// Who may ask: bearer tokens (RFC 6750) and Basic authentication (RFC 7617).

#pragma once

#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "vmtrail/error.h"

namespace vmtrail {

/// The lines of a token file, but for empty ones and those that begin with #; without what Windows
/// leaves behind them.
[[nodiscard]] std::vector<std::string> tokens_in(std::istream& file);

/// Those lines. A line is a token, or USER:PASSWORD. A token may also come as the
/// password of any user, for clients that know Basic alone, as Ceilometer's publisher.
class HttpAccess {
 public:
  /// Everybody may.
  HttpAccess() = default;
  /// Errors: unreadable; wrong_usage if the file has no token or everybody may read it.
  [[nodiscard]] static Result<HttpAccess> read(const std::string& file);

  /// `authorization` is the value of the header; empty: there was none.
  [[nodiscard]] bool allows(std::string_view authorization) const;
  [[nodiscard]] bool open_to_all() const { return secrets_.empty(); }

 private:
  std::vector<std::string> secrets_;
};

/// Can a Host header's value be the name of a site, of several parts? The pages of one whose name
/// is made to lead to this machine (DNS rebinding) ask by that name.
[[nodiscard]] bool names_site(std::string_view host);

}  // namespace vmtrail
