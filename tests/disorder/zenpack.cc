// SPDX-License-Identifier: Apache-2.0

#include "tests/disorder/zenpack.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "tests/disorder/life.h"

namespace vmtrail::disorder {
namespace {

constexpr std::string_view kPrefix = "compute.instance.";
constexpr std::string_view kCreates = "create.start";
constexpr std::string_view kRemoves = "delete.end";
/// Those that set all traits of an instance, its host among them. Of a live migration only the
/// source's last word.
constexpr std::array<std::string_view, 19> kUpdates = {
    "create.end",    "create.error",      "update",           "live_migration._post.end",
    "power_off.end", "shutdown.end",      "power_on.end",     "resume",
    "suspend",       "reboot.start",      "reboot.end",       "shutdown.start",
    "rebuild.start", "rebuild.end",       "rescue.end",       "unrescue.end",
    "resize.end",    "finish_resize.end", "resize.revert.end"};

}  // namespace

std::string zenpack_host(const std::vector<testing::Made>& arrived, const std::string& modelled) {
  bool known = !modelled.empty();
  bool removed = false;
  std::string host = modelled;
  for (const testing::Made& event : arrived) {
    std::string_view action = event.event_type;
    if (!action.starts_with(kPrefix)) continue;
    action.remove_prefix(kPrefix.size());
    if (action == kRemoves) {
      known = false;
      removed = true;  // and for ten minutes nothing brings it back
      host.clear();
      continue;
    }
    if (action == kCreates && !removed) known = true;
    if (!known || (action != kCreates &&
                   std::find(kUpdates.begin(), kUpdates.end(), action) == kUpdates.end())) {
      continue;
    }
    // A host without hypervisor, such as a controller, is not found, and the instance stays.
    const std::string& publisher = event.fields.at(Field::publisher_host);
    if (std::find(compute_hosts().begin(), compute_hosts().end(), publisher) !=
        compute_hosts().end()) {
      host = publisher;
    }
  }
  return host;
}

}  // namespace vmtrail::disorder
