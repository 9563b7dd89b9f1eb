// SPDX-License-Identifier: Apache-2.0
// A decoder for each format, made when it is wanted.

#pragma once

#include <map>

#include "vmtrail/decoder.h"
#include "vmtrail/rules.h"

namespace vmtrail {

/// Borrows the rules, whose traits are decoded. Of one thread.
class Decoders {
 public:
  explicit Decoders(const RuleSet& rules) : rules_(rules) {}

  [[nodiscard]] Decoder& of(Format format) {
    return decoders_.try_emplace(format, format, &rules_.traits()).first->second;
  }

 private:
  const RuleSet& rules_;
  std::map<Format, Decoder> decoders_;
};

}  // namespace vmtrail
