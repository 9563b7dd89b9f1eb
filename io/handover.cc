// SPDX-License-Identifier: Apache-2.0

#include "io/handover.h"

#include <utility>

namespace vmtrail {

Delivery Handover::blank() {
  Delivery delivery = intake_.blank();
  // The same memory again and again: it is in the cache.
  text_.clear();
  delivery.exchange_text(text_);
  return delivery;
}

void Handover::give_back(Delivery&& unused) {
  unused.exchange_text(text_);
  intake_.give_back(std::move(unused));
}

bool Handover::put(Delivery&& delivery, const std::stop_token& stop,
                   Intake::Clock::time_point until) {
  do {
    decode(delivery);
    if (intake_.put(std::move(delivery), stop, until)) return true;
  } while (is_stale(delivery));
  return false;
}

bool Handover::try_put(Delivery& delivery) {
  do {
    decode(delivery);
    if (intake_.try_put(delivery)) return true;
  } while (is_stale(delivery));
  return false;
}

bool Handover::is_stale(const Delivery& delivery) const {
  return delivery.decoded_by() != intake_.rules().get();
}

void Handover::decode(Delivery& delivery) {
  auto rules = intake_.rules();
  if (delivery.decoded_by() == rules.get()) return;
  if (delivery.decoded_by() != nullptr && !delivery.decoded().needs_frames()) {
    delivery.exchange_text(text_);
  }
  if (rules_ != rules) {
    rules_ = rules;
    decoders_.emplace(*rules_);
  }
  delivery.decode(writer_, decoders_->of(delivery.format), std::move(rules));
  if (!delivery.decoded().needs_frames()) delivery.exchange_text(text_);
}

}  // namespace vmtrail
