// SPDX-License-Identifier: Apache-2.0
// Runs the program in a directory of its own.

#pragma once

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/scratch.h"

namespace vmtrail::testing {

struct Ran {
  int exit;
  std::string out;
  std::string err;
};

class Shell {
 public:
  [[nodiscard]] std::string path(const std::string& name) const { return scratch_.path(name); }
  [[nodiscard]] std::string contents(const std::string& name) const {
    return testing::contents(path(name));
  }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  [[nodiscard]] Ran run(const std::string& arguments) const {
    const std::string command = std::string("'") + VMTRAIL_PROGRAM + "' " + arguments + " >'" +
                                path("out") + "' 2>'" + path("err") + "' </dev/null";
    const int status = std::system(command.c_str());
    return {WEXITSTATUS(status), contents("out"), contents("err")};
  }
  [[nodiscard]] Ran pipe(const std::string& input, const std::string& arguments) const {
    const std::string command = "'" + std::string(VMTRAIL_PROGRAM) + "' " + arguments + " >'" +
                                path("out") + "' 2>'" + path("err") + "' <'" + input + "'";
    const int status = std::system(command.c_str());
    return {WEXITSTATUS(status), contents("out"), contents("err")};
  }

 private:
  Scratch scratch_;
};

inline auto lines(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

}  // namespace vmtrail::testing
