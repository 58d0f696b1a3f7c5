// What programs have in common that train one kind of network under many settings.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "options.h"
#include "weft/train/chart.h"
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

  /// As BaseOptions::parse; with --resume what is left out is what the sweep was told. Throws ValueError for the name
  /// of a chart that cannot be drawn, and, as Options, for a sweep that cannot be gone on with so.
  void parse(int argc, char** argv);
  /// What it was told or has chosen itself, by which it is gone on with.
  ToldOptions kept() const;

 private:
  KeepingRules rules_;
};

/// Networks, one after the other:
///
///     models::NetworkSweep sweep(options, digits, columns, networks);
///     for (int64_t hidden : options.hidden)
///       sweep.train({{"hidden", hidden}}, inputs, [&](train::RunOptions run) { ... return train::Numbers{...}; });
///     return sweep.finish(charts);
///
/// The results are kept in the file of --results or the folder of --out, which also holds a run's folder for each
/// network; a network whose results are there is not trained again. Ctrl-C ends the present network as it ends a run,
/// and no other is begun.
class NetworkSweep {
 public:
  /// Opens its folder and files. Throws IoError for those that cannot be written or read, ValueError where a
  /// sweep that is gone on with was trained on another data set.
  NetworkSweep(const SweepOptions& options, const weft::train::DigitSets& digits,
               std::vector<weft::train::SweepColumn> columns, size_t networks);

  /// How a network's inputs are scaled, and its loss as `weft train` names it.
  struct Inputs {
    std::string loss = "cross_entropy";
    weft::train::InputScale scale = {};
  };
  using Work = std::function<weft::train::Numbers(weft::train::RunOptions)>;
  /// Calls `work` with what its train::Run is to be told but for the length; its results count unless it was
  /// interrupted. What is drawn begins at --seed for each network.
  void train(const weft::train::Numbers& settings, const Inputs& inputs, const Work& work);

  const weft::train::Sweep& results() const { return sweep_; }
  /// Prints the table and how to go on, and draws.
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
