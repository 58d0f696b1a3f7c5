// The command line of `weft train`.
#pragma once

#include <optional>
#include <string>

#include "command/data_sets.h"
#include "options.h"

namespace command {

/// What the notes of its runs call it.
inline constexpr const char* kProgram = "weft train";

struct TrainOptions : models::BaseOptions, weft::train::RunOptions {
  TrainOptions();

  std::string net;
  DataRequest data_set;
  std::string optimizer = "adam", schedule = "constant", loss = "cross_entropy", augment;
  std::optional<std::string> scale, batch;
  std::optional<double> lr;
  bool replacement = false;

  /// Reads the command line; with --resume what it leaves out is what the run was told when it began. Throws ValueError
  /// where it tells otherwise what may not change, IoError and StateError for what is no run.
  static std::unique_ptr<TrainOptions> read(int argc, char** argv);
  int64_t batch_of(int64_t samples) const;
  /// What it was told, for the notes of its checkpoints: all that decides what the run computes.
  models::ToldOptions kept() const;

 private:
  void add_options();
  void go_on(int argc, char** argv);
  void finish();
  std::vector<double> stop_;
};

}  // namespace command
