// SPDX-License-Identifier: Apache-2.0

#include "io/sink_http.h"

#include <curl/curl.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

namespace vmtrail {

namespace {

struct Close {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::size_t discard(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

int give_up(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(stop)->stop_requested() ? 1 : 0;
}

/// Sends one record at a time (structured mode), or up to `batch` of them as a JSON array (batched
/// mode). The receiver has what it answers with 2xx.
class HttpSink : public Sink {
 public:
  struct Options {
    std::string name;    ///< the URL as configured
    std::string target;  ///< where to post
    std::size_t batch = 1;
    long timeout = 10;  ///< seconds for one request
    std::string token;
    std::string cacert;
  };
  explicit HttpSink(Options options) : options_(std::move(options)), handle_(curl_easy_init()) {
    const std::string type =
        options_.batch > 1 ? "application/cloudevents-batch+json" : "application/cloudevents+json";
    add_header("Content-Type: " + type + "; charset=utf-8");
    add_header("Expect:");
    if (!options_.token.empty()) add_header("Authorization: Bearer " + options_.token);
    CURL* const handle = handle_.get();
    curl_easy_setopt(handle, CURLOPT_URL, options_.target.c_str());
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers_.get());
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT, options_.timeout);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, give_up);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    if (!options_.cacert.empty()) {
      curl_easy_setopt(handle, CURLOPT_CAINFO, options_.cacert.c_str());
    }
  }

  Result<void> send(std::span<const OutgoingRecord> records, const std::stop_token& stop) override {
    while (!records.empty()) {
      const std::size_t count = std::min(records.size(), options_.batch);
      if (auto done = post(body_of(records.first(count)), stop); !done) return done;
      records = records.subspan(count);
    }
    return {};
  }

 private:
  void add_header(const std::string& line) {
    headers_.reset(curl_slist_append(headers_.release(), line.c_str()));
  }

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
    CURL* const handle = handle_.get();
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &stop);
    const CURLcode failed = curl_easy_perform(handle);
    if (failed != CURLE_OK) return error(curl_easy_strerror(failed));
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200 || status > 299) return error("answers " + std::to_string(status));
    return {};
  }

  [[nodiscard]] tl::unexpected<Error> error(const std::string& what) const {
    return tl::unexpected(Error{ErrorCode::unwritable, options_.name + ": " + what});
  }

  const Options options_;
  std::unique_ptr<CURL, Close> handle_;
  std::unique_ptr<curl_slist, Close> headers_;
};

}  // namespace

OpenedSink open_http_sink(const Url& url, const SinkSetting& /*setting*/) {
  HttpSink::Options options;
  options.name = url.text;
  const bool v6 = url.host.find(':') != std::string::npos;
  options.target = url.scheme + "://" + (v6 ? "[" + url.host + "]" : url.host);
  if (url.port) options.target += ":" + std::to_string(*url.port);
  options.target += url.path.empty() ? "/" : url.path;
  const auto batch = url.number("batch", 1);
  if (!batch) return tl::unexpected(batch.error());
  const auto timeout = url.number("timeout", 10);
  if (!timeout) return tl::unexpected(timeout.error());
  if (*batch < 1 || *batch > 10'000 || *timeout < 1 || *timeout > 3'600) {
    return tl::unexpected(wrong_url(url, "batch is 1 to 10000 records, timeout 1 to 3600 seconds"));
  }
  options.batch = *batch;
  options.timeout = static_cast<long>(*timeout);
  options.cacert = url.value("cacert").value_or("");
  if (const auto file = url.value("token_file")) {
    std::ifstream input{std::string(*file)};
    if (!std::getline(input, options.token) || options.token.empty()) {
      return tl::unexpected(wrong_url(url, "there is no token in token_file"));
    }
  }
  return std::make_unique<HttpSink>(std::move(options));
}

}  // namespace vmtrail
