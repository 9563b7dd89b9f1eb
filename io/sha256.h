// SPDX-License-Identifier: Apache-2.0
// A digest that nobody can find two inputs of.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/evp.h>

namespace vmtrail {

/// SHA-256 of what is added, piece by piece. Throws std::bad_alloc where OpenSSL has no memory.
class Sha256 {
 public:
  static constexpr std::size_t kBytes = 32;

  Sha256();
  void add(std::string_view bytes);
  /// The first bytes of the digest, in hexadecimal digits. Ends it.
  [[nodiscard]] std::string finish(std::size_t bytes = kBytes);

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace vmtrail
