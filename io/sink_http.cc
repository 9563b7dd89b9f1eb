// SPDX-License-Identifier: Apache-2.0

#include "io/sink_http.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "io/client_url.h"
#include "io/http_client.h"

namespace vmtrail {

namespace {

/// Sends one record at a time (structured mode), or up to `batch` of them as a JSON array (batched
/// mode). The receiver has what it answers with 2xx.
class HttpSink : public Sink {
 public:
  struct Options {
    std::string name;               ///< the URL as configured
    HttpClient::Request request{};  ///< but for the body
    std::size_t batch = 1;
  };
  explicit HttpSink(Options options) : options_(std::move(options)) {}

  Result<void> send(std::span<const OutgoingRecord> records, const std::stop_token& stop) override {
    while (!records.empty()) {
      const std::size_t count = std::min(records.size(), options_.batch);
      if (auto done = post(body_of(records.first(count)), stop); !done) return done;
      records = records.subspan(count);
    }
    return {};
  }

 private:
  [[nodiscard]] std::string body_of(std::span<const OutgoingRecord> records) const {
    if (options_.batch == 1) return std::string(records.front().text);
    std::string body;
    for (const OutgoingRecord& record : records) {
      body += body.empty() ? "[" : ",\n";
      body += record.text;
    }
    return body + "]";
  }

  Result<void> post(const std::string& body, const std::stop_token& stop) {
    HttpClient::Request request = options_.request;
    request.body = body;
    request.gives_up = [&] { return stop.stop_requested(); };
    const auto status = client_.ask(request);
    if (!status) return error(status.error());
    if (*status < 200 || *status > 299) return error("answers " + std::to_string(*status));
    return {};
  }

  [[nodiscard]] tl::unexpected<Error> error(const std::string& what) const {
    return tl::unexpected(Error{ErrorCode::unwritable, options_.name + ": " + what});
  }

  const Options options_;
  HttpClient client_;
};

}  // namespace

Result<SinkOpener> prepare_http_sink(const Url& url, bool /*beyond_loopback*/) {
  const auto batch = url.number({"batch", 1, 1, 10'000, "records"});
  if (!batch) return tl::unexpected(batch.error());
  const auto timeout = url.number({"timeout", 10, 1, 3'600, "seconds"});
  if (!timeout) return tl::unexpected(timeout.error());
  const auto cacert = url.file("cacert");
  if (!cacert) return tl::unexpected(cacert.error());
  HttpSink::Options options;
  options.name = url.text;
  options.batch = *batch;
  HttpClient::Request& request = options.request;
  request.url = origin_of(url) + (url.path.empty() ? "/" : url.path);
  request.headers = {std::string("Content-Type: application/cloudevents") +
                         (*batch > 1 ? "-batch" : "") + "+json; charset=utf-8",
                     "Expect:"};
  request.timeout = std::chrono::seconds(*timeout);
  request.cacert = *cacert;
  const auto token = token_of(url);
  if (!token) return tl::unexpected(token.error());
  if (!token->empty()) request.headers.push_back("Authorization: Bearer " + *token);
  return [options = std::move(options)]() -> OpenedSink {
    return std::make_unique<HttpSink>(options);
  };
}

}  // namespace vmtrail
