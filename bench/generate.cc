// SPDX-License-Identifier: Apache-2.0
// generate_workload: writes what a cloud that is made up from a seed sends.

#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

#include <CLI/CLI.hpp>

#include "bench/form.h"
#include "bench/generator.h"
#include "bench/wording.h"

namespace vmtrail::bench {
namespace {

constexpr std::size_t kBlock = 1 << 20;

struct Options {
  CloudOptions cloud;
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  double ramp = 3600;
  double disorder = 0;
  std::string format = "jsonl";
  std::string output = "-";
  std::string truth;
};

/// A file that is written whole or complained of.
class File {
 public:
  explicit File(const std::string& path)
      : path_(path), file_(path == "-" ? stdout : std::fopen(path.c_str(), "w")) {
    if (file_ == nullptr) give_up();
  }
  void write(const std::string& text) {
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) give_up();
  }
  void close() {
    if ((file_ == stdout ? std::fflush(file_) : std::fclose(file_)) != 0) give_up();
  }

 private:
  [[noreturn]] void give_up() const {
    std::fprintf(stderr, "generate_workload: %s: %s\n", path_.c_str(), std::strerror(errno));
    std::exit(1);
  }

  std::string path_;
  std::FILE* file_;
};

void write_truth(const std::string& path, const Cloud& cloud, const Ids& ids) {
  File file(path);
  std::string text;
  for (const Truth& one : cloud.truth()) {
    const bool deleted = one.state == VmState::deleted;
    ids.append_instance(text += "{\"id\": \"", one.instance);
    append_name(text += "\", \"name\": \"", one.instance, one.renamed);
    text += "\", \"host\": ";
    if (deleted || one.host == kNoHost) {
      text += "null";
    } else {
      append_host(text += '"', one.host);
      text += '"';
    }
    (text += ", \"vm_state\": \"") += name(one.state);
    (text += "\", \"deleted\": ") += deleted ? "true}\n" : "false}\n";
    if (text.size() < kBlock) continue;
    file.write(text);
    text.clear();
  }
  file.write(text);
  file.close();
}

int generate(Options& options) {
  const auto form = parse_form(options.format);
  options.cloud.ramp = Duration{std::llround(options.ramp * 1e6)};
  options.cloud.disorder = Duration{std::llround(options.disorder * 1e6)};
  if (options.events == 0 && options.bytes == 0) options.events = 10 * options.cloud.instances;

  Cloud cloud(options.cloud);
  const Ids ids(options.cloud.seed);
  File file(options.output);
  std::string text;
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  while (const Notification* const sent = cloud.next()) {
    const std::size_t before = text.size();
    append_line(text, *form, *sent, ids);
    bytes += text.size() - before;
    ++events;
    // what has begun is part of it
    if ((options.events != 0 && cloud.begun() >= options.events) ||
        (options.bytes != 0 && bytes / events * cloud.begun() >= options.bytes)) {
      cloud.finish();
    }
    if (text.size() < kBlock) continue;
    file.write(text);
    text.clear();
  }
  file.write(text);
  file.close();
  if (!options.truth.empty()) write_truth(options.truth, cloud, ids);
  std::fprintf(stderr, "generate_workload: %llu events, %llu bytes%s\n",
               static_cast<unsigned long long>(events), static_cast<unsigned long long>(bytes),
               cloud.full() ? "" : "; not all instances have booted");
  return 0;
}

int run(int count, char** arguments) {
  Options options;
  CLI::App parser("Writes what a cloud that is made up from a seed sends", "generate_workload");
  parser.add_option("--seed", options.cloud.seed, "Another one, another cloud (1)");
  parser.add_option("--instances", options.cloud.instances, "How many boot (10000)")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{100'000'000}));
  parser.add_option("--hosts", options.cloud.hosts, "Computes; one for every 20 instances");
  parser.add_option("--events", options.events, "Stop when so many have begun (10 each)");
  parser.add_option("--bytes", options.bytes, "Stop at about so many bytes");
  parser.add_option("--rate", options.cloud.rate, "Operations on each instance in a day (6)")
      ->check(CLI::NonNegativeNumber);
  parser.add_option("--ramp", options.ramp, "Seconds within which all boot (3600)")
      ->check(CLI::NonNegativeNumber);
  parser.add_option("--disorder", options.disorder, "Seconds by which an event may be late (0)")
      ->check(CLI::NonNegativeNumber);
  parser.add_flag("!--no-updates", options.cloud.updates, "As without notify_on_state_change");
  parser.add_flag("!--no-deletions", options.cloud.deletions, "The same instances for ever");
  parser.add_flag("!--no-audits", options.cloud.audits, "As without instance_usage_audit");
  parser.add_option("--format", options.format, "jsonl, log or oslo (jsonl)")
      ->check(CLI::IsMember({"jsonl", "log", "oslo"}));
  parser.add_option("--truth", options.truth, "Write here where each instance is in the end");
  parser.add_option("FILE", options.output, "Write here; - is standard output (-)");
  CLI11_PARSE(parser, count, arguments);
  if (options.cloud.hosts == 1) {
    std::fputs("generate_workload: one host is too few to migrate\n", stderr);
    return 2;
  }
  return generate(options);
}

}  // namespace
}  // namespace vmtrail::bench

int main(int count, char** arguments) {
  try {
    return vmtrail::bench::run(count, arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "generate_workload: %s\n", error.what());
    return 1;
  }
}
