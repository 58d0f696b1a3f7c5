// Sweep: the same work under many settings, with the results in a table, in curves, and in a file from which a sweep
// that was stopped goes on.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weft/train/chart.h"
#include "weft/train/table.h"

namespace weft::train {

/// Numbers with names, in an order of their own.
using Numbers = std::vector<std::pair<std::string, double>>;

/// A number of every run that its lines and the table show, with the fmt format that prints it.
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
/// that is not finite is null there. A run whose settings it holds already is not made again.
class Sweep {
 public:
  /// Reads the results that `path` holds, if it is there. Throws IoError where it cannot be read or written, and,
  /// naming the line, for what is no such file; a last line that was not finished is cut off.
  explicit Sweep(std::vector<SweepColumn> columns, std::optional<std::string> path = {});

  /// The results under `settings`, which should name all that they depend on: the file's, else those of `work`. Prints
  /// the columns in one line. No results are those of a run that was broken off, which is neither kept nor shown.
  /// Throws StateError where a column is neither a setting nor a result, IoError where the file cannot be written.
  Numbers run(const Numbers& settings, const std::function<Numbers()>& work);

  /// The settings among the columns in a word, as a file may be called: "hidden-500_rate-0.01".
  std::string name_of(const Numbers& settings) const;
  /// Of the runs, in the order in which they were asked for.
  std::vector<std::string> names() const;
  /// A row per run, in the order in which they were asked for.
  Table table() const;
  /// `y` over `x`, one curve for each value of `by`, of the runs that have all the numbers of `where`. A curve is named
  /// after `by` and its value: "rate 0.01".
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
