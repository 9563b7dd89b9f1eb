// SPDX-License-Identifier: Apache-2.0

#include "io/http_negotiation.h"

#include <algorithm>

#include "io/sha256.h"

namespace vmtrail {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

// The next element of a list; cut off `list`.
std::string_view next(std::string_view& list, char separator) {
  const std::string_view one = list.substr(0, list.find(separator));
  list.remove_prefix(std::min(one.size() + 1, list.size()));
  return trimmed(one);
}

bool same_word(std::string_view a, std::string_view lower) {
  return std::equal(a.begin(), a.end(), lower.begin(), lower.end(), [](char x, char y) {
    return (x >= 'A' && x <= 'Z' ? static_cast<char>(x + 32) : x) == y;
  });
}

// What is no weight counts as none: then the client gets what everybody understands.
bool has_weight(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view value = next(parameters, ';');
    const std::string_view name = next(value, '=');
    if (!same_word(name, "q")) continue;
    value = trimmed(value);
    return !value.empty() && value.find_first_not_of("0123456789.") == std::string_view::npos &&
           value.find_first_of("123456789") != std::string_view::npos;
  }
  return true;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  bool any = false;
  while (!accept_encoding.empty()) {
    std::string_view one = next(accept_encoding, ',');
    const std::string_view coding = next(one, ';');
    if (same_word(coding, "gzip") || same_word(coding, "x-gzip")) return has_weight(one);
    if (coding == "*") any = has_weight(one);
  }
  return any;
}

std::string tag_of(std::string_view body, const Passing& passing) {
  constexpr std::size_t kBytes = 16;  // who chooses names must not find two alike
  Sha256 digest;
  digest.add(body.substr(0, passing.at));
  digest.add(body.substr(passing.at + passing.size));
  return "W/\"" + digest.finish(kBytes) + '"';
}

bool names_tag(std::string_view if_none_match, std::string_view tag) {
  const auto opaque = [](std::string_view one) {
    if (one.starts_with("W/")) one.remove_prefix(2);
    return one;
  };
  // A tag of ours has no comma in it; of another's with one neither half is ours.
  while (!if_none_match.empty()) {
    const std::string_view one = next(if_none_match, ',');
    if (one == "*" || opaque(one) == opaque(tag)) return true;
  }
  return false;
}

}  // namespace vmtrail
