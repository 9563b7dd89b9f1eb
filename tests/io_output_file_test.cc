// SPDX-License-Identifier: Apache-2.0

#include "io/output_file.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <string>
#include <thread>

#include <catch2/catch.hpp>

#include "tests/scratch.h"

namespace vmtrail {
namespace {

using testing::contents;
using testing::Scratch;

TEST_CASE("what is written, in whatever pieces, is what the file holds") {
  const Scratch scratch;
  for (const std::size_t piece : {std::size_t{1}, std::size_t{700}, OutputFile::kBuffer - 1,
                                  OutputFile::kBuffer, 3 * OutputFile::kBuffer + 1}) {
    INFO("pieces of " << piece);
    auto output = OutputFile::open(scratch.path("file"));
    REQUIRE(output.has_value());
    std::string all;
    for (std::size_t i = 0; all.size() < 5 * OutputFile::kBuffer; ++i) {
      const std::string text(piece, static_cast<char>('a' + i % 26));
      all += text;
      if (i % 2 == 0) {
        output->write(text);
      } else {
        char* const to = output->room(2 * piece);
        output->wrote(std::copy(text.begin(), text.end(), to));
      }
    }
    CHECK(output->close().has_value());
    CHECK((contents(scratch.path("file")) == all));
  }
}

TEST_CASE("what was flushed can be read before the end") {
  const Scratch scratch;
  auto output = OutputFile::open(scratch.path("file"));
  REQUIRE(output.has_value());
  output->write("one\n");
  CHECK(contents(scratch.path("file")).empty());
  output->flush();
  CHECK(contents(scratch.path("file")) == "one\n");
  output->write("two\n");
  CHECK(output->close().has_value());
  CHECK(contents(scratch.path("file")) == "one\ntwo\n");
}

TEST_CASE("an output that cannot be opened says why") {
  const Scratch scratch;
  const std::string path = scratch.path("no/such/folder");
  const auto output = OutputFile::open(path);
  REQUIRE(!output.has_value());
  CHECK(output.error().code == ErrorCode::unwritable);
  CHECK(output.error().detail == path + ": No such file or directory");
}

TEST_CASE("a full disk is told at the end, and does not fill the memory") {
  auto output = OutputFile::open("/dev/full");
  REQUIRE(output.has_value());
  const char* const begin = output->room(1);
  for (int i = 0; i < 100; ++i) output->write(std::string(OutputFile::kBuffer, 'x'));
  CHECK((output->room(1) == begin));
  const auto closed = output->close();
  REQUIRE(!closed.has_value());
  CHECK(closed.error().code == ErrorCode::unwritable);
  CHECK(closed.error().detail == "/dev/full: No space left on device");
}

struct Pipe {
  Pipe() { REQUIRE(::pipe(ends.data()) == 0); }
  [[nodiscard]] std::string path() const { return "/dev/fd/" + std::to_string(ends[1]); }
  std::array<int, 2> ends{};
};

TEST_CASE("a reader that is gone is an error where the signal is ignored") {
  const Pipe pipe;
  auto output = OutputFile::open(pipe.path());
  REQUIRE(output.has_value());
  ::close(pipe.ends[0]);
  ::close(pipe.ends[1]);
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  output->write("x");
  const auto closed = output->close();
  std::signal(SIGPIPE, before);
  REQUIRE(!closed.has_value());
  CHECK_THAT(closed.error().detail, Catch::EndsWith("Broken pipe"));
}

TEST_CASE("a standard output that does not block is waited for, and stays open") {
  const Pipe pipe;
  REQUIRE(::fcntl(pipe.ends[1], F_SETFL, O_NONBLOCK) == 0);
  const std::string all(10 * OutputFile::kBuffer, 'x');
  const int saved = ::dup(STDOUT_FILENO);
  ::dup2(pipe.ends[1], STDOUT_FILENO);
  ::close(pipe.ends[1]);
  auto output = OutputFile::open("-");
  std::string read;
  std::thread reader([&] {
    std::array<char, 5000> piece{};
    for (ssize_t size = 0; (size = ::read(pipe.ends[0], piece.data(), piece.size())) > 0;) {
      read.append(piece.data(), static_cast<std::size_t>(size));
    }
  });
  if (output) output->write(all);
  const bool closed = output && output->close().has_value();
  const bool open = ::fcntl(STDOUT_FILENO, F_GETFD) >= 0;
  ::dup2(saved, STDOUT_FILENO);
  ::close(saved);
  reader.join();
  ::close(pipe.ends[0]);
  CHECK(closed);
  CHECK(open);
  CHECK((read == all));
}

}  // namespace
}  // namespace vmtrail
