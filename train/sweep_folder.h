// SweepFolder: the folder that a sweep leaves behind.
#pragma once

#include <optional>
#include <string>

#include "weft/train/notes.h"
#include "weft/train/output_folder.h"
#include "weft/train/run.h"

namespace weft::train {

/// sweep.json (the notes), results.jsonl (train::Sweep's), report.html, and a run's folder for each network.
class SweepFolder : public OutputFolder {
 public:
  /// As OutputFolder, whose marker is sweep.json; writes it where it is new. Throws ValueError where a sweep that is
  /// gone on with was trained on another data set.
  SweepFolder(std::string path, bool resumed, const Notes& notes);
  /// Of a sweep that failed before anything of its first network was saved nothing stays.
  ~SweepFolder();

  std::string results() const { return file("results.jsonl"); }
  std::string report() const { return file("report.html"); }
  /// Writes sweep.json anew, with what was told to a sweep that is gone on with.
  void tell(const Notes& notes) const;
  /// Makes a run one of this folder, under `name`: a new one, or what was begun there goes on.
  void place(RunOptions& run, const std::string& name) const;

 private:
  bool resumed_;
};

/// The notes of the sweep in a folder. Throws IoError where there is none, StateError for that of another program or a
/// file that cannot be read.
Notes notes_of_sweep(const std::string& path, const std::string& program);

}  // namespace weft::train
