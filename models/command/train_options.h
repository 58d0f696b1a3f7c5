// The command line of `weft train`.
#pragma once

#include <optional>
#include <string>

#include "command/data_sets.h"
#include "options.h"

namespace command {

struct TrainOptions : models::BaseOptions, weft::train::RunOptions {
  TrainOptions();

  std::string net;
  DataRequest data_set;
  std::string optimizer = "adam", schedule = "constant", loss = "cross_entropy", augment;
  std::optional<std::string> scale, batch;
  std::optional<double> lr;
  bool replacement = false;

  /// Reads the command line; with --resume what it leaves out is what the run was told when it began, and what may not
  /// change must not differ (ValueError).
  static std::unique_ptr<TrainOptions> read(int argc, char** argv);
  int64_t batch_of(int64_t samples) const;
  /// The folder that --resume names, if any.
  std::optional<std::string> resumed_folder() const;
  /// What it was told, for the notes of its checkpoints: all that decides what the run computes.
  std::vector<std::pair<std::string, std::string>> kept() const;

 private:
  void add_options();
  void finish();
  std::vector<double> stop_;
};

}  // namespace command
