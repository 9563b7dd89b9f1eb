// SPDX-License-Identifier: Apache-2.0
// What a message of oslo.messaging says, and where in its text it does.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/draft.h"
#include "event/message_shape.h"
#include "event/traits.h"

namespace vmtrail {

/// What of a message goes neither into a draft nor into traits as it stands.
struct Heading {
  std::string_view message_id;
  std::string_view event_type;
  std::string_view generated;
  std::string_view publisher_id;
  std::string_view request_id;  ///< of the context

  void clear() { *this = {}; }
};

enum class MessageKind : std::uint8_t {
  legacy,     ///< a notification
  versioned,  ///< a notification
  event,      ///< a list of one Ceilometer event
};

/// A value that means something only because a site's rules say so.
struct SiteValue {
  std::string name;
  std::string_view* value;
  std::optional<Field> field;  ///< that Nova's own key of that name tells
};

/// What messages of one shape have in common besides.
struct Meaning {
  MessageKind kind = MessageKind::legacy;
  std::vector<SiteValue> site;  ///< of the payload, or among the traits
};

/// Cuts messages into their values, having checked them byte by byte.
class MessageCutter {
 public:
  /// All are borrowed; parts point into them. `site` has room for a value of each name that the
  /// draft's site knows.
  MessageCutter(Heading& heading, Draft& draft, TraitSet& traits, std::span<std::string_view> site)
      : heading_(heading), draft_(draft), traits_(traits), site_(site) {}

  /// What has been seen of a message at a glance.
  struct Expected {
    std::string_view event_type;  ///< of the notification, or of the Ceilometer event
    bool in_list;                 ///< of Ceilometer events
  };

  /// Cuts the envelope of oslo.messaging with a message in it, or such a message by itself. False:
  /// it is not what is expected, or not for a scanner to judge. kPadding bytes behind the text are
  /// readable.
  [[nodiscard]] bool cut(std::string_view text, const Expected& expected, Parts& parts,
                         Meaning& meaning) const;

 private:
  Heading& heading_;
  Draft& draft_;
  TraitSet& traits_;
  std::span<std::string_view> site_;
};

}  // namespace vmtrail
