// SPDX-License-Identifier: Apache-2.0
// Decoders and what matches their events.

#pragma once

#include <map>

#include "vmtrail/decoder.h"
#include "vmtrail/rules.h"

namespace vmtrail {

/// A decoder, and the matcher of its events: what the one knows of their types means something only
/// to the other. Borrows the rules. Of one thread.
struct MatchingDecoder {
  MatchingDecoder(Format format, const RuleSet& rules)
      : decoder(format, &rules.traits()), matcher(rules) {}

  Decoder decoder;
  RuleMatcher matcher;
};

/// One for each format, made when it is wanted. Borrows the rules. Of one thread.
class Decoders {
 public:
  explicit Decoders(const RuleSet& rules) : rules_(rules) {}

  [[nodiscard]] MatchingDecoder& of(Format format) {
    return decoders_.try_emplace(format, format, rules_).first->second;
  }

 private:
  const RuleSet& rules_;
  std::map<Format, MatchingDecoder> decoders_;
};

}  // namespace vmtrail
