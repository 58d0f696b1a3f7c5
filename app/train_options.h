// The command line of `weft train`.
#pragma once

#include <optional>
#include <string>

#include "weft/app/command_line.h"
#include "weft/app/data_sets.h"

namespace command {

/// The program's name in the notes of its runs.
inline constexpr const char* kProgram = "weft train";

struct TrainOptions : models::BaseOptions, weft::train::RunOptions {
  TrainOptions();

  std::string net;
  DataRequest data_set;
  std::string optimizer = "adam", schedule = "constant", loss = "cross_entropy", augment;
  std::optional<std::string> scale, batch;
  std::optional<double> lr;
  bool replacement = false;

  /// Parses the command line; with --resume, missing options are those of the original run. Throws ValueError for
  /// another value of an option that may not change, IoError and StateError if there is no valid run.
  static std::unique_ptr<TrainOptions> read(int argc, char** argv);
  int64_t batch_of(int64_t samples) const;
  /// The options for the notes of its checkpoints: all that determine the run's results.
  models::GivenOptions kept() const;

 private:
  void add_options();
  void go_on(int argc, char** argv);
  void finish();
  std::vector<double> stop_;
};

}  // namespace command
