// SPDX-License-Identifier: Apache-2.0

#include "tests/disorder/row.h"

#include <algorithm>
#include <cmath>
#include <thread>
#include <utility>

namespace vmtrail::disorder {
namespace {

static_assert(Measured::kForms == 6);

/// FNV-1a, so that each row has chances of its own, whichever rows are run.
std::uint64_t hashed(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = 14695981039346656037ULL ^ seed;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

struct Example {
  std::size_t life;
  std::string text;
};

void keep(std::vector<Example>& examples, std::size_t most, std::size_t life, const Form& form,
          const Finding& finding) {
  const bool wrong = !finding.answer.empty();
  if (examples.size() >= most || (finding.fault.empty() && !wrong)) return;
  std::string text = "life " + std::to_string(life) + ", " + std::string(form.name());
  if (!finding.fault.empty()) text += "\n" + finding.fault;
  if (wrong) text += "\n" + finding.answer;
  examples.push_back({life, std::move(text)});
}

}  // namespace

Tally Measured::total() const {
  Tally sum;
  for (const Tally& tally : by_form) sum.add(tally);
  return sum;
}

Measured measure(const Row& row, const std::vector<Recording>& recordings, const Run& run) {
  const unsigned threads = std::max(1U, run.threads);
  std::vector<Measured> parts(threads);
  std::vector<std::vector<Example>> examples(threads);
  const auto work = [&](unsigned part) {
    for (std::size_t i = part; i < run.lives; i += threads) {
      Random random(hashed(row.name, run.seed) + i);
      const Life life = live(recordings, row.life, random);
      for (std::size_t f = 0; f < forms().size(); ++f) {
        const Form& form = forms()[f];
        if (row.updates && *row.updates != form.updates) continue;
        const Finding finding = tried(life, form, row.disturbance, row.trial, random);
        parts[part].by_form[f].add(finding);
        keep(examples[part], run.examples, i, form, finding);
      }
    }
  };
  static_cast<void>(testing::shipped_rules());  // parsed before there are threads
  std::vector<std::thread> workers;
  for (unsigned part = 0; part < threads; ++part) workers.emplace_back(work, part);
  for (std::thread& worker : workers) worker.join();

  Measured result;
  std::vector<Example> all;
  for (unsigned part = 0; part < threads; ++part) {
    for (std::size_t f = 0; f < result.by_form.size(); ++f) {
      result.by_form[f].add(parts[part].by_form[f]);
    }
    std::move(examples[part].begin(), examples[part].end(), std::back_inserter(all));
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Example& a, const Example& b) { return a.life < b.life; });
  if (all.size() > run.examples) all.resize(run.examples);
  for (Example& example : all) result.examples.push_back(std::move(example.text));
  return result;
}

std::string shortcomings(const Row& row, const Tally& tally) {
  std::string result;
  const auto say = [&](std::string_view what, std::size_t is, std::string_view relation,
                       std::size_t should) {
    result += std::string(row.name) + ": " + std::string(what) + " " + std::to_string(is) + " of " +
              std::to_string(tally.trials) + ", " + std::string(relation) + " " +
              std::to_string(should) + "\n";
  };
  const auto least = [&](std::string_view what, std::size_t right, double percent) {
    // A small sample scatters about the truth, by three standard deviations at most; not about 100.
    const auto trials = static_cast<double>(tally.trials);
    const double share = percent / 100;
    const double scatter = 3 * std::sqrt(trials * share * (1 - share));
    const auto should =
        static_cast<std::size_t>(std::max(0.0, std::floor(trials * share - scatter)));
    if (right < should) say(what, right, "at least", should);
  };
  least("host", tally.host, row.bar.host);
  least("vm_state", tally.vm_state, row.bar.vm_state);
  least("deleted", tally.deleted, row.bar.deleted);
  least("migrations", tally.migrations, row.bar.migrations);
  if (tally.confidently_wrong != 0) say("confidently wrong", tally.confidently_wrong, "at most", 0);
  if (tally.faults != 0) say("faults", tally.faults, "at most", 0);
  return result;
}

}  // namespace vmtrail::disorder
