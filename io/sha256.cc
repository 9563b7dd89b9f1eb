// SPDX-License-Identifier: Apache-2.0

#include "io/sha256.h"

#include <array>
#include <new>

namespace vmtrail {

namespace {

void require(bool done) {
  if (!done) throw std::bad_alloc();
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  require(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void Sha256::add(std::string_view bytes) {
  require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

std::string Sha256::finish(std::size_t bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::array<unsigned char, kBytes> digest{};
  require(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text += {kHex[digest[i] >> 4], kHex[digest[i] & 15]};
  return text;
}

}  // namespace vmtrail
