// SPDX-License-Identifier: Apache-2.0
// vmtrail keygen: a pair of CURVE keys.

#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "app/command.h"
#include "app/terminal.h"
#include "io/curve_keys.h"

namespace vmtrail {

std::function<Exit()> prepare_keygen(CLI::App& parser) {
  auto directory = std::make_shared<std::string>();
  parser.add_option("DIR", *directory, "Where the keys go; made if need be")->required();
  return [directory] {
    const auto keys = CurveKeys::make(*directory);
    if (!keys) return fail(keys.error());
    print(keys->public_key + "\n");
    return Exit::fine;
  };
}

}  // namespace vmtrail
