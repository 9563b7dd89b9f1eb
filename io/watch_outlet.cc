// SPDX-License-Identifier: Apache-2.0

#include "io/watch_outlet.h"

#include "vmtrail/record.h"

namespace vmtrail {

namespace {

using Kind = WatchMessage::Kind;

std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::snapshot:
      return "snapshot";
    case Kind::record:
      return "record";
    case Kind::heartbeat:
      return "heartbeat";
    case Kind::compacted:
      return "compacted";
    case Kind::cut:
      return "cut";
  }
  return {};
}

// The keys that every message but a record has, the brace open.
void append_keys(std::string& out, const WatchMessage& message) {
  out += "\"sequence\":";
  const bool told = message.kind != Kind::cut || message.resumable;
  out += told ? std::to_string(static_cast<std::uint64_t>(message.sequence)) : "null";
  if (message.kind != Kind::record) {
    out += ",\"epoch\":\"";
    out += message.epoch;
    out += '"';
  }
  switch (message.kind) {
    case Kind::snapshot:
      out += message.text;
      break;
    case Kind::compacted:
    case Kind::cut:
      out += ",\"reason\":";
      append_json(out, message.text);
      break;
    case Kind::record:
      out += ",\"record\":";
      out += message.text;
      break;
    case Kind::heartbeat:
      break;
  }
}

}  // namespace

void append_event(std::string& out, const WatchMessage& message) {
  out += "event: ";
  out += name(message.kind);
  if (message.kind == Kind::compacted) out += "\nid";  // forget the last one
  if (message.resumable) {
    out += "\nid: " + std::to_string(static_cast<std::uint64_t>(message.sequence));
  }
  out += "\ndata: ";
  if (message.kind == Kind::record) {
    out += message.text;
  } else {
    out += '{';
    append_keys(out, message);
    out += '}';
  }
  out += "\n\n";
}

void append_json(std::string& out, const WatchMessage& message) {
  out += "{\"watch\":\"";
  out += name(message.kind);
  out += "\",";
  append_keys(out, message);
  out += '}';
}

}  // namespace vmtrail
