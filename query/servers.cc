// SPDX-License-Identifier: Apache-2.0
// Nova's list of servers, in either of the forms that people have it in.

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "vmtrail/host_name.h"
#include "vmtrail/reconcile.h"

namespace vmtrail {

namespace {

using Json = nlohmann::json;

tl::unexpected<Error> unreadable(std::string detail) {
  return tl::unexpected(Error{ErrorCode::unreadable, std::move(detail)});
}

// Of Nova's API, then of the openstack client. nullptr: neither is there.
const Json* value_of(const Json& server, const char* api, const char* client) {
  auto found = server.find(api);
  if (found == server.end()) found = server.find(client);
  return found == server.end() ? nullptr : &*found;
}

// The client writes None where there is nothing.
std::string text_of(const Json* value) {
  if (value == nullptr || !value->is_string()) return {};
  const std::string text = value->get<std::string>();
  return text == "None" ? std::string() : text;
}

// nova/api/openstack/common.py _STATE_MAP, backwards; other statuses are those of a task.
std::string vm_state_of(const std::string& status) {
  static const std::map<std::string, std::string, std::less<>> kStates = {
      {"ACTIVE", "active"},       {"BUILD", "building"},
      {"DELETED", "deleted"},     {"ERROR", "error"},
      {"PAUSED", "paused"},       {"RESCUE", "rescued"},
      {"SHELVED", "shelved"},     {"SHELVED_OFFLOADED", "shelved_offloaded"},
      {"SHUTOFF", "stopped"},     {"SOFT_DELETED", "soft-delete"},
      {"SUSPENDED", "suspended"}, {"VERIFY_RESIZE", "resized"}};
  const auto found = kStates.find(status);
  return found == kStates.end() ? std::string() : found->second;
}

// nova/objects/fields.py InstancePowerState: a number, or the client's word for it.
PowerState power_state_of(const Json* value) {
  if (value == nullptr) return PowerState::unknown;
  if (!value->is_number_integer()) {
    return parse_word<PowerState>(lower_case(text_of(value))).value_or(PowerState::unknown);
  }
  switch (value->get<std::int64_t>()) {
    case 1:
      return PowerState::running;
    case 3:
      return PowerState::paused;
    case 4:
      return PowerState::shutdown;
    case 6:
      return PowerState::crashed;
    case 7:
      return PowerState::suspended;
    default:
      return PowerState::unknown;
  }
}

/// What has been read so far.
struct Listed {
  std::vector<Server> servers;
  bool tells_hosts = false;

  Result<void> add(const Json& server);
  Result<void> add_page(const Json& page, bool in_page = false);
};

Result<void> Listed::add(const Json& server) {
  if (!server.is_object()) return unreadable("a server in the list is no object");
  const std::string id = text_of(value_of(server, "id", "ID"));
  const auto parsed = InstanceId::parse(id);
  if (!parsed) return unreadable("a server in the list has no UUID but '" + id + "'");
  const Json* const host = value_of(server, "OS-EXT-SRV-ATTR:host", "Host");
  if (host != nullptr && !host->is_string() && !host->is_null()) {
    return unreadable("the host of server " + id + " is no text: " + host->dump());
  }
  tells_hosts = tells_hosts || host != nullptr;
  Server read;
  read.id = *parsed;
  read.name = text_of(value_of(server, "name", "Name"));
  read.project_id = text_of(value_of(server, "tenant_id", "Project ID"));
  read.host = text_of(host);
  read.tells_host = host != nullptr;
  read.vm_state = text_of(value_of(server, "OS-EXT-STS:vm_state", "VM State"));
  if (read.vm_state.empty())
    read.vm_state = vm_state_of(text_of(value_of(server, "status", "Status")));
  read.task_state = text_of(value_of(server, "OS-EXT-STS:task_state", "Task State"));
  read.power_state = power_state_of(value_of(server, "OS-EXT-STS:power_state", "Power State"));
  servers.push_back(std::move(read));
  return {};
}

// An object with servers, or an array of servers, or of such objects; a page holds no pages.
Result<void> Listed::add_page(const Json& page, bool in_page) {
  if (!in_page && page.is_object() && page.contains("servers") && page["servers"].is_array()) {
    return add_page(page["servers"], true);
  }
  if (!page.is_array()) {
    return unreadable("this is no list of servers (openstack server list --long -f json)");
  }
  for (const Json& item : page) {
    const bool is_page = !in_page && item.is_object() && item.contains("servers");
    if (auto added = is_page ? add_page(item) : add(item); !added) return added;
  }
  return {};
}

}  // namespace

Result<std::vector<Server>> parse_servers(std::string_view text) {
  Listed listed;
  std::istringstream input{std::string(text)};
  do {
    Json page;
    try {
      input >> page;
    } catch (const Json::parse_error& error) {
      return unreadable("the list is not JSON: byte " + std::to_string(error.byte) +
                        " is not what is expected there");
    } catch (const Json::exception&) {
      return unreadable("the list holds a number that is too large");
    }
    if (auto added = listed.add_page(page); !added) return tl::unexpected(added.error());
    input >> std::ws;
  } while (!input.eof());
  std::vector<Server>& servers = listed.servers;
  if (!servers.empty() && !listed.tells_hosts) {
    return unreadable("no server in the list tells its host: ask as an administrator, with --long");
  }
  std::stable_sort(servers.begin(), servers.end(),
                   [](const Server& a, const Server& b) { return a.id < b.id; });
  // The last of its id stays.
  const auto kept = std::unique(servers.rbegin(), servers.rend(),
                                [](const Server& a, const Server& b) { return a.id == b.id; });
  servers.erase(servers.begin(), kept.base());
  return std::move(servers);
}

}  // namespace vmtrail
