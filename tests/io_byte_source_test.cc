// SPDX-License-Identifier: Apache-2.0

#include "io/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>

#include <catch2/catch.hpp>

#include "tests/compressed.h"
#include "tests/scratch.h"

namespace vmtrail {
namespace {

using testing::gzip;
using testing::zstd;
using namespace std::string_view_literals;

struct TemporaryFolder : testing::Scratch {
  [[nodiscard]] std::string write(std::string_view bytes) const {
    const std::string file = path("input");
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
    return file;
  }
};

// Half of it compresses, so that stored and compressed blocks both occur.
std::string random_bytes(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::string bytes;
  bytes.reserve(size);
  while (bytes.size() < size) {
    const std::size_t run = std::min(size - bytes.size(), std::size_t{1 + random() % 3000});
    const bool noise = random() % 2 == 0;
    for (std::size_t i = 0; i < run; ++i) {
      bytes.push_back(static_cast<char>(noise ? random() & 0xFFU : 'a' + i % 7));
    }
  }
  return bytes;
}

std::string zstd_skippable(std::string_view bytes) {
  std::string frame = "\x5a\x2a\x4d\x18";
  for (unsigned shift = 0; shift < 32; shift += 8) {
    frame.push_back(static_cast<char>(bytes.size() >> shift & 0xFFU));
  }
  return frame.append(bytes);
}

std::string plain(std::string_view bytes) {
  return std::string(bytes);
}

struct Container {
  std::string_view name;
  std::string (*pack)(std::string_view bytes);
};
constexpr std::array kContainers{Container{"plain", plain}, Container{"gzip", gzip},
                                 Container{"zstd", zstd}};

bool padded(const ByteSource& source) {
  const std::string_view window = source.window();
  const char* end = window.data() + window.size();
  return std::all_of(end, end + kPadding, [](char c) { return c == '\0'; });
}

// How many bytes of a window of this size to consume; at the end the rest is consumed anyway.
using Appetite = std::function<std::size_t(std::size_t window)>;

std::size_t everything(std::size_t window) {
  return window;
}

struct Drained {
  std::string bytes;
  std::optional<Error> error;
  std::size_t widest = 0;
};

Drained drain(ByteSource& source, const Appetite& appetite = everything) {
  Drained result;
  for (;;) {
    const std::size_t before = source.window().size();
    const Result<bool> more = source.fill();
    if (!more.value_or(false)) {
      REQUIRE(source.window().size() == before);
      result.bytes.append(source.window());
      source.consume(source.window().size());
      // What is over stays over.
      const Result<bool> again = source.fill();
      REQUIRE(again.has_value() == more.has_value());
      REQUIRE(!again.value_or(false));
      if (!more) {
        REQUIRE(again.error().code == more.error().code);
        result.error = more.error();
      }
      return result;
    }
    REQUIRE(source.window().size() > before);
    REQUIRE(padded(source));
    result.widest = std::max(result.widest, source.window().size());
    const std::size_t size = appetite(source.window().size());
    result.bytes.append(source.window().substr(0, size));
    source.consume(size);
  }
}

Drained read_file(const std::string& path, const Appetite& appetite = everything) {
  Result<ByteSource> source = ByteSource::open(path);
  REQUIRE(source.has_value());
  return drain(*source, appetite);
}

TEST_CASE("every container and every appetite give the input back") {
  std::mt19937 random(7);
  struct Case {
    std::string_view name;
    Appetite appetite;
  };
  const Case cases[] = {
      {"everything at once", everything},
      {"nothing until the end", [](std::size_t) { return std::size_t{0}; }},
      {"all but one byte", [](std::size_t window) { return window - 1; }},
      {"all but a few thousand",
       [](std::size_t window) { return window - std::min(window, std::size_t{4711}); }},
      {"half", [](std::size_t window) { return window / 2; }},
      {"some of it",
       [&random](std::size_t window) { return std::size_t{random()} % (window + 1); }},
  };
  constexpr std::size_t kWindow = ByteSource::kWindow;
  const TemporaryFolder folder;
  for (const std::size_t size : {std::size_t{1}, std::size_t{3}, std::size_t{4}, std::size_t{5000},
                                 kWindow - 1, kWindow, kWindow + 1, 2 * kWindow, 5 * kWindow + 3}) {
    const std::string bytes = random_bytes(size);
    for (const Container& container : kContainers) {
      const std::string stored = container.pack(bytes);
      const std::string path = folder.write(stored);
      for (const Case& one : cases) {
        INFO(size << " bytes, " << container.name << ", " << one.name);
        Result<ByteSource> source = ByteSource::open(path);
        REQUIRE(source.has_value());
        const Drained result = drain(*source, one.appetite);
        CHECK(!result.error);
        CHECK(result.bytes == bytes);
        CHECK(source->bytes_read() == stored.size());
        CHECK(source->size() == stored.size());
      }
    }
  }
}

TEST_CASE("an empty file has no bytes, and is no error") {
  const TemporaryFolder folder;
  for (const Container& container : kContainers) {
    INFO(container.name);
    const Drained result = read_file(folder.write(container.pack("")));
    CHECK(result.bytes.empty());
    CHECK(!result.error);
  }
}

TEST_CASE("the window grows only for a caller who consumes nothing of a full one") {
  const TemporaryFolder folder;
  const std::string path = folder.write(random_bytes(3 * ByteSource::kWindow));
  CHECK(read_file(path).widest == ByteSource::kWindow);
  const auto little_when_full = [](std::size_t window) {
    return window == ByteSource::kWindow ? std::size_t{4096} : 0;
  };
  CHECK(read_file(path, little_when_full).widest == ByteSource::kWindow);
  CHECK(read_file(path, [](std::size_t) { return 0U; }).widest == 3 * ByteSource::kWindow);
}

TEST_CASE("members and frames that follow one another are one input") {
  struct Case {
    std::string_view name;
    std::string stored;
    std::string_view bytes;
    std::optional<ErrorCode> error;
  };
  const Case cases[] = {
      {"two gzip members", gzip("one\n") + gzip("two\n"), "one\ntwo\n", {}},
      {"an empty gzip member between", gzip("one\n") + gzip("") + gzip("two\n"), "one\ntwo\n", {}},
      {"gzip padded with zeros", gzip("one\n") + std::string(5000, '\0'), "one\n", {}},
      {"zeros between members", gzip("one\n") + std::string(9, '\0') + gzip("2"), "one\n2", {}},
      {"gzip, then something else", gzip("one\n") + "two\n", "one\n", ErrorCode::corrupt_stream},
      {"gzip, then the start of a member", gzip("one\n") + "\x1f", "one\n", ErrorCode::cut_short},
      {"two zstd frames", zstd("one\n") + zstd("two\n"), "one\ntwo\n", {}},
      {"an empty zstd frame between", zstd("one\n") + zstd("") + zstd("two\n"), "one\ntwo\n", {}},
      {"a skippable frame before", zstd_skippable("index") + zstd("one\n"), "one\n", {}},
      {"an empty skippable frame after", zstd("one\n") + zstd_skippable(""), "one\n", {}},
      {"zstd, then something else", zstd("one\n") + "two\n", "one\n", ErrorCode::corrupt_stream},
      {"zstd, then the start of a frame", zstd("one\n") + "\x28", "one\n", ErrorCode::cut_short},
      {"zstd, then gzip", zstd("one\n") + gzip("two\n"), "one\n", ErrorCode::corrupt_stream},
  };
  const TemporaryFolder folder;
  for (const Case& one : cases) {
    INFO(one.name);
    const Drained result = read_file(folder.write(one.stored));
    CHECK(result.bytes == one.bytes);
    CHECK((result.error ? std::optional(result.error->code) : std::nullopt) == one.error);
  }
}

TEST_CASE("many small members do not take the window apart") {
  std::string bytes;
  std::string members;
  std::string frames;
  for (unsigned i = 0; i < 2000; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    bytes += line;
    members += gzip(line);
    frames += zstd(line);
  }
  const TemporaryFolder folder;
  CHECK(read_file(folder.write(members)).bytes == bytes);
  CHECK(read_file(folder.write(frames)).bytes == bytes);
}

TEST_CASE("a compressed stream cut short hands out a beginning, then says so") {
  const std::string bytes = random_bytes(3000);
  const TemporaryFolder folder;
  for (const Container& container : {kContainers[1], kContainers[2]}) {
    const std::string stored = container.pack(bytes);
    std::size_t longest = 0;
    // Fewer bytes than a magic number are just bytes.
    for (std::size_t size = container.name == "gzip" ? 2 : 4; size < stored.size(); ++size) {
      INFO(container.name << " cut at " << size << " of " << stored.size());
      const std::string path = folder.write(std::string_view(stored).substr(0, size));
      const Drained result = read_file(path);
      REQUIRE(result.error);
      REQUIRE(result.error->code == ErrorCode::cut_short);
      REQUIRE(result.error->detail == path + ": after " + std::to_string(size) + " bytes");
      REQUIRE(bytes.compare(0, result.bytes.size(), result.bytes) == 0);
      REQUIRE(result.bytes.size() >= longest);
      longest = result.bytes.size();
    }
    CHECK(longest == bytes.size());  // cut within the checksum
  }
}

TEST_CASE("all that precedes a cut or a breach is handed out") {
  const std::string bytes = random_bytes(std::size_t{1} << 20);
  const TemporaryFolder folder;
  struct Case {
    const Container& container;
    std::size_t granularity;
  };
  for (const Case& one : {Case{kContainers[1], 0}, Case{kContainers[2], 128 << 10}}) {
    const std::string first = one.container.pack(bytes);
    const std::string second = one.container.pack(random_bytes(600000, 2));
    const std::string whole = bytes + random_bytes(600000, 2);
    for (const bool breach : {false, true}) {
      INFO(one.container.name << (breach ? " breach" : " cut"));
      std::string stored = first + second.substr(0, breach ? second.size() : second.size() - 4);
      if (breach) stored.back() = static_cast<char>(stored.back() + 1);
      const Drained result = read_file(folder.write(stored));
      REQUIRE(result.error);
      CHECK(result.error->code == (breach ? ErrorCode::corrupt_stream : ErrorCode::cut_short));
      CHECK(result.bytes.size() == whole.size());
      CHECK(result.bytes == whole);

      // In the middle of the second one, where the decompressors know it at once.
      const std::size_t middle = first.size() + second.size() / 2;
      stored = (first + second).substr(0, middle);
      if (breach) stored.append(200000, '\xff');
      const Drained halved = read_file(folder.write(stored));
      REQUIRE(halved.error);
      if (!breach) CHECK(halved.error->code == ErrorCode::cut_short);
      REQUIRE(halved.bytes.size() + one.granularity >= bytes.size() + 250000);
      CHECK(whole.compare(0, bytes.size() + 200000, halved.bytes, 0, bytes.size() + 200000) == 0);
    }
  }
}

TEST_CASE("a block that cannot be one does not take the block before with it") {
  // Two raw blocks of a hand-made zstd frame: three bytes of header each, the second of reserved
  // type 3.
  const std::string frame = std::string("\x28\xb5\x2f\xfd", 4) + std::string("\x00\x58", 2) +
                            std::string("\x20\x00\x00", 3) + "abcd" + "\xff\xff\xff";
  const TemporaryFolder folder;
  const Drained result = read_file(folder.write(frame));
  CHECK(result.bytes == "abcd");
  REQUIRE(result.error);
  CHECK(result.error->code == ErrorCode::corrupt_stream);
}

TEST_CASE("a broken byte in a compressed stream is an error, unless it makes no difference") {
  const std::string bytes = random_bytes(2000);
  const TemporaryFolder folder;
  for (const Container& container : {kContainers[1], kContainers[2]}) {
    const std::string stored = container.pack(bytes);
    for (std::size_t at = 4; at < stored.size(); ++at) {
      for (const int flip : {0x01, 0x80, 0xff}) {
        INFO(container.name << " byte " << at << " ^ " << flip);
        std::string broken = stored;
        broken[at] = static_cast<char>(broken[at] ^ flip);
        const Drained result = read_file(folder.write(broken));
        // gzip's time and system, and the code lengths of symbols that do not occur, may be
        // anything.
        if (!result.error) REQUIRE(result.bytes == bytes);
        if (at >= stored.size() - 4) {
          REQUIRE(result.error);
          REQUIRE(result.error->code == ErrorCode::corrupt_stream);
        }
      }
    }
  }
}

TEST_CASE("a zstd frame that wants too much memory is refused without taking it") {
  // Window descriptor 0xff: nearly four terabytes.
  const std::string frame("\x28\xb5\x2f\xfd\x00\xff\x01\x00\x00", 9);
  const TemporaryFolder folder;
  const Drained result = read_file(folder.write(frame));
  CHECK(result.bytes.empty());
  REQUIRE(result.error);
  CHECK(result.error->code == ErrorCode::unreadable);
}

TEST_CASE("bundled captures are read whole, whatever they are stored in") {
  struct Case {
    std::string_view file;
    std::ptrdiff_t lines;
  };
  for (const Case& one : {Case{"seed/ceilometer-collector.log", 5},
                          Case{"live_migration/default/http.bodies.jsonl", 83},
                          Case{"power/default/http.bodies.jsonl.gz", 57},
                          Case{"boot/default/http.bodies.jsonl.zst", 35}}) {
    INFO(one.file);
    const Drained result =
        read_file(std::string(VMTRAIL_FIXTURES) + "/captures/" + std::string(one.file));
    CHECK(!result.error);
    CHECK(std::count(result.bytes.begin(), result.bytes.end(), '\n') == one.lines);
  }
}

TEST_CASE("what only resembles a magic number is plain") {
  const TemporaryFolder folder;
  for (const std::string_view bytes :
       {"\x1f"sv, "\x1f\x8c\x08\x00"sv, "\x28\xb5\x2f"sv, "PK\x03\x04"sv, "(\n"sv,
        "\x50\x2a\x4d\x19"sv, "\x60\x2a\x4d\x18"sv}) {
    const Drained result = read_file(folder.write(bytes));
    CHECK(result.bytes == bytes);
    CHECK(!result.error);
  }
}

TEST_CASE("what cannot be read says which file and why") {
  const TemporaryFolder folder;
  struct Case {
    std::string path;
    std::string_view why;
  };
  for (const Case& one : {Case{folder.path("missing"), "No such file or directory"},
                          Case{folder.path(""), "Is a directory"},
                          Case{folder.write("x") + "/below", "Not a directory"},
                          Case{"", "No such file or directory"}}) {
    const Result<ByteSource> source = ByteSource::open(one.path);
    REQUIRE(!source.has_value());
    CHECK(source.error().code == ErrorCode::unreadable);
    CHECK(source.error().detail == one.path + ": " + std::string(one.why));
  }
}

TEST_CASE("a file without permission says so") {
  const TemporaryFolder folder;
  const std::string path = folder.write("x");
  REQUIRE(::chmod(path.c_str(), 0) == 0);
  constexpr uid_t kNobody = 65534;
  const uid_t user = ::geteuid();
  if (user == 0) REQUIRE(::seteuid(kNobody) == 0);  // root may read anything
  const Result<ByteSource> source = ByteSource::open(path);
  REQUIRE(::seteuid(user) == 0);
  REQUIRE(!source.has_value());
  CHECK(source.error().code == ErrorCode::unreadable);
  CHECK(source.error().detail == path + ": Permission denied");
}

TEST_CASE("an error while reading comes with the path and the reason, and stays") {
  // Reading one's own memory from address 0 fails.
  const std::string path = "/proc/self/mem";
  const Drained result = read_file(path);
  CHECK(result.bytes.empty());
  REQUIRE(result.error);
  CHECK(result.error->code == ErrorCode::unreadable);
  CHECK(result.error->detail == path + ": Input/output error");
}

struct Pipe {
  Pipe() { REQUIRE(::pipe(ends.data()) == 0); }
  std::array<int, 2> ends{};
};

void write_slowly(int fd, std::string_view bytes, std::size_t step) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(fd, bytes.data(), std::min(bytes.size(), step));
    if (size <= 0) break;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  ::close(fd);
}

TEST_CASE("pipes are read to their end, in whatever pieces they come") {
  struct Case {
    std::size_t size;
    std::size_t step;
  };
  for (const Case& one : {Case{10000, 1}, Case{400000, 1000}, Case{400000, 400000}}) {
    const std::string bytes = random_bytes(one.size);
    for (const Container& container : kContainers) {
      INFO(container.name << " in pieces of " << one.step);
      const std::string stored = container.pack(bytes);
      const Pipe pipe;
      std::thread writer(write_slowly, pipe.ends[1], std::string_view(stored), one.step);
      const Drained result = read_file("/dev/fd/" + std::to_string(pipe.ends[0]));
      writer.join();
      ::close(pipe.ends[0]);
      CHECK(!result.error);
      CHECK(result.bytes == bytes);
    }
  }
}

TEST_CASE("a compressed pipe hands out what it has before it waits for more") {
  const std::string large = random_bytes(3 * ByteSource::kWindow);
  for (const Container& container : kContainers) {
    for (const std::string_view bytes : {std::string_view("one\n"), std::string_view(large)}) {
      INFO(container.name << ' ' << bytes.size());
      const std::string stored = container.pack(bytes);
      const Pipe pipe;
      std::thread writer([&] {
        for (std::string_view rest = stored; !rest.empty();) {
          const ssize_t size = ::write(pipe.ends[1], rest.data(), rest.size());
          if (size <= 0) break;
          rest.remove_prefix(static_cast<std::size_t>(size));
        }
      });
      Result<ByteSource> source = ByteSource::open("/dev/fd/" + std::to_string(pipe.ends[0]));
      REQUIRE(source.has_value());
      CHECK(!source->size());
      // The pipe stays open: a fill() too many, or one that wants more, would never return.
      while (source->window().size() < bytes.size()) REQUIRE(source->fill().value_or(false));
      CHECK(source->window() == bytes);
      writer.join();
      ::close(pipe.ends[1]);
      CHECK(source->fill().value_or(true) == false);
      ::close(pipe.ends[0]);
    }
  }
}

// Puts a file descriptor in the place of standard input for as long as it lives.
class StandardInput {
 public:
  explicit StandardInput(int fd) : saved_(::dup(STDIN_FILENO)) { ::dup2(fd, STDIN_FILENO); }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;
  ~StandardInput() {
    if (saved_ < 0) {
      ::close(STDIN_FILENO);
    } else {
      ::dup2(saved_, STDIN_FILENO);
      ::close(saved_);
    }
  }

 private:
  int saved_;
};

TEST_CASE("a dash is standard input, which stays open for others") {
  const std::string bytes = random_bytes(100000);
  for (const Container& container : kContainers) {
    const std::string stored = container.pack(bytes);
    const Pipe pipe;
    const StandardInput replaced(pipe.ends[0]);
    ::close(pipe.ends[0]);
    std::thread writer(write_slowly, pipe.ends[1], std::string_view(stored), std::size_t{777});
    const Drained result = read_file("-");
    writer.join();
    CHECK(!result.error);
    CHECK(result.bytes == bytes);
    CHECK(::fcntl(STDIN_FILENO, F_GETFD) >= 0);
  }
}

TEST_CASE("standard input is read from where it stands") {
  const TemporaryFolder folder;
  const FileDescriptor file(::open(folder.write("header\nline\n").c_str(), O_RDONLY | O_CLOEXEC));
  REQUIRE(::lseek(file.get(), 7, SEEK_SET) == 7);
  const StandardInput replaced(file.get());
  Result<ByteSource> source = ByteSource::open("-");
  REQUIRE(source.has_value());
  CHECK(source->size() == 5U);
  CHECK(drain(*source).bytes == "line\n");
  CHECK(source->bytes_read() == 5);
}

TEST_CASE("a standard input that does not block is waited for") {
  const Pipe pipe;
  REQUIRE(::fcntl(pipe.ends[0], F_SETFL, O_NONBLOCK) == 0);
  const StandardInput replaced(pipe.ends[0]);
  ::close(pipe.ends[0]);
  Result<ByteSource> source = ByteSource::open("-");
  REQUIRE(source.has_value());
  std::thread writer(write_slowly, pipe.ends[1], std::string_view("one\ntwo\n"), std::size_t{3});
  const Drained result = drain(*source);
  writer.join();
  CHECK(!result.error);
  CHECK(result.bytes == "one\ntwo\n");
}

TEST_CASE("a source that was moved goes on where it was") {
  const TemporaryFolder folder;
  const std::string bytes = random_bytes(4 * ByteSource::kWindow);
  for (const Container& container : kContainers) {
    INFO(container.name);
    Result<ByteSource> source = ByteSource::open(folder.write(container.pack(bytes)));
    REQUIRE(source.has_value());
    REQUIRE(source->fill().value_or(false));
    ByteSource moved = std::move(*source);
    CHECK(drain(moved).bytes == bytes);
  }
}

}  // namespace
}  // namespace vmtrail
