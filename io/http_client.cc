// SPDX-License-Identifier: Apache-2.0

#include "io/http_client.h"

#include <curl/curl.h>
#include <dlfcn.h>

#include <memory>
#include <string>
#include <type_traits>

namespace vmtrail {

namespace {

constexpr char kLibrary[] = "libcurl.so.4";  // what it has been since 2006
constexpr int kLook = 100;                   // ms between two calls of gives_up

/// The functions of libcurl, as curl.h declares them. Loaded once, and never unloaded.
struct Curl {
  decltype(&curl_global_init) global_init;
  decltype(&curl_easy_init) easy_init;
  decltype(&curl_easy_cleanup) easy_cleanup;
  decltype(&curl_easy_reset) easy_reset;
  decltype(&curl_easy_setopt) easy_setopt;
  decltype(&curl_easy_getinfo) easy_getinfo;
  decltype(&curl_easy_strerror) easy_strerror;
  decltype(&curl_multi_init) multi_init;
  decltype(&curl_multi_cleanup) multi_cleanup;
  decltype(&curl_multi_add_handle) multi_add_handle;
  decltype(&curl_multi_remove_handle) multi_remove_handle;
  decltype(&curl_multi_perform) multi_perform;
  decltype(&curl_multi_poll) multi_poll;
  decltype(&curl_multi_info_read) multi_info_read;
  decltype(&curl_multi_strerror) multi_strerror;
  decltype(&curl_slist_append) slist_append;
  decltype(&curl_slist_free_all) slist_free_all;
};

tl::expected<Curl, std::string> load() {
  void* const library = ::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return tl::unexpected(std::string(::dlerror()));
  Curl curl{};
  const char* missing = nullptr;
  const auto find = [&](auto& function, const char* name) {
    function =
        reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
    if (function == nullptr) missing = name;
  };
  find(curl.global_init, "curl_global_init");
  find(curl.easy_init, "curl_easy_init");
  find(curl.easy_cleanup, "curl_easy_cleanup");
  find(curl.easy_reset, "curl_easy_reset");
  find(curl.easy_setopt, "curl_easy_setopt");
  find(curl.easy_getinfo, "curl_easy_getinfo");
  find(curl.easy_strerror, "curl_easy_strerror");
  find(curl.multi_init, "curl_multi_init");
  find(curl.multi_cleanup, "curl_multi_cleanup");
  find(curl.multi_add_handle, "curl_multi_add_handle");
  find(curl.multi_remove_handle, "curl_multi_remove_handle");
  find(curl.multi_perform, "curl_multi_perform");
  find(curl.multi_poll, "curl_multi_poll");
  find(curl.multi_info_read, "curl_multi_info_read");
  find(curl.multi_strerror, "curl_multi_strerror");
  find(curl.slist_append, "curl_slist_append");
  find(curl.slist_free_all, "curl_slist_free_all");
  if (missing != nullptr) return tl::unexpected(std::string(kLibrary) + " has no " + missing);
  if (const CURLcode failed = curl.global_init(CURL_GLOBAL_DEFAULT); failed != CURLE_OK) {
    return tl::unexpected(std::string(curl.easy_strerror(failed)));
  }
  return curl;
}

const tl::expected<Curl, std::string>& loaded() {
  static const tl::expected<Curl, std::string> curl = load();
  return curl;
}

// What libcurl calls, with the request that it was told.

std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* to) {
  static_cast<const HttpClient::Request*>(to)->on_header({bytes, size * count});
  return size * count;
}

struct Taker {
  const Curl& curl;
  CURL* easy;
  const HttpClient::Request& request;
};

long status_of(const Curl& curl, CURL* easy) {
  long status = 0;
  curl.easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* to) {
  const Taker& taker = *static_cast<const Taker*>(to);
  if (!taker.request.on_body) return size * count;
  const bool goes_on =
      taker.request.on_body(status_of(taker.curl, taker.easy), {bytes, size * count});
  return goes_on ? size * count : 0;
}

}  // namespace

class HttpClient::Impl {
 public:
  explicit Impl(const Curl& curl)
      : curl_(curl),
        multi_(curl.multi_init(), FreeMulti{curl}),
        easy_(curl.easy_init(), Free{curl}) {}

  tl::expected<long, std::string> ask(const HttpClient::Request& request) {
    if (!multi_ || !easy_)
      return tl::unexpected(std::string(curl_.easy_strerror(CURLE_FAILED_INIT)));
    curl_.easy_reset(easy_.get());
    Headers headers = headers_of(request);
    Taker taker{curl_, easy_.get(), request};
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTPHEADER, headers.get());
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TIMEOUT, static_cast<long>(request.timeout.count()));
    set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(request.connect_timeout.count()));
    if (request.compressed) set(CURLOPT_ACCEPT_ENCODING, "");
    set(CURLOPT_SSL_VERIFYPEER, request.verify ? 1L : 0L);
    set(CURLOPT_SSL_VERIFYHOST, request.verify ? 2L : 0L);
    if (!request.cacert.empty()) set(CURLOPT_CAINFO, request.cacert.c_str());
    if (!request.cert.empty()) set(CURLOPT_SSLCERT, request.cert.c_str());
    if (!request.key.empty()) set(CURLOPT_SSLKEY, request.key.c_str());
    if (request.body) {
      set(CURLOPT_POSTFIELDS, request.body->data());
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
    }
    if (request.on_header) {
      set(CURLOPT_HEADERFUNCTION, take_header);
      set(CURLOPT_HEADERDATA, &request);
    }
    set(CURLOPT_WRITEFUNCTION, take_body);
    set(CURLOPT_WRITEDATA, &taker);

    const CURLMcode failed = curl_.multi_add_handle(multi_.get(), easy_.get());
    if (failed != CURLM_OK) return tl::unexpected(std::string(curl_.multi_strerror(failed)));
    auto answer = transfer(request);
    curl_.multi_remove_handle(multi_.get(), easy_.get());
    return answer;
  }

 private:
  struct Free {
    const Curl& curl;
    void operator()(curl_slist* list) const { curl.slist_free_all(list); }
    void operator()(CURL* easy) const { curl.easy_cleanup(easy); }
  };
  struct FreeMulti {
    const Curl& curl;
    void operator()(CURLM* multi) const {
      curl.multi_cleanup(multi);
    }  // CURL and CURLM are one type
  };
  using Headers = std::unique_ptr<curl_slist, Free>;

  template <class Value>
  void set(CURLoption option, Value value) {
    curl_.easy_setopt(easy_.get(), option, value);
  }

  Headers headers_of(const HttpClient::Request& request) const {
    curl_slist* list = nullptr;
    for (const std::string& line : request.headers) list = curl_.slist_append(list, line.c_str());
    return Headers(list, Free{curl_});
  }

  tl::expected<long, std::string> transfer(const HttpClient::Request& request) {
    for (int running = 1; running > 0;) {
      if (const CURLMcode failed = curl_.multi_perform(multi_.get(), &running);
          failed != CURLM_OK) {
        return tl::unexpected(std::string(curl_.multi_strerror(failed)));
      }
      if (running == 0) break;
      if (request.gives_up && request.gives_up()) {
        return tl::unexpected(std::string(curl_.easy_strerror(CURLE_ABORTED_BY_CALLBACK)));
      }
      curl_.multi_poll(multi_.get(), nullptr, 0, kLook, nullptr);
    }
    int left = 0;
    const CURLMsg* const done = curl_.multi_info_read(multi_.get(), &left);
    const CURLcode result = done != nullptr ? done->data.result : CURLE_RECV_ERROR;
    if (result != CURLE_OK) return tl::unexpected(std::string(curl_.easy_strerror(result)));
    return status_of(curl_, easy_.get());
  }

  const Curl& curl_;
  std::unique_ptr<CURLM, FreeMulti> multi_;  // holds the connections
  std::unique_ptr<CURL, Free> easy_;
};

HttpClient::HttpClient() {
  if (const auto& curl = loaded()) impl_ = std::make_unique<Impl>(*curl);
}
HttpClient::~HttpClient() = default;

tl::expected<long, std::string> HttpClient::ask(const HttpClient::Request& request) {
  if (!impl_) return tl::unexpected("libcurl cannot be used: " + loaded().error());
  return impl_->ask(request);
}

}  // namespace vmtrail
