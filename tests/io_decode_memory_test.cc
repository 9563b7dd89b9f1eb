// SPDX-License-Identifier: Apache-2.0
// What several jobs hold of an input at once.

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <catch2/catch.hpp>

#include "io/decode_pool.h"
#include "tests/scratch.h"

namespace vmtrail {
namespace {

// How far the process has read the file, by the kernel's word.
std::size_t position_in(const std::string& path) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(entry.path(), gone) != path) continue;
    std::ifstream info("/proc/self/fdinfo/" + entry.path().filename().string());
    std::string word;
    std::size_t position = 0;
    if (info >> word >> position && word == "pos:") return position;
  }
  return 0;
}

// Waits, when it is told the first frame, until nothing more is read.
class Slow : public InputConsumer {
 public:
  explicit Slow(std::string path) : path_(std::move(path)) {}

  void on_frame(const Frame& /*frame*/) override {
    ++frames;
    if (read_ahead != 0) return;
    for (std::size_t before = 1; before != read_ahead;) {
      before = std::exchange(read_ahead, position_in(path_));
      std::this_thread::sleep_for(std::chrono::milliseconds{200});
    }
  }
  void on_coming(std::span<const Matched> /*coming*/) override {}
  void on_event(const Event& /*event*/, const Matched& /*matched*/) override {}
  void on_undecodable(const Undecodable& /*bad*/) override {}
  void on_sample() override {}
  void on_skipped_line() override {}
  Result<void> on_progress(std::uint64_t /*bytes_read*/) override { return {}; }
  void on_wait() override {}

  std::size_t frames = 0;
  std::size_t read_ahead = 0;

 private:
  const std::string path_;
};

TEST_CASE("However long the lines are, no more than some megabytes are read ahead") {
  const testing::Scratch scratch;
  const std::string path = scratch.path("input");
  const std::string line = R"({"message_id": ")" + std::string(6'000'000, 'x') + "\"}\n";
  constexpr std::size_t kLines = 30;
  {
    std::ofstream file(path, std::ios::binary);
    for (std::size_t i = 0; i < kLines; ++i) file << line;
  }
  const RuleSet rules = RuleSet::shipped();
  for (const unsigned jobs : {2U, 4U}) {
    INFO("jobs " << jobs);
    DecodePool pool({.jobs = jobs, .rules = &rules});
    auto source = ByteSource::open(path);
    REQUIRE(source.has_value());
    Slow slow(path);
    CHECK(pool.read(*source, slow).has_value());
    CHECK(slow.frames == kLines);
    CHECK(slow.read_ahead > 0);
    CHECK(slow.read_ahead < jobs * 4'500'000 + 3 * line.size());
  }
}

}  // namespace
}  // namespace vmtrail
