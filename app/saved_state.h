// SPDX-License-Identifier: Apache-2.0
// A state directory, opened to be asked.

#pragma once

#include <memory>
#include <string>

#include "io/store_reader.h"
#include "vmtrail/model.h"
#include "vmtrail/query.h"
#include "vmtrail/rules.h"

namespace vmtrail {

/// The model as the state directory has it, with the rules that its facts refer to, and all else of
/// the same moment, whatever a running program writes meanwhile.
class SavedState {
 public:
  [[nodiscard]] static Result<std::unique_ptr<SavedState>> open(const std::string& directory);

  /// By the wall clock.
  [[nodiscard]] Answer ask(const Request& request);
  [[nodiscard]] const Model& model() const { return model_; }
  /// Nothing is asked any more, but the model may be read on: a writer's log can be emptied again.
  void let_go();

 private:
  SavedState(StoreReader reader, RuleSet rules, Model::Options options)
      : reader_(std::move(reader)), rules_(std::move(rules)), model_(std::move(options)) {}

  StoreReader reader_;
  RuleSet rules_;
  Model model_;
};

}  // namespace vmtrail
