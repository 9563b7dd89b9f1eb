// SPDX-License-Identifier: Apache-2.0
// What libFuzzer does with a corpus, for compilers without it: runs every file of the folders
// given.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    std::error_code error;
    std::filesystem::recursive_directory_iterator entry(argv[i], error);
    if (error) files.emplace_back(argv[i]);  // a file, or nothing that can be read
    for (; !error && entry != std::filesystem::recursive_directory_iterator();
         entry.increment(error)) {
      if (entry->is_regular_file()) files.push_back(entry->path());
    }
  }
  std::sort(files.begin(), files.end());
  for (const std::filesystem::path& file : files) {
    std::fprintf(stderr, "%s\n", file.c_str());  // before it runs: it may crash
    std::ifstream input(file, std::ios::binary);
    const std::vector<char> bytes(std::istreambuf_iterator<char>(input), {});
    if (!input.good() && !input.eof()) return 1;
    const std::vector<std::uint8_t> data(bytes.begin(), bytes.end());
    LLVMFuzzerTestOneInput(data.data(), data.size());
  }
  return files.empty() ? 1 : 0;
}
