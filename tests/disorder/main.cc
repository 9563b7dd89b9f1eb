// SPDX-License-Identifier: Apache-2.0
// Lives of instances, made of recorded operations, disturbed on purpose and held against the truth.

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include "tests/disorder/row.h"
#include "tests/disorder/table.h"

namespace {

using vmtrail::disorder::forms;
using vmtrail::disorder::Measured;
using vmtrail::disorder::Recording;
using vmtrail::disorder::Row;
using vmtrail::disorder::Run;
using vmtrail::disorder::Tally;

void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
}

/// What falls short, and examples of it, to standard error.
bool report(const Row& row, const Measured& measured, bool verbose) {
  const std::string short_of = vmtrail::disorder::shortcomings(row, measured.total());
  if (short_of.empty() && !verbose) return true;
  std::fputs(short_of.c_str(), stderr);
  for (const std::string& example : measured.examples) {
    std::fprintf(stderr, "%s\n\n", example.c_str());
  }
  return short_of.empty();
}

int run(int argc, char** argv) {
  CLI::App app{"Disturbs lives made of recorded operations and counts where the model is right.",
               ""};
  Run options;
  options.lives = 10'000;
  options.threads = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::string> chosen;
  bool list = false;
  bool split = false;
  bool verbose = false;
  app.add_option("--trials", options.lives, "lives of each row, each in all six forms")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "same seed, same table")->capture_default_str();
  app.add_option("--row", chosen, "only this row; may be repeated")->type_name("NAME");
  app.add_option("--jobs", options.threads, "threads; they do not change the table")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_flag("--split", split, "a line for each form, too");
  app.add_flag("--examples", verbose, "show wrong answers, even where the bar is met");
  app.add_flag("--list", list, "name the rows and say what each of them does");
  CLI11_PARSE(app, argc, argv);

  std::vector<Row> rows;
  for (const Row& row : vmtrail::disorder::rows()) {
    if (chosen.empty() || std::find(chosen.begin(), chosen.end(), row.name) != chosen.end()) {
      rows.push_back(row);
    }
  }
  for (const std::string& name : chosen) {
    if (std::none_of(rows.begin(), rows.end(), [&](const Row& row) { return row.name == name; })) {
      std::fprintf(stderr, "no row is named '%s'; --list shows them\n", name.c_str());
      return 2;
    }
  }
  if (list) {
    for (const Row& row : rows) {
      print(std::string(row.name) + ": " + std::string(row.title) + "\n");
    }
    return 0;
  }

  const std::vector<Recording> recordings = vmtrail::disorder::recordings();
  bool good = true;
  print(vmtrail::disorder::table_head());
  for (const Row& row : rows) {
    const Measured measured = vmtrail::disorder::measure(row, recordings, options);
    print(vmtrail::disorder::table_row(row.title, measured.total()));
    for (std::size_t i = 0; split && i < forms().size(); ++i) {
      const Tally& tally = measured.by_form[i];
      if (tally.trials == 0) continue;
      print(vmtrail::disorder::table_row("– " + std::string(forms()[i].name()), tally));
    }
    std::fflush(stdout);
    good = report(row, measured, verbose) && good;
  }
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 3;
  }
}
