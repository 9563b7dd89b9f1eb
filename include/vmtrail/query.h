// SPDX-License-Identifier: Apache-2.0
// Questions about the model and their answers in JSON: the same whoever asks, over whatever carries
// them. docs/queries.md has every question with its options and the shape of its answer.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vmtrail/dispatcher.h"
#include "vmtrail/error.h"
#include "vmtrail/ids.h"
#include "vmtrail/model.h"
#include "vmtrail/rules.h"
#include "vmtrail/snapshot.h"
#include "vmtrail/time.h"

namespace vmtrail {

/// One question. Every value is text, as a command line and a URL have it; a flag's is "true".
struct Request {
  std::string op;  ///< a command's name: where, host, hosts …
  std::vector<std::pair<std::string, std::string>> options;  ///< each at most once

  /// nullptr: it is not given, or empty, which is the same.
  [[nodiscard]] const std::string* find(std::string_view option) const;
};

/// Reads `{"op":"where","instance":…}`. Values may be strings, whole numbers, true or false (null
/// and false: not given). Errors: wrong_usage.
[[nodiscard]] Result<Request> parse_request(std::string_view json);

/// Records as the store has them, one CloudEvents object each, in sequence.
struct RecordPage {
  std::vector<std::string> records;
  Sequence next{};         ///< the last one's; what was asked for if there is none
  bool compacted = false;  ///< what follows what was asked for is gone; there are no records then
};

/// What only a store can tell. It is asked while the model waits, so it must not take long.
class Archive {
 public:
  virtual ~Archive() = default;
  /// The instance's events that are no facts any more, or never became any: the last of either, as
  /// many as Model::Options::trail says, and the one that decided. Oldest first.
  [[nodiscard]] virtual Result<std::vector<TrailSnapshot>> trail(const InstanceId& id) = 0;
  /// Those after `since`, at most `limit`.
  [[nodiscard]] virtual Result<RecordPage> records_since(Sequence since, std::size_t limit) = 0;
};

/// Which events were ever taken: the same set of events has the same digest, however it came.
struct InputDigest {
  std::uint64_t messages = 0;
  std::string sha256;  ///< of their ids in ascending order, a line feed behind each; in hexadecimal
};

/// How events came, of one type from one publisher, as far as the store still knows.
struct FeedLine {
  std::string event_type;
  std::string publisher;  ///< service.host; empty: not told
  std::uint64_t events = 0;
  std::uint64_t with_payload_host = 0;  ///< of `facts`
  std::uint64_t facts = 0;              ///< those of which it is known whether they had one
  Time newest;
};

/// What is asked. Borrows everything during one call.
struct Subject {
  const Model& model;
  const RuleSet& rules;        ///< those of the model's facts
  Time now;                    ///< for the age of the newest event, and for nothing else
  Archive* archive = nullptr;  ///< nullptr: nothing is kept
  // What takes long to read is read beforehand, by whoever asks, for the question that needs it.
  const InputDigest* inputs = nullptr;          ///< of `report`; nullptr: not known
  const std::vector<FeedLine>* feed = nullptr;  ///< of `doctor`, which is refused without
  const Counts* counts = nullptr;               ///< of `stats`: since the program was started
};

/// An answer: one JSON object without a line end, which begins with `sequence`, `newest_event` and
/// `age_s`. If it failed, `error` is in it: an object of `code`, `message` and, where the question
/// fits more than one instance, `candidates`.
struct Answer {
  std::string json;
  std::optional<Error> error;  ///< not_found, ambiguous, wrong_usage, or the archive's
};

/// Changes nothing, waits for nothing but the archive, and throws nothing but std::bad_alloc. Not
/// longer than it takes to read every instance once; `where` by id and `hosts` take no notice of
/// how many there are.
[[nodiscard]] Answer answer(const Request& request, const Subject& subject);

}  // namespace vmtrail
