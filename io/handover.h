// SPDX-License-Identifier: Apache-2.0
// How a source that has a thread hands over what it received.

#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "io/decoded.h"
#include "io/decoders.h"
#include "io/intake.h"
#include "vmtrail/rules.h"

namespace vmtrail {

/// Decodes deliveries in the source's thread, while their bytes are in its cache, and puts them
/// into the intake: the keeper has enough to do, and what is decoded is a third of the bytes. Of
/// one thread, and of one delivery at a time: blank(), fill it, put it. Borrows the intake.
class Handover {
 public:
  explicit Handover(Intake& intake) : intake_(intake) {}

  /// An empty delivery; to be given back if nothing comes into it.
  [[nodiscard]] Delivery blank();
  void give_back(Delivery&& unused);
  /// See Intake::put() and Intake::try_put(); but for what the rules are.
  [[nodiscard]] bool put(Delivery&& delivery, const std::stop_token& stop,
                         Intake::Clock::time_point until = Intake::Clock::time_point::max());
  [[nodiscard]] bool try_put(Delivery& delivery);

 private:
  void decode(Delivery& delivery);
  [[nodiscard]] bool is_stale(const Delivery& delivery) const;

  Intake& intake_;
  DecodedWriter writer_;
  std::shared_ptr<const RuleSet> rules_;
  std::optional<Decoders> decoders_;  // by those rules
  std::string text_;  // the messages of a delivery that does not need them, or a buffer for others
};

}  // namespace vmtrail
