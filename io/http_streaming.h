// SPDX-License-Identifier: Apache-2.0
// A connection of the HTTP server from the moment on when its answer is a stream.

#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "io/http_stream.h"

namespace vmtrail {

/// Sends a stream until either side closes it; nothing else is read or sent on the connection any
/// more. Keeps itself and the connection alive.
template <class Stream>
class HttpStreaming : public std::enable_shared_from_this<HttpStreaming<Stream>> {
 public:
  using Header = boost::beast::http::response_header<>;

  /// `connection` owns the stream. Nothing is under way on it.
  HttpStreaming(std::shared_ptr<void> connection, Stream& stream)
      : connection_(std::move(connection)), stream_(stream), deadline_(stream.get_executor()) {}

  /// `chunked`: the client's HTTP is 1.1; else the body ends where the connection is closed.
  void start(const Header& header, bool chunked) {
    chunked_ = chunked;
    std::ostringstream text;
    text << header;
    sending_ = std::move(text).str();
    writing_ = true;
    // Time limits are the writer's: it knows how much has been taken.
    boost::beast::get_lowest_layer(stream_).expires_never();
    body_->on_written([weak = this->weak_from_this(), executor = stream_.get_executor()] {
      boost::asio::post(executor, [weak] {
        if (const auto self = weak.lock()) self->on_more();
      });
    });
    read();
    write();
  }
  [[nodiscard]] const std::shared_ptr<HttpStream>& body() const { return body_; }

 private:
  using error_code = boost::beast::error_code;
  static constexpr auto kLastWords = std::chrono::seconds{5};

  // Nothing is expected of the client but that it goes.
  void read() {
    stream_.async_read_some(boost::asio::buffer(read_),
                            [self = this->shared_from_this()](error_code failed, std::size_t) {
                              if (failed) return self->end();
                              self->read();
                            });
  }

  void on_more() {
    if (ended_) return;
    if (body_->closed() && !closing_) {
      closing_ = true;
      deadline_.expires_after(kLastWords);
      deadline_.async_wait([self = this->shared_from_this()](error_code stopped) {
        if (!stopped) self->end();
      });
    }
    if (!writing_) next();
  }

  void next() {
    HttpStream::Piece piece = body_->take();
    last_ = piece.last;
    of_body_ = piece.text.size();
    sending_.clear();
    if (chunked_ && !piece.text.empty()) {
      std::ostringstream size;
      size << std::hex << piece.text.size();
      sending_ = size.str() + "\r\n" + piece.text + "\r\n";
    } else {
      sending_ = std::move(piece.text);
    }
    if (chunked_ && last_) sending_ += "0\r\n\r\n";
    if (sending_.empty()) {
      if (last_) end();
      return;
    }
    writing_ = true;
    write();
  }

  void write() {
    stream_.async_write_some(
        boost::asio::buffer(sending_) + sent_,
        [self = this->shared_from_this()](error_code failed, std::size_t size) {
          self->on_sent(failed, size);
        });
  }
  void on_sent(error_code failed, std::size_t size) {
    if (failed || ended_) return end();
    sent_ += size;
    // What frames a piece counts as its last byte.
    const std::size_t of_body =
        sent_ < sending_.size() ? std::min(size, of_body_ - (of_body_ > 0)) : of_body_;
    of_body_ -= of_body;
    if (of_body > 0) body_->sent(of_body);
    if (sent_ < sending_.size()) return write();
    sent_ = 0;
    writing_ = false;
    if (last_) return end();
    next();
  }

  void end() {
    if (std::exchange(ended_, true)) return;
    deadline_.cancel();
    boost::beast::get_lowest_layer(stream_).close();
    body_->end();
  }

  const std::shared_ptr<void> connection_;
  Stream& stream_;
  const std::shared_ptr<HttpStream> body_ = std::make_shared<HttpStream>();
  boost::asio::steady_timer deadline_;  // for the last words
  std::string sending_;
  std::size_t sent_ = 0;     // of these
  std::size_t of_body_ = 0;  // what of them the body does not know to be sent
  bool chunked_ = false;
  bool writing_ = false;
  bool last_ = false;  // nothing comes behind what is being sent
  bool closing_ = false;
  bool ended_ = false;
  std::array<char, 512> read_{};
};

}  // namespace vmtrail
