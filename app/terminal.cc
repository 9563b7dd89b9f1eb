// SPDX-License-Identifier: Apache-2.0

#include "app/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace vmtrail {

namespace {

bool is_set(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

Look look_of_stdout() {
  if (isatty(STDOUT_FILENO) != 1) return {};
  Look look;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) look.width = size.ws_col;
  const char* const terminal = std::getenv("TERM");
  look.colour = !is_set("NO_COLOR") && terminal != nullptr && std::string_view(terminal) != "dumb";
  return look;
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace vmtrail
