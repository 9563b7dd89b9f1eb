// SPDX-License-Identifier: Apache-2.0
// The keys of CURVE, as `vmtrail keygen` lays them out in a directory.

#pragma once

#include <string>
#include <string_view>

#include "vmtrail/error.h"

namespace vmtrail {

/// A directory of keys, each in a file of its own as 40 characters of Z85 (ZeroMQ's RFC 32):
///   public.key    one's own, to be given to others
///   secret.key    one's own, read by its owner alone
///   clients/*.key public keys of those who may connect, where one binds
///   server.key    the public key of whom one connects to
struct CurveKeys {
  std::string directory;
  std::string public_key;
  std::string secret_key;

  /// Errors: unreadable (also of a secret that others can read), with the file.
  [[nodiscard]] static Result<CurveKeys> read(const std::string& directory);
  /// Makes the directory, a new pair and the empty folder of clients. Error: unwritable; keys that
  /// are there already are not overwritten.
  [[nodiscard]] static Result<CurveKeys> make(const std::string& directory);

  [[nodiscard]] Result<std::string> server_key() const;
  /// Is this key (32 bytes) one of clients/*.key? They are read each time, so that a client can be
  /// let in or turned away without a restart.
  [[nodiscard]] bool admits(std::string_view binary_key) const;
};

}  // namespace vmtrail
