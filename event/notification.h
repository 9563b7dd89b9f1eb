// SPDX-License-Identifier: Apache-2.0
// Nova's notifications, legacy and versioned.

#pragma once

#include "event/draft.h"
#include "event/json_value.h"

namespace vmtrail {

/// Reads a notification as oslo.messaging sends it (`message_id` and `timestamp` beside the
/// payload, the context flattened) or hands it to endpoints (both in `metadata`, the context in
/// `ctxt`).
void read_notification(const Members& members, Draft& draft, NumberTexts& numbers);

/// Reads what a notification says about its subject: publisher, request and payload, but not its
/// identity. The draft's event type tells what a versioned payload's uuid names.
void read_subject(const Members& members, Draft& draft, NumberTexts& numbers);

}  // namespace vmtrail
