// SPDX-License-Identifier: Apache-2.0

#include "bench/form.h"

namespace vmtrail::bench {

std::optional<Form> parse_form(std::string_view text) {
  if (text == "jsonl") return Form::jsonl;
  if (text == "log") return Form::log;
  if (text == "oslo") return Form::oslo;
  return std::nullopt;
}

void append_line(std::string& out, Form form, const Notification& sent, const Ids& ids) {
  switch (form) {
    case Form::jsonl:
      return append_jsonl(out, sent, ids);
    case Form::log:
      return append_log(out, sent, ids);
    case Form::oslo:
      return append_oslo(out, sent, ids);
  }
}

}  // namespace vmtrail::bench
