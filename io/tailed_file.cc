// SPDX-License-Identifier: Apache-2.0

#include "io/tailed_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>

namespace vmtrail {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kHead = 256;  // bytes at most that tell a file from another

/// The files beside `path` whose names go on from its own, until `take` says true.
template <class Take>
void for_each_beside(const std::string& path, Take take) {
  const fs::path own = path;
  std::error_code error;
  for (fs::directory_iterator entry(own.parent_path(), error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const std::string own_name = own.filename().string();
    if (name == own_name || !name.starts_with(own_name)) continue;
    if (take(entry->path().string(), std::string_view(name).substr(own_name.size()))) return;
  }
}

// As rotation numbers or dates them; not compressed.
bool is_of_rotation(std::string_view suffix) {
  return suffix.find_first_not_of("0123456789.-_") == std::string_view::npos;
}

}  // namespace

std::optional<TailPosition> TailPosition::parse(std::string_view text) {
  std::array<std::uint64_t, 5> numbers{};
  for (std::uint64_t& number : numbers) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    if (text.starts_with(' ')) text.remove_prefix(1);
  }
  return TailPosition{numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]};
}

std::string TailPosition::to_string() const {
  std::string text;
  for (const std::uint64_t number : {std::uint64_t{inode}, offset, line, head_size, head}) {
    if (!text.empty()) text += ' ';
    text += std::to_string(number);
  }
  return text;
}

std::optional<TailedFile> TailedFile::open(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) return std::nullopt;
  if (!S_ISREG(status.st_mode)) {
    errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
    return std::nullopt;
  }
  TailedFile opened(std::move(file), status.st_ino);
  opened.begin_again();
  return opened;
}

std::optional<TailedFile> TailedFile::find(const std::string& path, const TailPosition& position) {
  const auto take = [&](const std::string& candidate) -> std::optional<TailedFile> {
    auto file = open(candidate);
    if (!file || !file->is_that_of(position)) return std::nullopt;
    file->position_ = position;
    file->read_ = position.offset;
    return file;
  };
  auto found = take(path);
  if (found) return found;
  for_each_beside(path, [&](const std::string& candidate, std::string_view) {
    found = take(candidate);
    return found.has_value();
  });
  return found;
}

std::optional<TailedFile> TailedFile::next(const std::string& path) const {
  std::optional<TailedFile> found;
  for_each_beside(path, [&](const std::string& candidate, std::string_view suffix) {
    if (!is_of_rotation(suffix)) return false;
    auto file = open(candidate);
    if (file && file->written_at() > written_at() &&
        (!found || file->written_at() < found->written_at())) {
      found = std::move(file);
    }
    return false;
  });
  return found ? std::move(found) : open(path);
}

std::int64_t TailedFile::written_at() const {
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) return 0;
  return std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

// FNV-1a; nullopt: the file is shorter.
std::optional<std::uint64_t> TailedFile::head(std::uint64_t size) const {
  std::array<char, kHead> bytes{};
  if (::pread(file_.get(), bytes.data(), size, 0) != static_cast<ssize_t>(size))
    return std::nullopt;
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (std::size_t i = 0; i < size; ++i) {
    hash = (hash ^ static_cast<unsigned char>(bytes[i])) * 0x100000001b3u;
  }
  return hash;
}

bool TailedFile::is_that_of(const TailPosition& position) const {
  struct stat status {};
  return ::fstat(file_.get(), &status) == 0 && status.st_ino == position.inode &&
         static_cast<std::uint64_t>(status.st_size) >= position.offset &&
         position.head_size <= kHead && head(position.head_size) == position.head;
}

ssize_t TailedFile::read(std::string& to, std::size_t most) {
  const std::size_t before = to.size();
  to.resize(before + most);
  const ssize_t size = ::pread(file_.get(), to.data() + before, most, static_cast<off_t>(read_));
  to.resize(before + static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  if (size > 0) read_ += static_cast<std::uint64_t>(size);
  return size;
}

bool TailedFile::truncated() const {
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) return false;
  return static_cast<std::uint64_t>(status.st_size) < read_ ||
         head(position_.head_size) != position_.head;
}

void TailedFile::begin_again() {
  position_ = {position_.inode, 0, 1, 0, 0};
  position_.head = *head(0);
  read_ = 0;
}

bool TailedFile::is_at(const std::string& path) const {
  struct stat there {};
  return ::stat(path.c_str(), &there) != 0 || there.st_ino == position_.inode;
}

void TailedFile::consume(std::uint64_t bytes, std::uint64_t lines) {
  position_.offset += bytes;
  position_.line += lines;
  const std::uint64_t size = std::min(position_.offset, kHead);
  if (size == position_.head_size && size != 0) return;
  if (const auto hash = head(size)) {
    position_.head_size = size;
    position_.head = *hash;
  }
}

}  // namespace vmtrail
