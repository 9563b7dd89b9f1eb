// SPDX-License-Identifier: Apache-2.0

#include "io/http_stream.h"

namespace vmtrail {

namespace {

// Outside of the lock: it may lead back here.
void tell(const std::function<void()>& call) {
  if (call) call();
}

}  // namespace

void HttpStream::write(std::string text) {
  std::function<void()> call;
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || text.empty()) return;
    if (waiting_.empty()) {
      waiting_ = std::move(text);
      call = on_written_;
    } else {
      waiting_ += text;
    }
  }
  tell(call);
}

void HttpStream::close(std::string_view last_words) {
  std::function<void()> call;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = true;
    waiting_ = last_words;
    call = on_written_;
  }
  tell(call);
}

std::size_t HttpStream::pending() const {
  const std::lock_guard lock(mutex_);
  return ended_ ? 0 : waiting_.size() + sending_;
}

std::uint64_t HttpStream::taken() const {
  const std::lock_guard lock(mutex_);
  return taken_;
}

bool HttpStream::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

void HttpStream::on_taken(std::function<void()> call) {
  bool ended = false;
  {
    const std::lock_guard lock(mutex_);
    on_taken_ = call;
    ended = ended_;
  }
  if (ended) tell(call);
}

void HttpStream::on_written(std::function<void()> call) {
  bool written = false;
  {
    const std::lock_guard lock(mutex_);
    on_written_ = call;
    written = closed_ || !waiting_.empty();
  }
  if (written) tell(call);
}

HttpStream::Piece HttpStream::take() {
  const std::lock_guard lock(mutex_);
  Piece piece{std::exchange(waiting_, {}), closed_};
  sending_ = piece.text.size();
  return piece;
}

void HttpStream::sent(std::size_t bytes) {
  std::function<void()> call;
  {
    const std::lock_guard lock(mutex_);
    sending_ -= bytes;
    taken_ += bytes;
    if (sending_ == 0 && waiting_.empty()) call = on_taken_;
  }
  tell(call);
}

void HttpStream::end() {
  std::function<void()> call;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    closed_ = true;
    call = std::exchange(on_taken_, nullptr);
    on_written_ = nullptr;
  }
  tell(call);
}

}  // namespace vmtrail
