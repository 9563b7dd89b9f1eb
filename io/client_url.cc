// SPDX-License-Identifier: Apache-2.0

#include "io/client_url.h"

#include <cerrno>
#include <fstream>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "io/http_access.h"

namespace vmtrail {

namespace {

constexpr std::string_view kHttpClientOptions[] = {"token_file", "cacert", "timeout"};
constexpr std::string_view kZmqClientOptions[] = {"curve", "timeout"};

}  // namespace

bool is_http(const Url& url) {
  return url.scheme == "http" || url.scheme == "https";
}

Result<void> check_client_url(const Url& url) {
  const bool http = is_http(url);
  if (!http && url.scheme != "zmq+tcp" && url.scheme != "zmq+router") {
    return tl::unexpected(
        wrong_url(url, "it is asked over http://, https://, zmq+tcp:// or zmq+router://HOST:PORT"));
  }
  const std::span<const std::string_view> known =
      http ? std::span<const std::string_view>(kHttpClientOptions) : kZmqClientOptions;
  if (auto right = check_options(url, known); !right) return tl::unexpected(right.error());
  if (url.host.empty() || (!url.path.empty() && url.path != "/")) {
    return tl::unexpected(wrong_url(url, "a host and a port are wanted, and no path"));
  }
  if (const auto timeout = timeout_of(url); !timeout) return tl::unexpected(timeout.error());
  return {};
}

Result<long> timeout_of(const Url& url) {
  const auto seconds = url.number({"timeout", 30, 1, 3'600, "seconds"});
  if (!seconds) return tl::unexpected(seconds.error());
  return static_cast<long>(*seconds);
}

Result<std::string> token_of(const Url& url) {
  const auto file = url.value("token_file");
  if (!file) return std::string();
  std::ifstream input{std::string(*file)};
  if (!input) {
    return tl::unexpected(Error{
        ErrorCode::unreadable, std::string(*file) + ": " + std::generic_category().message(errno)});
  }
  const std::vector<std::string> tokens = tokens_in(input);
  if (!tokens.empty()) return tokens.front();
  return tl::unexpected(wrong_url(url, std::string(*file) + " holds no token"));
}

std::string origin_of(const Url& url) {
  const bool v6 = url.host.find(':') != std::string::npos;
  std::string origin = url.scheme + "://" + (v6 ? "[" + url.host + "]" : url.host);
  if (url.port) origin += ":" + std::to_string(*url.port);
  return origin;
}

Error silent(const Url& url, const std::string& why) {
  return {ErrorCode::unavailable, url.text + ": " + why};
}

Error told_by(const Url& url, std::string_view code, std::string message) {
  for (const ErrorInfo& row : error_table()) {
    if (row.name != code || row.code == ErrorCode::unavailable) continue;
    const std::string sentence = std::string(row.sentence) + ": ";
    if (message.starts_with(sentence)) message.erase(0, sentence.size());
    return {row.code, std::move(message)};
  }
  return silent(url, message);
}

}  // namespace vmtrail
