// Sweep: runs the same work under many settings; collects the results in a table, in curves, and in a file from which
// an interrupted sweep resumes.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weft/train/series.h"
#include "weft/train/table.h"

namespace weft::train {

/// Named numbers, in insertion order.
using Numbers = std::vector<std::pair<std::string, double>>;

/// A column of the output and the table, with the fmt format of its numbers.
struct SweepColumn {
  std::string name, format;
};

/// A table of runs:
///
///     train::Sweep sweep({{"hidden", "{}"}, {"accuracy", "{:.2f} %"}}, "results.jsonl");
///     for (int hidden : {500, 1000})
///       sweep.run({{"hidden", hidden}}, [&] { return train::Numbers{{"accuracy", 100 * train_and_test(hidden)}}; });
///     fmt::print("{}", sweep.table().text());
///
/// The file has one JSON object per run, {"settings": {...}, "results": {...}}, written when the run is over; a number
/// that is not finite is null. Runs whose settings are already in the file are skipped.
class Sweep {
 public:
  /// Reads the results in `path`, if it exists. Throws IoError if it cannot be read or written, and, with the line, for
  /// an invalid file; an incomplete last line is removed.
  explicit Sweep(std::vector<SweepColumn> columns, std::optional<std::string> path = {});

  /// The results under `settings`, which should include everything that they depend on: from the file, else from
  /// `work`. Prints the columns in one line. `work` returns no results for an aborted run, which is neither stored nor
  /// shown. Throws StateError if a column is neither a setting nor a result, IoError if the file cannot be written.
  Numbers run(const Numbers& settings, const std::function<Numbers()>& work);

  /// The settings among the columns in one word that is a valid file name: "hidden-500_rate-0.01".
  std::string name_of(const Numbers& settings) const;
  /// Names of the runs, in the order of the calls.
  std::vector<std::string> names() const;
  /// One row per run, in the order of the calls.
  Table table() const;
  /// `y` over `x`, one curve for each value of `by`, of the runs with all settings of `where`. A curve is named after
  /// `by` and its value: "rate 0.01".
  std::vector<Series> series(const std::string& x, const std::string& y, const std::string& by,
                             const Numbers& where = {}) const;

 private:
  struct Result {
    Numbers settings, results;
  };
  void read();
  void write(const Result& result) const;
  std::vector<std::string> cells(const Result& result) const;

  std::vector<SweepColumn> columns_;
  std::optional<std::string> path_;
  std::vector<Result> known_, runs_;
};

}  // namespace weft::train
