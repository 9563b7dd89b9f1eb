// SPDX-License-Identifier: Apache-2.0
// Where something stands in a text file.

#pragma once

namespace vmtrail {

/// Line and column from 1; 0: nowhere.
struct Place {
  int line = 0;
  int column = 0;

  bool operator==(const Place&) const = default;
};

}  // namespace vmtrail
