// SPDX-License-Identifier: Apache-2.0

#include "app/saved_state.h"

#include <chrono>
#include <utility>

namespace vmtrail {

Result<std::unique_ptr<SavedState>> SavedState::open(const std::string& directory) {
  auto reader = StoreReader::open(directory);
  if (!reader) return tl::unexpected(reader.error());
  Store& store = reader->store();
  if (auto held = store.hold(); !held) return tl::unexpected(held.error());
  const auto files = store.rules();
  if (!files) return tl::unexpected(files.error());
  auto rules = files->empty() ? RuleSet::shipped() : RuleSet::parse(*files);
  if (!rules) {
    return tl::unexpected(
        Error{ErrorCode::store_error,
              directory + ": the rules in it are wrong: " + rules.error().detail});
  }
  auto options = store.model_options();
  if (!options) return tl::unexpected(options.error());
  auto state = std::unique_ptr<SavedState>(
      new SavedState(std::move(*reader), std::move(*rules), std::move(*options)));
  if (auto loaded = state->reader_.store().load(state->model_, state->rules_); !loaded) {
    return tl::unexpected(loaded.error());
  }
  return state;
}

void SavedState::let_go() {
  reader_.store().rollback();
}

Answer SavedState::ask(const Request& request) {
  Subject subject{.model = model_,
                  .rules = rules_,
                  .now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()),
                  .archive = &reader_};
  Result<InputDigest> inputs;
  if (request.op == "report") {
    inputs = reader_.inputs();
    if (!inputs) return {{}, inputs.error()};
    subject.inputs = &*inputs;
  }
  Result<std::vector<FeedLine>> feed;
  if (request.op == "doctor") {
    feed = reader_.feed();
    if (!feed) return {{}, feed.error()};
    subject.feed = &*feed;
  }
  return answer(request, subject);
}

}  // namespace vmtrail
