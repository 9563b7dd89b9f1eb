// SPDX-License-Identifier: Apache-2.0

#include <string_view>

#include "app/pages.h"

namespace vmtrail {

namespace {

// Nothing in it is a request or an escape of roff's.
std::string roff(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else if (c == '\'' || c == '.') {
      result += "\\&";
      result += c;
    } else {
      result += c;
    }
  }
  return result;
}

std::string path_of(const CLI::App& command) {
  const CLI::App* const parent = command.get_parent();
  return parent == nullptr ? command.get_name() : path_of(*parent) + " " + command.get_name();
}

std::string options(const CLI::App& command) {
  std::string text;
  for (const OptionHelp& option : options_of(command)) {
    text += ".TP\n.B " + roff(option.flags) + "\n";
    if (!option.type.empty() && !option.longest.empty()) {
      text.insert(text.size() - 1, " \\fI" + roff(option.type) + "\\fR");
    }
    text += roff(option.text) + "\n";
  }
  return text;
}

std::string synopsis(const CLI::App& command) {
  std::string text = ".B " + roff(path_of(command)) + "\n";
  for (const OptionHelp& option : options_of(command)) {
    if (option.longest.empty()) text += ".I " + roff(option.flags) + "\n";
  }
  return text + "[\\fIoptions\\fR]\n";
}

constexpr char kExits[] = R"(.SH EXIT STATUS
0 fine; 1 the answer is no (an unknown instance, drift); 2 wrong usage; 3 input or state cannot be read; 4 a service
does not answer.
)";

}  // namespace

std::string man_page(const CLI::App& command) {
  std::string title = path_of(command);
  for (char& c : title) c = c == ' ' ? '-' : c;
  const std::vector<const CLI::App*> inner = commands_of(command);
  std::string page = ".\\\" Made from the help; do not edit.\n.TH " + roff(title) +
                     " 1 \"\" \"vmtrail " VMTRAIL_VERSION "\"\n.SH NAME\n" + roff(title) + " \\- " +
                     roff(command.get_description()) + "\n.SH SYNOPSIS\n" + synopsis(command);
  if (!inner.empty()) page += ".SH COMMANDS\n";
  for (const CLI::App* const one : inner) {
    page += ".TP\n.B " + roff(one->get_name()) + "\n" + roff(one->get_description()) + "\n";
  }
  page += ".SH OPTIONS\n" + options(command);
  if (command.get_parent() == nullptr) return page + kExits;
  for (const CLI::App* const one : inner) {
    page += ".SS " + roff(path_of(*one)) + "\n" + options(*one);
  }
  return page + kExits + ".SH SEE ALSO\n.BR vmtrail (1)\n";
}

}  // namespace vmtrail
