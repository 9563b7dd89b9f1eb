// SPDX-License-Identifier: Apache-2.0
// Decoding: bytes to events, whatever the wire format.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "vmtrail/error.h"
#include "vmtrail/event.h"

namespace vmtrail {

/// The wire formats, by the names that `--format` takes.
enum class Format : std::uint8_t {
  any,         ///< told apart from the bytes of each frame
  log,         ///< `<Event: id, type, time, <Trait: name dtype value> …>` within text lines
  ceilometer,  ///< Event JSON, one or a list
  oslo,        ///< oslo.messaging envelope around a notification or a list of Ceilometer events
  nova,        ///< a bare Nova notification, legacy or versioned
  ceilometer_file,  ///< Ceilometer's file publisher: a Python dict, or its JSON form
  zenoss,           ///< ceilometer_zenoss' `{device, type, data}`
};

/// "log", "ceilometer", "ceilometer-file" …; nullopt for anything else.
[[nodiscard]] std::optional<Format> parse_format(std::string_view text);

/// A stretch of input that is decoded as a whole: a line, a JSON document, or one element of a JSON
/// array.
struct Frame {
  std::string_view bytes;
  std::uint64_t offset = 0;  ///< of bytes.data() in the (decompressed) stream
  std::uint64_t line = 1;    ///< of its first byte, from 1
  bool padded = false;       ///< kPadding bytes after the end may be read (not interpreted)
  bool too_long = false;     ///< bytes are only the beginning of what exceeded the limit
  bool whole = false;        ///< a message of its own, no line of a log, which may be no event
};
inline constexpr std::size_t kPadding = 64;

/// What could not be decoded, or is ambiguous.
struct Undecodable {
  ErrorCode reason;
  std::string_view detail;  ///< what exactly, for people; may be empty
  std::string_view bytes;   ///< the event's bytes where they can be told, else the frame's
  std::uint64_t offset;     ///< of bytes
  std::uint64_t line;       ///< of the frame
};

/// Takes what a decoder finds, in the order of the input. One call is one event of the statistics,
/// but for on_skipped_line().
class EventConsumer {
 public:
  virtual ~EventConsumer() = default;
  /// `event` is valid only during the call.
  virtual void on_event(const Event& event) = 0;
  virtual void on_undecodable(const Undecodable& bad) = 0;
  /// A well-formed message that carries no event: a meter sample.
  virtual void on_sample() = 0;
  /// A line of a log without any event.
  virtual void on_skipped_line() = 0;
};

/// Turns frames into events. Keeps its buffers between calls, so that decoding in steady state
/// allocates nothing. One thread at a time; different decoders are independent.
class Decoder {
 public:
  /// `names`, if any, are borrowed: traits and payload keys of the site's own (RuleSet::traits()).
  explicit Decoder(Format format = Format::any, const TraitNames* names = nullptr);
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  /// Decodes one frame and tells `consumer` everything in it. Never fails: what is not an event is
  /// told as undecodable; only a blank frame and an empty list tell nothing. A frame that is not
  /// padded is copied first.
  void decode(const Frame& frame, EventConsumer& consumer);

  /// The short way for streams of lines, JSON or logged, which needs no frame: decodes the line at
  /// the front of `window` if it has the usual shape of its format, and finds its end meanwhile.
  /// `size` is then the line's without its line feed, for Splitter::take_line(). nullptr: it has
  /// another shape, or the window ends before it does; nothing was consumed, `size` means nothing,
  /// and a frame is to be cut and decoded. kPadding bytes behind the window are readable. The event
  /// is valid until the decoder is used again.
  [[nodiscard]] const Event* decode_line(std::string_view window, std::size_t& size);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Follows the brackets and strings of JSON or of a Python literal, byte by byte and across calls.
class Brackets {
 public:
  enum class Stop : std::uint8_t {
    end,       ///< of the text
    closed,    ///< behind the bracket that closes the outermost one
    unopened,  ///< at a closing bracket outside of all brackets
    comma,     ///< at a comma outside of all brackets
    line_end,  ///< at a line feed outside of a string
    broken,  ///< at a line feed inside a string, which ends the string: neither language allows it
    angle,   ///< at a `<` outside of a string, where neither language has one
  };

  explicit Brackets(bool python = false) : python_(python) {}
  /// Reads on from `position` and leaves it where it stopped.
  Stop scan(std::string_view text, std::size_t& position);
  [[nodiscard]] bool open() const { return depth_ != 0 || quote_ != '\0'; }

 private:
  bool python_;
  bool escaped_ = false;
  char quote_ = '\0';  // of the string it is in
  std::size_t depth_ = 0;
};

/// Cuts a byte stream into frames. Lines are frames; a JSON document over several lines is one; of
/// an array that spans lines, or does not fit the limit, each element is one, so that no array is
/// too big. A line that breaks off is a frame by itself and does not swallow the next.
class Splitter {
 public:
  /// What is longer than `max_frame` bytes comes out as one frame marked `too_long`.
  explicit Splitter(std::size_t max_frame = kMaxFrame);

  /// Cuts the next frame off the front of `window`, the bytes of the stream that are not consumed
  /// yet. nullopt: the window holds no whole frame; call again with a longer one, beginning at the
  /// same stream position plus consumed(); it never needs more than twice max_frame and a few
  /// bytes. With `last`, the window is the end of the stream, and what is left is a frame. Frames
  /// point into the window.
  [[nodiscard]] std::optional<Frame> next(std::string_view window, bool last);

  /// The same, if it is known already where the first line feed of the window is: behind `size`
  /// bytes. False: the line may be no frame as it stands, and nothing has been cut.
  [[nodiscard]] bool take_line(std::string_view window, std::size_t size, Frame& frame) {
    consumed_ = 0;
    if (!is_plain_line(window, size)) return false;
    cut_plain_line(window, size, frame);
    return true;
  }

  /// Bytes at the front of the window of the last call that are done with.
  [[nodiscard]] std::size_t consumed() const { return consumed_; }

  static constexpr std::size_t kMaxFrame = std::size_t{16} << 20;
  static constexpr std::size_t kKeptOfTooLong = std::size_t{64} << 10;

 private:
  /// Where in the input it stands.
  enum class Mode : std::uint8_t {
    line,       // at the beginning of a line, outside of everything
    nested,     // within a document or an element whose end is looked for bracket by bracket
    elements,   // within an array that is cut into its elements, between two of them
    skip_line,  // the rest of a line that is too long
  };
  enum class Step : std::uint8_t { cut, again, more };

  [[nodiscard]] bool is_plain_line(std::string_view window, std::size_t size) const;
  void cut_plain_line(std::string_view window, std::size_t size, Frame& frame);
  std::optional<Frame> next_closely(std::string_view window, bool last);
  Step cut_line(std::string_view rest, bool last, Frame& frame);
  Step cut_nested(std::string_view rest, bool last, Frame& frame);
  Step cut_element(std::string_view rest, bool last, Frame& frame);
  Step skip_line(std::string_view rest);
  Step end_nested(std::string_view rest, std::size_t size, std::size_t gone, Mode mode,
                  Frame& frame);
  Step need_more(std::string_view rest, Frame& frame);
  void begin_nested(bool in_array, bool python);
  void cut(std::string_view rest, std::size_t size, Frame& frame);
  void consume(std::string_view rest, std::size_t size);

  std::size_t max_frame_;

  std::size_t consumed_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t line_ = 1;
  Mode mode_ = Mode::line;
  Brackets brackets_;           // of what is nested
  std::size_t looked_ = 0;      // bytes of the frame to come that need not be looked at again
  std::size_t line_begin_ = 0;  // of the current line within the frame to come
  bool first_line_ = true;      // of what is nested
  bool line_lost_ = false;      // the beginning of the current line is consumed already
  bool in_array_ = false;       // what is nested is an element
  bool skipping_ = false;       // what is nested was too long and has been told
  bool column_zero_ = false;    // between elements: nothing stands before on this line
};

/// Blanks the values of all keys that contain `auth_token`, in JSON, in JSON within JSON strings,
/// and in Python literals, also where the text breaks off. What is stored or logged of an input
/// goes through this.
[[nodiscard]] std::string redact(std::string_view bytes);

}  // namespace vmtrail
