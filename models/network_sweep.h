// Common parts of programs that train one kind of network with many settings.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weft/app/command_line.h"
#include "weft/report/chart.h"
#include "weft/train/stop_signals.h"
#include "weft/train/sweep.h"
#include "weft/train/sweep_folder.h"

namespace models {

/// The command line of such a program.
struct SweepOptions : BaseOptions {
  using BaseOptions::BaseOptions;

  std::vector<int64_t> hidden = {500, 1000, 1500, 2000};
  std::vector<double> rates;
  int64_t epochs = 200, images = 20000;
  bool allow_nan = false;
  std::optional<std::string> results, chart, out, resume;
  std::string program;

  /// Like BaseOptions::parse; with --resume, missing options are those of the original sweep. Throws ValueError for an
  /// invalid chart name, and, like Options, for a sweep that cannot be resumed.
  void parse(int argc, char** argv);
  /// Its given or chosen options, with which it can be resumed.
  GivenOptions kept() const;

 private:
  KeepingRules rules_;
};

/// Trains networks one after the other:
///
///     models::NetworkSweep sweep(options, digits, columns, networks);
///     for (int64_t hidden : options.hidden)
///       sweep.train({{"hidden", hidden}}, inputs, [&](train::RunOptions run) { ... return train::Numbers{...}; });
///     return sweep.finish(charts);
///
/// The results are stored in the file of --results or the folder of --out, which also contains a run's folder for each
/// network; a network with stored results is not trained again. Ctrl-C ends the current network like a run, and no
/// other is started.
class NetworkSweep {
 public:
  /// Opens its folder and files. Throws IoError for those that cannot be written or read, ValueError if a resumed sweep
  /// was trained on another data set.
  NetworkSweep(const SweepOptions& options, const weft::train::DigitSets& digits,
               std::vector<weft::train::SweepColumn> columns, size_t networks);

  /// The scaling of a network's inputs, and the name of its loss in `weft train`.
  struct Inputs {
    std::string loss = "cross_entropy";
    weft::train::InputScale scale = {};
  };
  using Work = std::function<weft::train::Numbers(weft::train::RunOptions)>;
  /// Calls `work` with the options of its train::Run except the length; its results count unless it was interrupted.
  /// Each network starts with the random state of --seed.
  void train(const weft::train::Numbers& settings, const Inputs& inputs, const Work& work);

  const weft::train::Sweep& results() const { return sweep_; }
  /// Prints the table and how to resume, and draws the charts.
  int finish(const std::vector<weft::train::Chart>& charts);

 private:
  weft::train::RunOptions run_options(const weft::train::Numbers& settings, const Inputs& inputs) const;
  void write_report(const std::vector<weft::train::Chart>& charts) const;

  const SweepOptions& options_;
  std::string data_;
  weft::train::Notes notes_;
  size_t networks_, begun_ = 0, failed_ = 0;
  weft::train::StopSignals stop_signals_;
  std::unique_ptr<weft::train::SweepFolder> folder_;
  weft::train::Sweep sweep_;
};

}  // namespace models
