// SPDX-License-Identifier: Apache-2.0

#include "app/command.h"

#include <array>

#include <spdlog/spdlog.h>

namespace vmtrail {

namespace {

constexpr auto kCommands = std::to_array<Command>({
    {"replay", "Read captured events, keep the model, emit change records", prepare_replay},
    {"serve", "Follow live events as a daemon: sources in, records out", prepare_serve},
    {"where", "Where an instance is, since when, and on whose word", prepare_where},
    {"host", "The instances of one host", prepare_host},
    {"hosts", "Every host, its status and how many instances it has", prepare_hosts},
    {"instances", "Every instance, or those of a host, project or state", prepare_instances},
    {"history", "Where an instance was, or what a host held", prepare_history},
    {"migrations", "Every migration with its source, destination and outcome", prepare_migrations},
    {"explain", "Why an instance is said to be where it is, fact by fact", prepare_explain},
    {"rules", "Check, test and list rules of your own", prepare_rules},
    {"store", "Check, compact and export what a state directory holds", prepare_store},
    {"keygen", "Make a pair of keys for ZeroMQ with CURVE", prepare_keygen},
});

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

void complain(std::string_view what) {
  spdlog::error("{}", what);
}

Exit fail(const Error& error) {
  switch (error.code) {
    case ErrorCode::not_found:
    case ErrorCode::ambiguous:
      complain(error.message());
      return Exit::no;
    case ErrorCode::wrong_usage:
      complain(error.detail + " (see vmtrail --help)");
      return Exit::usage;
    case ErrorCode::rule_error:
      complain(error.message());
      return Exit::usage;
    case ErrorCode::unreadable:
    case ErrorCode::unwritable:
    case ErrorCode::store_error:
      complain(error.detail);
      return Exit::unreadable;
    default:
      complain(error.message());
      return Exit::unreadable;
  }
}

}  // namespace vmtrail
