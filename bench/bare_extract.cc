// SPDX-License-Identifier: Apache-2.0
// bare_extract: the least that a program on simdjson must do to read a capture. Finds eight fields
// of each event in a file of JSON lines, mixes them into a number that it prints, and does nothing
// else: no match, no model, no record, no check of what it does not need. All is chosen in its
// favour; see docs/performance.md.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

#include <simdjson.h>

namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t kWindow = 256 << 10;

/// The beginning of a text as a number, to be compared at once.
constexpr std::uint64_t word(std::string_view text) {
  std::uint64_t value = 0;
  for (std::size_t i = std::min<std::size_t>(text.size(), 8); i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(text[i]);
  return value;
}

/// What a JSON text has between its quotes; none of these fields escapes anything.
std::string_view text(ondemand::value value) {
  const std::string_view token = value.raw_json_token();
  return token.substr(1, token.rfind('"') - 1);
}

class Extraction {
 public:
  void run(const char* data, std::size_t size) {
    ondemand::document_stream events;
    if (parser_.iterate_many(data, size, size).get(events) != simdjson::SUCCESS) return;
    for (auto event : events) extract(event.get_object());
  }

  [[nodiscard]] std::uint64_t sum() const { return sum_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }

 private:
  // Needs no length: a window ends with a line, and the shortest name is not the end of one.
  static int place_of(const char* name) {
    std::uint64_t begin = 0;
    std::memcpy(&begin, name, sizeof begin);
    if ((begin & 0xFFFFFFFFFF) == word("host\"")) return 0;
    if ((begin & 0xFFFFFFFFFFFF) == word("state\"")) return 1;
    if (begin == word("service\"")) return 2;
    if (begin == word("request_id") && std::memcmp(name + 8, "id\"", 3) == 0) return 3;
    if (begin == word("instance_id") && std::memcmp(name + 8, "_id\"", 4) == 0) return 4;
    return -1;
  }

  void extract(ondemand::object event) {
    add(text(event.find_field("message_id")));
    add(text(event.find_field("event_type")));
    add(text(event.find_field("generated")));
    std::array<std::string_view, 5> traits;
    std::size_t found = 0;
    for (auto trait : event.find_field("traits").get_array()) {
      ondemand::array triple = trait.get_array();
      auto part = triple.begin();
      const int place = place_of((*part).get_raw_json_string().value().raw());
      if (place < 0) continue;
      ++part;
      ++part;
      traits[static_cast<std::size_t>(place)] = text(*part);
      if (++found == traits.size()) break;
    }
    for (const std::string_view value : traits) add(value);
    ++events_;
  }

  void add(std::string_view value) {
    std::uint64_t end = 0;
    const std::size_t size = std::min(value.size(), sizeof end);
    if (size == sizeof end) {
      std::memcpy(&end, value.data() + value.size() - size, sizeof end);
    } else if (size > 0) {
      std::memcpy(&end, value.data(), size);
    }
    sum_ = (sum_ ^ end) * 0x9E3779B97F4A7C15U + value.size();
  }

  ondemand::parser parser_;
  std::uint64_t sum_ = 0;
  std::uint64_t events_ = 0;
};

int fail(const char* path) {
  std::perror(path);
  return 1;
}

int run(const char* path) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return fail(path);
  Extraction extraction;
  std::vector<char> window(kWindow + simdjson::SIMDJSON_PADDING);
  std::size_t held = 0;
  for (;;) {
    const ssize_t count = read(file, window.data() + held, kWindow - held);
    if (count < 0) return fail(path);
    held += static_cast<std::size_t>(count);
    const std::size_t whole =
        count == 0 ? held : std::string_view(window.data(), held).rfind('\n') + 1;
    if (whole != 0) extraction.run(window.data(), whole);
    if (count == 0) break;
    if (whole == 0 && held == kWindow) {
      std::fprintf(stderr, "bare_extract: %s: a line does not fit the window\n", path);
      return 1;
    }
    held -= whole;
    std::memmove(window.data(), window.data() + whole, held);
  }
  std::printf("%llu events %016llx\n", static_cast<unsigned long long>(extraction.events()),
              static_cast<unsigned long long>(extraction.sum()));
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: bare_extract FILE\n", stderr);
    return 2;
  }
  try {
    return run(arguments[1]);
  } catch (const simdjson::simdjson_error& error) {
    std::fprintf(stderr, "bare_extract: %s: %s\n", arguments[1], error.what());
    return 1;
  }
}
