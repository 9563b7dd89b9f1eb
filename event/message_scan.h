// SPDX-License-Identifier: Apache-2.0
// Messages of oslo.messaging, read by what they have in common with those before.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/event_courses.h"
#include "event/message_glance.h"
#include "event/message_parts.h"
#include "event/message_shape.h"
#include "event/output.h"
#include "event/site_traits.h"
#include "event/traits.h"
#include "vmtrail/decoder.h"

namespace vmtrail {

/// Takes what JsonDecoder would tell alike, and leaves all else to it.
class MessageScan {
 public:
  /// `names` as for SiteTraits.
  MessageScan(Format format, const TraitNames* names, Lanes lanes = best_lanes())
      : lanes_(lanes),
        format_(format),
        site_(names),
        site_values_(site_.aliases().size() + site_.wanted().size()) {}

  /// Tells the event of `text`, or returns false, having told nothing. The text is not empty;
  /// kPadding bytes behind it are readable.
  [[nodiscard]] bool decode(std::string_view text, Output& output);

  /// The event of the line at the front of `window`, whose size is then told, if it is much like a
  /// message before; nullptr: anything else. The event stays until the next call. kPadding bytes
  /// behind the window are readable.
  [[nodiscard]] const Event* decode_line(std::string_view window, std::size_t& size);

  /// Longer ones are not learnt.
  static constexpr std::size_t kMaxSize = std::size_t{16} << 10;

 private:
  /// A shape, and what its messages have in common besides.
  struct Known {
    Known(Parts parts, Meaning what, std::string_view type, std::uint64_t hash_of_type,
          std::uint32_t number_of_type)
        : shape(std::move(parts)),
          meaning(std::move(what)),
          event_type(type),
          hash(hash_of_type),
          number(number_of_type) {}
    MessageShape shape;
    Meaning meaning;
    std::string event_type;
    std::uint64_t hash;    // of that
    std::uint32_t number;  // likewise: see Event::known_type
  };
  enum class Finding : std::uint8_t { event, other_shape, flawed };
  struct Read {
    Finding finding;
    const Event* event = nullptr;
    std::size_t size = 0;  // of the message
  };
  /// May the message differ where others of its shape have not?
  enum class Width : std::uint8_t { same, any };

  /// The shapes of some event types: those of the same type differ by version and service.
  struct Bucket {
    static constexpr std::size_t kWays = 8;
    std::array<std::unique_ptr<Known>, kWays> known;
    std::size_t oldest = 0;
    // So many messages are not learnt from, since learning did not help.
    std::uint32_t pause = 0;
    std::uint32_t next_pause = 1;

    /// A message was of that shape: so will the next one be, and learning may help again.
    void fitted(std::size_t i) {
      if (i != 0) std::swap(known[i], known[0]);
      next_pause = std::max(next_pause / 2, std::uint32_t{1});
    }
  };
  static constexpr std::size_t kBuckets = 64;
  static constexpr std::uint32_t kMaxPause = 256;
  static constexpr std::uint32_t kFirstNumber = EventCourses::kNumbers;
  static constexpr std::uint32_t kMostNumbered = 4096;

  /// Is the message all of the text, or the line at its front?
  enum class Extent : std::uint8_t { all, line };
  /// `in_input`: see Event.
  Read read(Known& known, Width width, std::string_view text, Extent extent, bool in_input);
  bool read_learnt(Known& known, std::string_view text, Output& output);
  bool learn(Bucket& bucket, std::string_view text, const MessageCutter::Expected& expected,
             Output& output);
  void tell_site_keys(const std::vector<SiteValue>& values);
  [[nodiscard]] std::uint32_t next_number() {
    return numbered_ == kMostNumbered ? 0 : kFirstNumber + numbered_++;
  }
  [[nodiscard]] bool allowed(const Parts& parts, MessageKind kind) const;

  Lanes lanes_;
  Format format_;

  SiteTraits site_;
  Draft draft_{site_};
  TraitSet traits_{draft_};
  Heading heading_;
  std::vector<std::string_view> site_values_;
  MessageGlance glance_;
  MessageCutter cutter_{heading_, draft_, traits_, site_values_};
  Parts parts_;  // of the last message that was learnt from
  Meaning meaning_;
  std::string unescaped_;  // texts of the last message
  std::array<Bucket, kBuckets> buckets_;
  std::uint32_t numbered_ = 0;  // shapes
};

}  // namespace vmtrail
