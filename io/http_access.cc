// SPDX-License-Identifier: Apache-2.0

#include "io/http_access.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

namespace vmtrail {

namespace {

// Takes as long for a near miss as for a far one.
bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<std::string_view> behind(std::string_view scheme, std::string_view text) {
  if (text.size() <= scheme.size() || text[scheme.size()] != ' ') return std::nullopt;
  const bool is_it = std::equal(scheme.begin(), scheme.end(), text.begin(),
                                [](char a, char b) { return a == (b | 0x20); });
  if (!is_it) return std::nullopt;
  text.remove_prefix(scheme.size());
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text;
}

std::string from_base64(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > 4096) return {};
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return {};
  const auto padding = static_cast<std::size_t>(std::count(text.begin(), text.end(), '='));
  bytes.resize(static_cast<std::size_t>(size) - std::min<std::size_t>(padding, 2));
  return bytes;
}

}  // namespace

std::vector<std::string> tokens_in(std::istream& input) {
  std::vector<std::string> tokens;
  for (std::string line; std::getline(input, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (!line.empty() && line.front() != '#') tokens.push_back(std::move(line));
  }
  return tokens;
}

Result<HttpAccess> HttpAccess::read(const std::string& file) {
  const auto wrong = [&file](ErrorCode code, const std::string& what) {
    return tl::unexpected(Error{code, file + ": " + what});
  };
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    return wrong(ErrorCode::unreadable, std::strerror(errno));
  }
  if ((status.st_mode & S_IROTH) != 0) {
    return wrong(ErrorCode::wrong_usage, "everybody may read these tokens (chmod 600)");
  }
  std::ifstream input(file);
  if (!input) return wrong(ErrorCode::unreadable, std::strerror(errno));
  HttpAccess access;
  access.secrets_ = tokens_in(input);
  if (access.secrets_.empty()) return wrong(ErrorCode::wrong_usage, "holds no token");
  return access;
}

bool HttpAccess::allows(std::string_view authorization) const {
  if (open_to_all()) return true;
  std::string sent;
  std::string password;
  if (const auto token = behind("bearer", authorization)) {
    sent = *token;
  } else if (const auto basic = behind("basic", authorization)) {
    sent = from_base64(*basic);
    const std::size_t colon = sent.find(':');
    if (colon != std::string::npos) password = sent.substr(colon + 1);
  }
  bool allowed = false;
  for (const std::string& secret : secrets_) {
    allowed = same(secret, sent) || allowed;
    allowed = (!password.empty() && same(secret, password)) || allowed;
  }
  return allowed;
}

bool names_site(std::string_view host) {
  if (host.starts_with('[')) return false;
  host = host.substr(0, host.find(':'));
  const bool is_address = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return !is_address && host.find('.') != std::string_view::npos;
}

}  // namespace vmtrail
