// SPDX-License-Identifier: Apache-2.0
// A byte stream, cut into frames.

#include <algorithm>
#include <array>

#include "event/syntax.h"
#include "vmtrail/decoder.h"

namespace vmtrail {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

enum class Answer { no, yes, unknown };

/// Is the digit in front the beginning of a number that is all of its line but for brackets and
/// commas? Logs begin with a date.
Answer begins_number(std::string_view text, bool last) {
  text = text.substr(0, kLead);
  std::size_t end = text.find_first_not_of("0123456789.eE+-");
  if (end != kNone) end = text.find_first_not_of(" \t\r", end);
  if (end != kNone)
    return std::string_view(",]}\n").find(text[end]) != kNone ? Answer::yes : Answer::no;
  if (text.size() == kLead) return Answer::no;
  return last ? Answer::yes : Answer::unknown;
}

/// Does `text`, at the beginning of a line, begin something new, so that what is still open before
/// it was broken off? Unknown if more bytes are needed to tell.
Answer begins_afresh(std::string_view text, bool last) {
  const Answer too_short = last ? Answer::no : Answer::unknown;
  if (text.empty()) return too_short;
  const char first = text.front();
  if (std::string_view(" \t\r\n}],:\"'-").find(first) != kNone) return Answer::no;
  if (first == '{' || first == '[') {
    const std::size_t inner = text.substr(0, kLead).find_first_not_of(" \t", 1);
    if (inner == kNone) return text.size() < kLead ? too_short : Answer::no;
    const char second = text[inner];
    const bool letter = (second >= 'a' && second <= 'z') || (second >= 'A' && second <= 'Z');
    if (first == '[') return second == '{' || (letter && inner == 1) ? Answer::yes : Answer::no;
    if (second != 'u') return second == '"' || second == '\'' ? Answer::yes : Answer::no;
    if (text.size() < inner + 2) return too_short;
    return text[inner + 1] == '\'' ? Answer::yes : Answer::no;
  }
  if (first >= '0' && first <= '9') {
    const Answer number = begins_number(text, last);
    if (number == Answer::unknown) return number;
    return number == Answer::yes ? Answer::no : Answer::yes;
  }
  static constexpr std::array<std::string_view, 6> kWords = {"true", "false", "null",
                                                             "True", "False", "None"};
  for (const std::string_view word : kWords) {
    if (text.starts_with(word)) return Answer::no;
    if (word.starts_with(text)) return too_short;
  }
  return Answer::yes;
}

/// The size of a line or document without blanks, and for JSON a comma, at its end.
std::size_t trimmed_size(std::string_view text) {
  const bool bracket = text.starts_with('{') || text.starts_with('[');
  const std::size_t end = text.find_last_not_of(bracket ? " \t\r\n," : " \t\r\n");
  return end == kNone ? 0 : end + 1;
}

enum class Line { whole, open, unknown };

/// Is a line that begins with a bracket a frame, or does it open a document over several lines?
/// `after` is what follows the line. In streams of JSON lines the answer takes no look at the
/// inside of the line.
Line judge(std::string_view line, std::string_view after, bool last) {
  const std::size_t size = trimmed_size(line);
  const bool comma = line.substr(size).find(',') != kNone;
  const char closing = line.front() == '{' ? '}' : ']';
  const bool ends_closed = line[size - 1] == closing && !(comma && closing == ']');
  const Answer afresh = begins_afresh(after, last);
  if (ends_closed && afresh == Answer::yes) return Line::whole;

  Brackets brackets(begins_python(line));
  std::size_t position = 0;
  for (;;) {
    switch (brackets.scan(line, position)) {
      case Brackets::Stop::end:
        if (!brackets.open()) return Line::whole;
        return ends_closed && afresh == Answer::unknown ? Line::unknown : Line::open;
      case Brackets::Stop::angle:
        if (line.substr(position).starts_with(kEventMark)) return Line::whole;
        ++position;
        break;
      case Brackets::Stop::closed:
        break;
      case Brackets::Stop::unopened:
      case Brackets::Stop::comma:
      case Brackets::Stop::line_end:
      case Brackets::Stop::broken:
        ++position;
        break;
    }
  }
}

}  // namespace

Splitter::Splitter(std::size_t max_frame) : max_frame_(max_frame) {}

/// Is the line of that size, behind which there is a line feed, a frame as it stands, as nearly
/// every one is? What it finds here, cut_line() would.
bool Splitter::is_plain_line(std::string_view window, std::size_t size) const {
  if (mode_ != Mode::line || looked_ != 0 || size == 0 || size > max_frame_) return false;
  const char first = window.front();
  const char end = window[size - 1];
  if (first != '{' && first != '[') return !may_have_lead(first) && !is_blank(end);
  if (first == '[' && window[1] != '{') {
    return !is_blank(window[1]) && end != ',' && !is_blank(end);
  }
  if (end != (first == '{' ? '}' : ']') || window.size() - size < 3) return false;
  // The next line begins with an object or a list of objects: this one is over.
  return window[size + 1] == '{' ? window[size + 2] == '"'
                                 : window[size + 1] == '[' && window[size + 2] == '{';
}

void Splitter::cut_plain_line(std::string_view window, std::size_t size, Frame& frame) {
  frame = {.bytes = {window.data(), size}, .offset = offset_, .line = line_++};
  consumed_ = size + 1;
  offset_ += size + 1;
}

std::optional<Frame> Splitter::next(std::string_view window, bool last) {
  consumed_ = 0;
  const std::size_t size = window.find('\n');
  if (size == kNone || !is_plain_line(window, size)) return next_closely(window, last);
  Frame frame;
  cut_plain_line(window, size, frame);
  return frame;
}

/// The same for any input.
std::optional<Frame> Splitter::next_closely(std::string_view window, bool last) {
  Frame frame;
  for (;;) {
    const std::string_view rest = window.substr(consumed_);
    Step step = Step::more;
    switch (mode_) {
      case Mode::line:
        step = cut_line(rest, last, frame);
        break;
      case Mode::nested:
        step = cut_nested(rest, last, frame);
        break;
      case Mode::elements:
        step = cut_element(rest, last, frame);
        break;
      case Mode::skip_line:
        step = skip_line(rest);
        break;
    }
    if (step == Step::cut) return frame;
    if (step == Step::more) return std::nullopt;
  }
}

void Splitter::consume(std::string_view rest, std::size_t size) {
  const std::string_view gone = rest.substr(0, size);
  for (std::size_t at = gone.find('\n'); at != kNone; at = gone.find('\n', at + 1)) ++line_;
  offset_ += gone.size();
  consumed_ += gone.size();
  looked_ = 0;
}

/// Makes a frame of the first `size` bytes, whole or as the beginning of what is too long.
void Splitter::cut(std::string_view rest, std::size_t size, Frame& frame) {
  const bool too_long = size > max_frame_;
  const std::size_t kept =
      too_long ? std::min(max_frame_, kKeptOfTooLong) : trimmed_size(rest.substr(0, size));
  frame =
      Frame{.bytes = rest.substr(0, kept), .offset = offset_, .line = line_, .too_long = too_long};
}

Splitter::Step Splitter::cut_line(std::string_view rest, bool last, Frame& frame) {
  if (looked_ == 0) {
    const std::size_t lead = lead_of(rest);
    if (lead != 0) {
      consume(rest, lead);
      return Step::again;
    }
    if (!last && kByteOrderMark.starts_with(rest)) return Step::more;
  }
  if (rest.empty()) return Step::more;
  const std::size_t feed = rest.find('\n', looked_);
  const std::size_t size = std::min(feed, rest.size());
  const std::string_view line = rest.substr(0, size);
  if (feed == kNone && !last && size <= max_frame_) {
    looked_ = size;
    return Step::more;
  }
  const bool list = begins_list(line);
  if (size > max_frame_ && !list) {
    cut(rest, size, frame);
    consume(rest, size);
    mode_ = Mode::skip_line;
    return Step::cut;
  }
  if (size > max_frame_ || list || line.front() == '{') {
    const std::size_t after = std::min(size + 1, rest.size());
    const Line judged = size > max_frame_ ? Line::open : judge(line, rest.substr(after), last);
    if (judged == Line::unknown && !last) {
      looked_ = size;
      return Step::more;
    }
    if (judged != Line::whole) {
      if (list) {
        consume(rest, 1);
        column_zero_ = false;
        mode_ = Mode::elements;
      } else {
        begin_nested(false, begins_python(line));
      }
      return Step::again;
    }
  }
  cut(rest, size, frame);
  consume(rest, size + 1);
  return Step::cut;
}

Splitter::Step Splitter::skip_line(std::string_view rest) {
  const std::size_t feed = rest.find('\n');
  consume(rest, feed == kNone ? rest.size() : feed + 1);
  if (feed == kNone) return Step::more;
  mode_ = Mode::line;
  return Step::again;
}

Splitter::Step Splitter::cut_element(std::string_view rest, bool last, Frame& frame) {
  const std::size_t blank = std::min(rest.find_first_not_of(" \t\r\n,"), rest.size());
  if (blank != 0) {
    column_zero_ = rest[blank - 1] == '\n';
    consume(rest, blank);
    return Step::again;
  }
  if (rest.empty()) return Step::more;
  const char first = rest.front();
  if (first == ']') {
    consume(rest, 1);
    mode_ = Mode::line;
    return Step::again;
  }
  if (first == '{' || (first == '[' && !column_zero_)) {
    const std::size_t inner = rest.find_first_not_of("{[( \t\r\n");
    const bool told = inner != kNone && inner + 1 < rest.size();
    if (!told && !last && rest.size() < kLead) return Step::more;
    begin_nested(true, begins_python(rest));
    return Step::again;
  }
  if (column_zero_) {  // not an array's line: whoever wrote the array has been broken off
    mode_ = Mode::line;
    return Step::again;
  }
  const std::size_t end = rest.find_first_of(",]\n", looked_);
  if (end == kNone && !last && rest.size() <= max_frame_) {
    looked_ = rest.size();
    return Step::more;
  }
  const std::size_t size = std::min(end, rest.size());
  cut(rest, size, frame);
  consume(rest, size);
  if (size > max_frame_) mode_ = Mode::skip_line;
  column_zero_ = false;
  return Step::cut;
}

void Splitter::begin_nested(bool in_array, bool python) {
  mode_ = Mode::nested;
  brackets_ = Brackets(python);
  looked_ = 0;
  line_begin_ = 0;
  first_line_ = true;
  line_lost_ = false;
  in_array_ = in_array;
  skipping_ = false;
}

/// What is nested has `size` bytes; with what stands between it and the next, `gone` bytes are done
/// with.
Splitter::Step Splitter::end_nested(std::string_view rest, std::size_t size, std::size_t gone,
                                    Mode mode, Frame& frame) {
  const bool told = skipping_;
  if (!told) cut(rest, size, frame);
  column_zero_ = gone > size || (size != 0 && rest[size - 1] == '\n');
  consume(rest, gone);
  mode_ = mode;
  return told ? Step::again : Step::cut;
}

/// The window ends within what is nested.
Splitter::Step Splitter::need_more(std::string_view rest, Frame& frame) {
  // Its end can still be the beginning of the current line, while an event is looked for there.
  const bool line_too_long = looked_ - line_begin_ > max_frame_;
  if (!skipping_ && line_begin_ <= max_frame_ && !line_too_long) return Step::more;
  const bool told = skipping_;
  if (!told) cut(rest, looked_, frame);
  skipping_ = true;
  // The current line is kept if it can be: it may turn out to be an event's own.
  const std::size_t kept_from = line_too_long ? looked_ : line_begin_;
  line_lost_ = line_lost_ || kept_from != line_begin_;
  const std::size_t looked = looked_;
  consume(rest, kept_from);
  looked_ = looked - kept_from;
  line_begin_ = 0;
  return told ? Step::more : Step::cut;
}

Splitter::Step Splitter::cut_nested(std::string_view rest, bool last, Frame& frame) {
  for (;;) {
    switch (brackets_.scan(rest, looked_)) {
      case Brackets::Stop::end:
        if (!last) return need_more(rest, frame);
        return end_nested(rest, rest.size(), rest.size(), Mode::line, frame);
      case Brackets::Stop::closed:
        if (in_array_) return end_nested(rest, looked_, looked_, Mode::elements, frame);
        break;
      case Brackets::Stop::unopened:
      case Brackets::Stop::comma:
        ++looked_;
        break;
      case Brackets::Stop::broken:
        return end_nested(rest, looked_, looked_ + 1, Mode::line, frame);
      case Brackets::Stop::angle: {
        const std::string_view mark = rest.substr(looked_, kEventMark.size());
        if (!first_line_ && !line_lost_ && looked_ - line_begin_ <= max_frame_) {
          if (mark == kEventMark)
            return end_nested(rest, line_begin_, line_begin_, Mode::line, frame);
          if (!last && kEventMark.starts_with(mark)) return need_more(rest, frame);
        }
        ++looked_;
        break;
      }
      case Brackets::Stop::line_end: {
        if (!brackets_.open()) return end_nested(rest, looked_, looked_ + 1, Mode::line, frame);
        const std::string_view next_line = rest.substr(looked_ + 1);
        const Answer afresh = begins_afresh(next_line, last);
        if (afresh == Answer::unknown) return need_more(rest, frame);
        if (afresh == Answer::yes) {
          const bool element = in_array_ && next_line.front() == '{';
          return end_nested(rest, looked_, looked_ + 1, element ? Mode::elements : Mode::line,
                            frame);
        }
        ++looked_;
        line_begin_ = looked_;
        first_line_ = false;
        line_lost_ = false;
        break;
      }
    }
  }
}

}  // namespace vmtrail
