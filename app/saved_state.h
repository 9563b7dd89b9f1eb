// SPDX-License-Identifier: Apache-2.0
// A state directory, opened to be asked.

#pragma once

#include <memory>
#include <string>

#include "io/store.h"
#include "io/store_reader.h"
#include "vmtrail/model.h"
#include "vmtrail/query.h"
#include "vmtrail/rules.h"

namespace vmtrail {

/// The model as the state directory has it, with the rules that its facts refer to.
class SavedState {
 public:
  [[nodiscard]] static Result<std::unique_ptr<SavedState>> open(const std::string& directory);

  /// By the wall clock.
  [[nodiscard]] Answer ask(const Request& request);
  [[nodiscard]] const Model& model() const { return model_; }

 private:
  SavedState(Store store, StoreReader reader, RuleSet rules, Model::Options options)
      : store_(std::move(store)),
        reader_(std::move(reader)),
        rules_(std::move(rules)),
        model_(std::move(options)) {}

  Store store_;
  StoreReader reader_;
  RuleSet rules_;
  Model model_;
};

}  // namespace vmtrail
