// SPDX-License-Identifier: Apache-2.0
// Comparing the model with Nova's own list of servers, and putting the model right by it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vmtrail/dispatcher.h"
#include "vmtrail/error.h"
#include "vmtrail/ids.h"
#include "vmtrail/model.h"
#include "vmtrail/query.h"
#include "vmtrail/time.h"
#include "vmtrail/words.h"

namespace vmtrail {

/// A server as Nova lists it. Empty text is null. Owns its text.
struct Server {
  InstanceId id;
  std::string name;
  std::string project_id;
  std::string host;
  bool tells_host = true;  ///< false: the list does not, of a cell that is down
  std::string vm_state;    ///< empty: the list does not tell (its status may be the task's)
  std::string task_state;
  PowerState power_state = PowerState::unknown;
};

/// Reads `openstack server list --all-projects --long -f json`, or the documents of Nova's
/// `GET /servers/detail` one behind the other. Of a server that is listed twice the last counts.
/// Errors: unreadable, with what is wrong; also if no server tells its host, which only an
/// administrator is shown.
[[nodiscard]] Result<std::vector<Server>> parse_servers(std::string_view text);

enum class DriftClass : std::uint8_t {
  moved,         ///< it is on another host, or has none, and no event said so
  ghost,         ///< Nova does not list it any more (soft-deleted ones it never does)
  unknown,       ///< no event has told of it
  state,         ///< same host, another vm_state or power_state; or we take it for deleted
  nova_suspect,  ///< its migration completed, and Nova still names the source
};
inline constexpr auto kDriftClasses = static_cast<std::size_t>(DriftClass::nova_suspect) + 1;
[[nodiscard]] std::string_view name(DriftClass drift);

/// One difference. Text of `ours` is valid as long as the model.
struct Drift {
  DriftClass kind;
  InstanceId instance;
  std::optional<InstanceAnswer> ours;  ///< nullopt: unknown
  std::optional<Server> theirs;        ///< nullopt: ghost
};

struct Reconciliation {
  std::size_t agreed = 0;
  std::vector<Drift> drift;  ///< by instance
};

// What is not told on either side is not compared.

/// The difference of one server, if there is any.
[[nodiscard]] std::optional<Drift> compare(const Model& model, const Server& theirs);
/// The same of an instance that the list does not have.
[[nodiscard]] std::optional<Drift> compare_unlisted(const Model& model, const InstanceId& id);
/// All of them.
[[nodiscard]] Reconciliation reconcile(const Model& model, std::vector<Server> servers);

/// Are so many ghosts among the differences that the list rather than the model is to be doubted?
/// Nova leaves out the servers of a cell that is down (list_records_by_skipping_down_cells), and
/// cuts what is longer than osapi_max_limit; a deletion is final.
[[nodiscard]] bool too_many_ghosts(std::size_t ghosts, std::size_t listed);

/// Has the model heard of the instance since the time when the list was made, as far as clocks can
/// tell? Then it differs for a good reason.
[[nodiscard]] bool is_newer(const Drift& drift, Time listed, const Model& model);

/// Feeds each difference to the dispatcher's `model` as an event of Nova's list at the time when it
/// was `listed`, with a placement.drift record before what it changes. What the model has newer
/// word of than that is left alone, and so is what it takes for deleted. Returns the message ids of
/// the events that were applied; a second time they are copies.
std::vector<std::string> apply(const Reconciliation& found, Time listed, const Model& model,
                               Dispatcher& dispatcher);

/// The answer, with the head that all have: `agreed` and `drift`. To be asked for before anything
/// is applied.
[[nodiscard]] std::string reconciliation_json(const Reconciliation& found, const Subject& subject);

}  // namespace vmtrail
