// SPDX-License-Identifier: Apache-2.0

#include "io/curve_keys.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <system_error>

#include "io/file_descriptor.h"

namespace vmtrail {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kText = 40;
constexpr std::size_t kBytes = 32;

Error failed(ErrorCode code, const fs::path& file, const std::string& why) {
  return {code, file.string() + ": " + why};
}

std::string reason(int number) {
  return std::generic_category().message(number);
}

Result<std::string> read_key(const fs::path& file, bool secret) {
  const FileDescriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!opened.is_open() || ::fstat(opened.get(), &status) != 0) {
    return tl::unexpected(failed(ErrorCode::unreadable, file, reason(errno)));
  }
  if (secret && (status.st_mode & 077) != 0) {
    return tl::unexpected(
        failed(ErrorCode::unreadable, file, "others can read this secret (chmod 600)"));
  }
  std::array<char, kText + 1> text{};
  const ssize_t size = ::read(opened.get(), text.data(), kText);
  std::array<std::uint8_t, kBytes> bytes{};
  if (size != static_cast<ssize_t>(kText) || zmq_z85_decode(bytes.data(), text.data()) == nullptr) {
    return tl::unexpected(failed(ErrorCode::unreadable, file, "holds no key of 40 characters"));
  }
  return std::string(text.data(), kText);
}

Result<void> write_key(const fs::path& file, const char* key, mode_t mode) {
  const FileDescriptor made(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!made.is_open()) return tl::unexpected(failed(ErrorCode::unwritable, file, reason(errno)));
  const std::string line = std::string(key, kText) + "\n";
  const ssize_t size = ::write(made.get(), line.data(), line.size());
  if (size == static_cast<ssize_t>(line.size())) return {};
  const std::string why = reason(size < 0 ? errno : ENOSPC);
  ::unlink(file.c_str());
  return tl::unexpected(failed(ErrorCode::unwritable, file, why));
}

}  // namespace

Result<CurveKeys> CurveKeys::read(const std::string& directory) {
  CurveKeys keys;
  keys.directory = directory;
  auto text = read_key(fs::path(directory) / "public.key", false);
  if (!text) return tl::unexpected(text.error());
  keys.public_key = std::move(*text);
  text = read_key(fs::path(directory) / "secret.key", true);
  if (!text) return tl::unexpected(text.error());
  keys.secret_key = std::move(*text);
  std::array<char, kText + 1> derived{};
  if (zmq_curve_public(derived.data(), keys.secret_key.c_str()) == 0 &&
      keys.public_key != derived.data()) {
    return tl::unexpected(failed(ErrorCode::unreadable, fs::path(directory) / "public.key",
                                 "is not the key to this secret.key; nobody would get in"));
  }
  return keys;
}

Result<CurveKeys> CurveKeys::make(const std::string& directory) {
  std::error_code error;
  fs::create_directories(fs::path(directory) / "clients", error);
  if (error) return tl::unexpected(failed(ErrorCode::unwritable, directory, error.message()));
  std::array<char, kText + 1> public_key{};
  std::array<char, kText + 1> secret_key{};
  if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0) {
    const bool without = zmq_errno() == ENOTSUP;
    return tl::unexpected(
        failed(ErrorCode::unwritable, directory,
               without ? "this libzmq was built without CURVE" : zmq_strerror(zmq_errno())));
  }
  const fs::path base(directory);
  if (auto done = write_key(base / "secret.key", secret_key.data(), 0600); !done) {
    return tl::unexpected(done.error());
  }
  if (auto done = write_key(base / "public.key", public_key.data(), 0644); !done) {
    ::unlink((base / "secret.key").c_str());  // of no use alone, and in the way of the next try
    return tl::unexpected(done.error());
  }
  return CurveKeys{directory, public_key.data(), secret_key.data()};
}

Result<std::string> CurveKeys::server_key() const {
  return read_key(fs::path(directory) / "server.key", false);
}

bool CurveKeys::admits(std::string_view binary_key) const {
  if (binary_key.size() != kBytes) return false;
  std::array<char, kText + 1> text{};
  zmq_z85_encode(text.data(), reinterpret_cast<const std::uint8_t*>(binary_key.data()), kBytes);
  std::error_code error;
  for (fs::directory_iterator entry(fs::path(directory) / "clients", error), end;
       !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() != ".key") continue;
    const auto known = read_key(entry->path(), false);
    if (known && *known == std::string_view(text.data(), kText)) return true;
  }
  return false;
}

}  // namespace vmtrail
