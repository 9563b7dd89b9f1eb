// SPDX-License-Identifier: Apache-2.0
// Change records as CloudEvents, one after the other.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "vmtrail/record.h"

namespace vmtrail {

/// Writes what append_cloudevent() writes, but what records of one occasion have in common it
/// writes once and copies from then on. One thread at a time.
class CloudEvents {
 public:
  /// `source` names this vmtrail among others ("vmtrail/default").
  explicit CloudEvents(std::string_view source);

  /// The record is the next to be written. Returns how much room write() needs at most.
  [[nodiscard]] std::size_t prepare(const ChangeRecord& record);
  /// Writes at `to` the record that was prepared and returns where it ended.
  char* write(char* to, const ChangeRecord& record) const;

  void append(std::string& out, const ChangeRecord& record);

 private:
  /// A number in digits. Most often the next one is one more.
  class Digits {
   public:
    void set(std::uint64_t number);
    [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }

   private:
    std::uint64_t number_ = 0;
    std::size_t size_ = 0;  // 0: none yet
    std::array<char, 20> text_;
  };

  void keep(const ChangeRecord& record);

  std::string source_;  // from behind the id up to the type
  Digits sequence_;

  // What the records of an occasion share, in one room.
  std::unique_ptr<char[]> room_;
  std::size_t room_size_ = 0;
  std::string_view head_;   // from behind the type up to the second sequence
  std::string_view about_;  // from there up to the change
  std::string_view state_;  // from behind the change up to what only some types have
  std::string_view cause_;  // from there up to the severity
  std::size_t kept_ = 0;    // bytes of all these and of the source
  Sequence occasion_{};
  const char* subject_ = nullptr;  // of two models the occasions have the same numbers
};

}  // namespace vmtrail
