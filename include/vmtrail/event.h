// SPDX-License-Identifier: Apache-2.0
// An event: one Ceilometer event or Nova notification, decoded but not yet interpreted.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vmtrail/time.h"

namespace vmtrail {

/// What of an event the rules and the model read. Each wire format has its own names for these; the
/// decoders know them.
enum class Field : std::uint8_t {
  instance_id,   ///< trait instance_id or resource_id; payload instance_id, versioned uuid
  display_name,  ///< the instance's name; chosen by a tenant, never to be trusted as syntax
  project_id,    ///< the instance's owner: trait and payload tenant_id (trait project_id is the
                 ///< caller's)
  request_id,    ///< trait request_id, _context_request_id: one per API action, on all hosts
  publisher_service,    ///< what stands before the first `.` (legacy) or `:` (versioned) of
                        ///< publisher_id
  publisher_host,       ///< what stands after it; Ceilometer's trait `host`, ceilometer_zenoss'
                        ///< `host_name`
  payload_host,         ///< instance.host in the sender's copy, at times stale; empty: it said null
  state,                ///< vm_state
  old_state,            ///< vm_state before the change; only in updates
  task_state,           ///< state_description, versioned task_state; empty: no task
  power_state,          ///< versioned payloads only: running, paused, shutdown, suspended, crashed
  flavor,               ///< instance_type, flavor_name, versioned flavor.name
  deleted_at,           ///< set on soft delete too
  audit_period_ending,  ///< in exists and update
  binary,       ///< service.*: nova-compute, nova-scheduler …; the subject's, whoever sent it
  disabled,     ///< service.*: true or false
  forced_down,  ///< service.*: true or false
};
inline constexpr auto kFieldCount = static_cast<std::size_t>(Field::forced_down) + 1;

/// The field's name, as rules spell it.
[[nodiscard]] std::string_view name(Field field);

/// A trait of a Ceilometer event by its name, or a value of a notification's payload by its path.
struct Trait {
  std::string_view name;
  std::string_view value;  ///< numbers and truth values as JSON writes them
};

/// What a site's rules say of names that vmtrail does not know by itself.
struct TraitNames {
  struct Alias {
    std::string name;
    Field field;

    bool operator==(const Alias&) const = default;
  };
  std::vector<Alias> aliases;       ///< by name; each name once
  std::vector<std::string> wanted;  ///< traits that rules ask for or write; sorted, each once

  [[nodiscard]] bool empty() const { return aliases.empty() && wanted.empty(); }
  bool operator==(const TraitNames&) const = default;
};

/// One event. All text points into the decoder's input or its buffers and is valid until the
/// decoder is used again; copy what is to be kept. Text is valid UTF-8 and at most kMaxText bytes.
/// Values are as the sender wrote them, except that the host names "None" and "null" have become
/// empty.
struct Event {
  std::string_view
      message_id;  ///< never empty; the key that tells copies (Ceilometer has no other)
  std::string_view event_type;  ///< never empty
  Time generated;               ///< the notification's timestamp, by the publisher's clock
  std::array<std::string_view, kFieldCount> fields;
  /// Those that the decoder was told are wanted, as far as the event has them. Their values may be
  /// longer than kMaxText.
  std::span<const Trait> traits;
  /// All text but that of the traits stands in the decoder's input, or is constant: it stays valid
  /// as long as that does. False where the decoder does not know.
  bool in_input = false;
  /// Of events of one decoder, equal numbers are equal types. 0: it does not know the type yet.
  std::uint32_t known_type = 0;

  /// The value of a wanted trait; data() is nullptr if the event lacks it.
  [[nodiscard]] std::string_view trait(std::string_view name) const {
    for (const Trait& one : traits) {
      if (one.name == name) return one.value;
    }
    return {};
  }

  /// Did the event say anything about it, if only that there is none (empty)?
  [[nodiscard]] bool told(Field field) const { return (*this)[field].data() != nullptr; }
  [[nodiscard]] std::string_view operator[](Field field) const {
    return fields[static_cast<std::size_t>(field)];
  }
  [[nodiscard]] std::string_view& operator[](Field field) {
    return fields[static_cast<std::size_t>(field)];
  }
};

/// The longest text that a field may hold, in bytes: Nova's columns hold 255 characters.
inline constexpr std::size_t kMaxText = 1024;

}  // namespace vmtrail
