// SPDX-License-Identifier: Apache-2.0
// What language a frame is in, and who decodes it.

#include "vmtrail/decoder.h"

#include <array>
#include <utility>

#include "event/buffer.h"
#include "event/ceilometer_scan.h"
#include "event/json.h"
#include "event/log.h"
#include "event/log_scan.h"
#include "event/message_scan.h"
#include "event/pieces.h"
#include "event/python.h"
#include "event/syntax.h"

namespace vmtrail {
namespace {

constexpr std::string_view kMessageMark = R"({")";  // what a message in a line begins with

/// Is the message in an envelope of oslo.messaging?
bool is_enveloped(std::string_view text) {
  return text.starts_with(R"({"oslo.)");
}

/// Is there an event in Python's repr in a text that begins with a bracket but could not be parsed?
/// Inside a string it would be somebody's text, and may be forged.
bool holds_logged_event(std::string_view text, bool python) {
  if (text.find(kEventMark) == std::string_view::npos) return false;
  if (text.front() == '[' && !begins_list(text) && !python) return true;
  Brackets brackets(python);
  std::size_t position = 0;
  for (;;) {
    const Brackets::Stop stop = brackets.scan(text, position);
    if (stop == Brackets::Stop::end) return false;
    if (stop == Brackets::Stop::angle && text.substr(position).starts_with(kEventMark)) return true;
    if (stop != Brackets::Stop::closed) ++position;
  }
}

/// The request that oslo.log's prefix names, behind a global one if there is one:
/// `[None req-UUID USER PROJECT …]`. Empty: none.
std::string_view logged_request(std::string_view prefix) {
  constexpr std::string_view kBegin = "req-";
  const std::size_t at = prefix.rfind(kBegin);
  if (at == std::string_view::npos) return {};
  const std::string_view request = prefix.substr(at, kBegin.size() + kUuidSize);
  const bool whole =
      request.size() == kBegin.size() + kUuidSize &&
      request.find_first_not_of("0123456789abcdef-", kBegin.size()) == std::string_view::npos;
  return whole ? request : std::string_view();
}

}  // namespace

std::optional<Format> parse_format(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, Format>, 7> kFormats = {{
      {"any", Format::any},
      {"log", Format::log},
      {"ceilometer", Format::ceilometer},
      {"oslo", Format::oslo},
      {"nova", Format::nova},
      {"ceilometer-file", Format::ceilometer_file},
      {"zenoss", Format::zenoss},
  }};
  for (const auto& [name, format] : kFormats) {
    if (name == text) return format;
  }
  return std::nullopt;
}

struct Decoder::Impl {
  Impl(Format wanted, const TraitNames* names)
      : ceilometer_scan(names),
        log_scan(names),
        message_scan(wanted, names),
        format(wanted),
        json(wanted == Format::log ? Format::any : wanted, names),
        log(names) {}

  bool scan(std::string_view text, Output& output);
  [[nodiscard]] bool takes_events() const {
    return format == Format::any || format == Format::ceilometer;
  }
  [[nodiscard]] bool takes_messages() const {
    return format == Format::any || format == Format::oslo || format == Format::nova;
  }
  [[nodiscard]] const Event* decode_json_line(std::string_view window, std::size_t& size);
  void decode(std::string_view text, Output& output);
  void decode_brackets(std::string_view text, Output& output);
  void decode_line(std::string_view text, Output& output);
  [[nodiscard]] bool decode_notification(std::string_view text, std::size_t begin, Output& output);
  std::optional<Flaw> decode_whole(std::string_view text, bool python, Output& output);
  void decode_pieces(std::string_view text, bool python, Flaw flaw, Output& output);

  CeilometerScan ceilometer_scan;
  LogScan log_scan;
  MessageScan message_scan;
  Format format;
  JsonDecoder json;
  LogDecoder log;
  PythonTranscoder python_transcoder;
  std::string copy;        // of a frame that is not padded
  std::string transcoded;  // JSON made of Python
};

Decoder::Decoder(Format format, const TraitNames* names)
    : impl_(std::make_unique<Impl>(format, names)) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

void Decoder::decode(const Frame& frame, EventConsumer& consumer) {
  std::string_view text = frame.bytes;
  if (frame.too_long) {
    Output(consumer, frame, text).undecodable({ErrorCode::too_long, {}});
    return;
  }
  if (!frame.padded) {
    begin_anew(impl_->copy, text.size());
    impl_->copy.append(text);
    impl_->copy.append(kPadding, '\0');
    text = std::string_view(impl_->copy).substr(0, text.size());
  }
  Output output(consumer, frame, text);
  if (!text.empty() && may_have_lead(text.front())) text.remove_prefix(lead_of(text));
  text = trimmed(text);
  if (!text.empty() && !impl_->scan(text, output)) impl_->decode(text, output);
}

const Event* Decoder::decode_line(std::string_view window, std::size_t& size) {
  if (window.empty() || window.front() == '[') return nullptr;
  if (window.front() == '{') return impl_->decode_json_line(window, size);
  const bool logged = impl_->format == Format::any || impl_->format == Format::log;
  return logged ? impl_->log_scan.decode_line(window, size) : nullptr;
}

const Event* Decoder::Impl::decode_json_line(std::string_view window, std::size_t& size) {
  if (takes_events() && !(takes_messages() && is_enveloped(window))) {
    const Event* const event = ceilometer_scan.decode_line(window, size);
    if (event != nullptr) return event;
  }
  return takes_messages() ? message_scan.decode_line(window, size) : nullptr;
}

/// Tells what has the usual shape of its format; false: nothing has been told.
inline bool Decoder::Impl::scan(std::string_view text, Output& output) {
  if (text.front() != '{' && text.front() != '[') return false;
  const bool event = takes_events() && !(takes_messages() && is_enveloped(text));
  return (event && ceilometer_scan.decode(text, output)) ||
         (takes_messages() && message_scan.decode(text, output));
}

void Decoder::Impl::decode(std::string_view text, Output& output) {
  if (format == Format::log) {
    decode_line(text, output);
  } else if (text.front() == '{' || text.front() == '[') {
    decode_brackets(text, output);
  } else if (format == Format::any) {
    decode_line(text, output);
  } else if (text.find(kEventMark) != std::string_view::npos) {
    output.undecodable({ErrorCode::wrong_format, {}});
  } else {
    const bool file = format == Format::ceilometer_file;
    output.undecodable({file ? ErrorCode::invalid_python : ErrorCode::invalid_json, {}});
  }
}

void Decoder::Impl::decode_line(std::string_view text, Output& output) {
  const std::size_t begin = text.find(kEventMark);
  // In the strings of a notification the mark is somebody's text, and may be forged.
  const std::size_t message = text.substr(0, begin).find(kMessageMark);
  if (message != std::string_view::npos && decode_notification(text, message, output)) return;
  if (begin == std::string_view::npos) {
    output.skipped_line();
  } else if (const auto rest = log_scan.decode(text.substr(begin), output); !rest.empty()) {
    log.decode(rest, output);
  }
}

/// What oslo.messaging's `log` driver writes: a notification behind the prefix of a line, which
/// alone has the request. An event behind anybody else's prefix is taken as well. false: there is
/// none.
bool Decoder::Impl::decode_notification(std::string_view text, std::size_t begin, Output& output) {
  if (begin == 0 || begins_list(text)) return false;
  std::string_view body = text.substr(begin);
  body = body.substr(0, body.rfind('}') + 1);  // a colour may end the line
  const auto names = [&](std::string_view key) { return body.find(key) != std::string_view::npos; };
  if (!names(R"("event_type")") || !names(R"("message_id")") ||
      !(names(R"("payload")") || names(R"("traits")"))) {
    return false;
  }
  const JsonDecoder::Source source{.text = body, .request = logged_request(text.substr(0, begin))};
  if (const auto flaw = json.decode(body, source, output)) output.undecodable(*flaw, body);
  return true;
}

void Decoder::Impl::decode_brackets(std::string_view text, Output& output) {
  const bool python = begins_python(text);
  if (python && format != Format::any && format != Format::ceilometer_file) {
    output.undecodable({ErrorCode::wrong_format, {}});
    return;
  }
  const auto flaw = decode_whole(text, python, output);
  if (!flaw) return;
  const bool logged = holds_logged_event(text, python);
  if (logged && format == Format::any) {
    decode_line(text, output);
  } else if (logged) {
    output.undecodable({ErrorCode::wrong_format, {}});
  } else if (format == Format::any && text.front() == '[' && !python && !begins_list(text)) {
    decode_line(text, output);
  } else {
    decode_pieces(text, python, *flaw, output);
  }
}

/// Tells everything in a text that is well-formed; otherwise tells nothing and returns why.
std::optional<Flaw> Decoder::Impl::decode_whole(std::string_view text, bool python,
                                                Output& output) {
  if (!python) return json.decode(text, {.text = text}, output);
  begin_anew(transcoded, text.size());
  if (auto flaw = python_transcoder.transcode(text, transcoded)) return flaw;
  const std::size_t size = transcoded.size();
  transcoded.append(kPadding, '\0');
  return json.decode(std::string_view(transcoded).substr(0, size), {.text = text, .python = true},
                     output);
}

/// Decodes the elements of a list of which one is malformed, or documents that share a line.
/// `whole` is what is wrong with the text as one.
void Decoder::Impl::decode_pieces(std::string_view text, bool python, Flaw whole, Output& output) {
  Pieces pieces(text, python);
  const auto undecodable = [&](Flaw flaw, std::string_view bytes) {
    if (pieces.broke_off() && flaw.reason == ErrorCode::invalid_json) {
      flaw = {ErrorCode::incomplete, {}};  // the parser's own words are about what it missed
    }
    output.undecodable(flaw, bytes);
  };
  std::optional<std::string_view> piece = pieces.next();
  if (!piece || piece->size() == text.size()) {
    undecodable(whole, {});
    return;
  }
  for (; piece; piece = pieces.next()) {
    if (const auto flaw = decode_whole(*piece, python, output)) undecodable(*flaw, *piece);
  }
}

}  // namespace vmtrail
