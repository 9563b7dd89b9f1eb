// SPDX-License-Identifier: Apache-2.0
// An OpenStack cloud, as clouds.yaml names it: a token from Keystone, the list of servers from
// Nova.

#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>

#include "vmtrail/error.h"

namespace vmtrail {

/// How to reach a cloud and who asks. Holds secrets: never to be shown or logged.
struct CloudAccess {
  std::string auth_url;
  std::map<std::string, std::string> auth;  ///< the other keys of `auth`
  std::string region;                       ///< empty: any
  std::string interface = "public";
  std::string cacert;  ///< a file; empty: the system's
  std::string cert;    ///< a client's, with its key
  std::string key;
  bool verify = true;
};

/// Reads clouds.yaml, and secure.yaml beside it, from where the openstack client looks:
/// $OS_CLIENT_CONFIG_FILE, here, ~/.config/openstack, /etc/openstack. Errors: unreadable,
/// wrong_usage.
[[nodiscard]] Result<CloudAccess> read_cloud(const std::string& name);

/// Takes a token of Keystone v3 and reads every page of Nova's `GET /servers/detail` of all
/// projects: the documents, one behind the other, for parse_servers(). Blocks; each request is
/// given up after a minute without an answer, and all of it within a second of `stop`. Errors:
/// unreadable, with the URL and what went wrong; a token or a password is in none.
[[nodiscard]] Result<std::string> list_servers(const CloudAccess& access,
                                               const std::stop_token& stop = {});

}  // namespace vmtrail
