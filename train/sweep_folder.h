// SweepFolder: the folder that a sweep leaves behind.
#pragma once

#include <optional>
#include <string>

#include "weft/train/notes.h"
#include "weft/train/output_folder.h"
#include "weft/train/run.h"

namespace weft::train {

/// sweep.json (the program and what it was told), results.jsonl (train::Sweep's), report.html, and a run's folder for
/// each network.
class SweepFolder : public OutputFolder {
 public:
  /// As OutputFolder, whose marker is sweep.json; writes it.
  SweepFolder(std::string path, bool resumed, const std::string& program, const ToldOptions& options);

  std::string results() const { return file("results.jsonl"); }
  std::string report() const { return file("report.html"); }
  /// Makes a run one of this folder, under `name`: a new one, or what was begun there goes on.
  void place(RunOptions& run, const std::string& name) const;
};

/// What the sweep in a folder was told. Throws IoError where there is none, StateError for that of another program or a
/// file that cannot be read.
ToldOptions options_of_sweep(const std::string& path, const std::string& program);

}  // namespace weft::train
