// SPDX-License-Identifier: Apache-2.0
// An object that few of many have.

#pragma once

#include <memory>
#include <utility>

namespace vmtrail {

/// An object that stands elsewhere, or none, for what not all of many need. A copy has one of its
/// own.
template <class Object>
class Boxed {
 public:
  Boxed() = default;
  explicit Boxed(std::unique_ptr<Object> object) : object_(std::move(object)) {}
  Boxed(const Boxed& other) {
    if (other.object_) set(*other.object_);
  }
  Boxed(Boxed&&) noexcept = default;
  Boxed& operator=(const Boxed& other) { return *this = Boxed(other); }
  Boxed& operator=(Boxed&&) noexcept = default;
  ~Boxed() = default;

  [[nodiscard]] explicit operator bool() const { return object_ != nullptr; }
  /// nullptr: there is none.
  [[nodiscard]] const Object* get() const { return object_.get(); }
  [[nodiscard]] Object& operator*() { return *object_; }
  [[nodiscard]] const Object* operator->() const { return object_.get(); }
  [[nodiscard]] Object* operator->() { return object_.get(); }

  void set(Object object) { object_ = std::make_unique<Object>(std::move(object)); }
  void reset() { object_.reset(); }
  /// There is none then.
  [[nodiscard]] std::unique_ptr<Object> take() { return std::move(object_); }

 private:
  std::unique_ptr<Object> object_;
};

}  // namespace vmtrail
