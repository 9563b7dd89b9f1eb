// SPDX-License-Identifier: Apache-2.0
// A client that sends exactly what a test says.

#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace vmtrail::testing {

struct Answer {
  int status = 0;
  std::string head;
  std::string body;
};

/// One connection. Not being answered within a minute fails the test.
class HttpClient {
 public:
  /// `address` is that of a server: http://127.0.0.1:PORT.
  explicit HttpClient(const std::string& address) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port =
        htons(static_cast<std::uint16_t>(std::atoi(address.c_str() + address.rfind(':') + 1)));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{60, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
      throw std::runtime_error("cannot connect to " + address);
    }
  }
  ~HttpClient() { ::close(fd_); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// false: the server wants no more.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
  }

  /// A response with a Content-Length; status 0 if the server has closed.
  Answer receive() {
    while (read_.find("\r\n\r\n") == std::string::npos) {
      if (!read()) return {};
    }
    Answer answer;
    const std::size_t end = read_.find("\r\n\r\n") + 4;
    answer.head = read_.substr(0, end);
    answer.status = std::atoi(answer.head.c_str() + 9);
    read_.erase(0, end);
    const std::size_t length = answer.head.find("Content-Length: ");
    const auto size = length == std::string::npos
                          ? std::size_t{0}
                          : std::strtoul(answer.head.c_str() + length + 16, nullptr, 10);
    while (read_.size() < size) {
      if (!read()) return {};
    }
    answer.body = read_.substr(0, size);
    read_.erase(0, size);
    return answer;
  }

  /// All that comes up to where this has come.
  std::string receive_until(std::string_view wanted) {
    while (read_.find(wanted) == std::string::npos && read()) {
    }
    return std::exchange(read_, {});
  }

  Answer post(const std::string& path, const std::string& body,
              const std::string& headers = "Content-Type: application/json\r\n") {
    send("POST " + path + " HTTP/1.1\r\nHost: x\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return receive();
  }
  Answer get(const std::string& path, const std::string& headers = {}) {
    send("GET " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
    return receive();
  }

 private:
  bool read() {
    char buffer[65536];
    const ssize_t size = ::recv(fd_, buffer, sizeof buffer, 0);
    if (size > 0) read_.append(buffer, static_cast<std::size_t>(size));
    return size > 0;
  }

  int fd_;
  std::string read_;
};

}  // namespace vmtrail::testing
