// SPDX-License-Identifier: Apache-2.0
// clouds.yaml, as far as a token and a list of servers want it.

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <vector>

#include <simdjson.h>
#include <yaml-cpp/yaml.h>

#include "io/cloud.h"

namespace vmtrail {

namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> failed(ErrorCode code, std::string detail) {
  return tl::unexpected(Error{code, std::move(detail)});
}

std::optional<fs::path> clouds_file() {
  if (const char* const named = std::getenv("OS_CLIENT_CONFIG_FILE"); named != nullptr) {
    return fs::path(named);
  }
  std::vector<fs::path> places = {"."};
  if (const char* const home = std::getenv("HOME"); home != nullptr) {
    places.push_back(fs::path(home) / ".config/openstack");
  }
  places.emplace_back("/etc/openstack");
  for (const fs::path& place : places) {
    std::error_code ignored;
    if (fs::exists(place / "clouds.yaml", ignored)) return place / "clouds.yaml";
  }
  return std::nullopt;
}

void take_text(const YAML::Node& node, const char* key, std::string& text) {
  if (const YAML::Node value = node[key]; value && value.IsScalar()) text = value.Scalar();
}

// What is in the file goes before what was known.
void take(const YAML::Node& cloud, CloudAccess& access) {
  if (!cloud || !cloud.IsMap()) return;
  if (const YAML::Node auth = cloud["auth"]; auth && auth.IsMap()) {
    for (const auto& entry : auth) {
      if (entry.second.IsScalar()) access.auth[entry.first.Scalar()] = entry.second.Scalar();
    }
  }
  take_text(cloud, "region_name", access.region);
  take_text(cloud, "interface", access.interface);
  take_text(cloud, "cacert", access.cacert);
  take_text(cloud, "cert", access.cert);
  take_text(cloud, "key", access.key);
  if (const YAML::Node verify = cloud["verify"]; verify && verify.IsScalar()) {
    access.verify = verify.as<bool>(true);
  }
}

}  // namespace

Result<CloudAccess> read_cloud(const std::string& name) {
  const auto file = clouds_file();
  if (!file) {
    return failed(ErrorCode::unreadable,
                  "no clouds.yaml here, in ~/.config/openstack or in /etc/openstack");
  }
  CloudAccess access;
  try {
    const YAML::Node cloud = YAML::LoadFile(file->string())["clouds"][name];
    if (!cloud || !cloud.IsMap()) {
      return failed(ErrorCode::wrong_usage, file->string() + " has no cloud '" + name + "'");
    }
    take(cloud, access);
    std::error_code ignored;
    const fs::path secure = file->parent_path() / "secure.yaml";
    if (fs::exists(secure, ignored)) take(YAML::LoadFile(secure.string())["clouds"][name], access);
  } catch (const YAML::Exception& error) {
    // Its words tell the place; the text there may be a secret and is not among them.
    return failed(ErrorCode::unreadable, file->string() + ": " + error.what());
  }
  for (const auto& [key, value] : access.auth) {
    if (simdjson::validate_utf8(value)) continue;
    return failed(ErrorCode::wrong_usage,
                  file->string() + ": cloud '" + name + "': " + key + " is not UTF-8");
  }
  access.auth_url = access.auth["auth_url"];
  if (access.auth_url.empty()) {
    return failed(ErrorCode::wrong_usage,
                  file->string() + ": cloud '" + name + "' has no auth_url");
  }
  return access;
}

}  // namespace vmtrail
