// SPDX-License-Identifier: Apache-2.0

#include "app/command.h"

#include <array>

#include <spdlog/spdlog.h>

#include "app/table.h"

namespace vmtrail {

namespace {

constexpr auto kCommands = std::to_array<Command>({
    {"replay", "Read captured events, keep the model, emit change records", prepare_replay},
    {"serve", "Follow live events as a daemon: sources in, records out", prepare_serve},
    {"where", "Where an instance is, since when, and on whose word", prepare_query},
    {"host", "The instances of one host", prepare_query},
    {"hosts", "Every host, its status and how many instances it has", prepare_query},
    {"instances", "Every instance, or those of a host, project, state or name", prepare_query},
    {"history", "Where an instance was, or what a host held", prepare_query},
    {"together", "Who shared a host with an instance, and when", prepare_query},
    {"migrations", "Every migration with its source, destination and outcome", prepare_query},
    {"explain", "Why an instance is said to be where it is, fact by fact", prepare_query},
    {"changes", "Change records since one of them", prepare_query},
    {"watch", "Everything that is, then every change as it comes", prepare_watch},
    {"reconcile", "Compare with Nova's list of servers; --apply puts it right", prepare_reconcile},
    {"drain", "What has left a host since, what failed, what is still there", prepare_query},
    {"impact", "Who is hit if a host is down, and what became of them", prepare_query},
    {"report", "Which VM ran on which host for how long, as evidence", prepare_query},
    {"doctor", "What the feed lacks, and what cures it", prepare_query},
    {"stats", "How much there is of everything", prepare_query},
    {"rules", "Check, test and list rules of your own", prepare_rules},
    {"store", "Check, compact and export what a state directory holds", prepare_store},
    {"keygen", "Make a pair of keys for ZeroMQ with CURVE", prepare_keygen},
    {"pages", "", prepare_pages},
});

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

void complain(std::string_view what) {
  spdlog::error("{}", shown(what));
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
    case ErrorCode::unavailable:
      complain(error.detail);
      return Exit::unreachable;
    default:
      complain(error.message());
      return Exit::unreadable;
  }
}

}  // namespace vmtrail
