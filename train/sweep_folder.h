// SweepFolder: the folder of a sweep.
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
  /// See OutputFolder; the marker is sweep.json, written here if the folder is new. Throws ValueError if a resumed
  /// sweep was trained on another data set.
  SweepFolder(std::string path, bool resumed, const Notes& notes);
  /// If nothing of the first network was saved, the folder is removed.
  ~SweepFolder();

  std::string results() const { return file("results.jsonl"); }
  std::string report() const { return file("report.html"); }
  /// Rewrites sweep.json with the options of a resumed sweep.
  void save_notes(const Notes& notes) const;
  /// Places a run in this folder, under `name`: a new one, or resumes an existing one.
  void place(RunOptions& run, const std::string& name) const;

 private:
  bool resumed_;
};

/// The notes of the sweep in a folder. Throws IoError if there is none, StateError for that of another program or an
/// unreadable file.
Notes notes_of_sweep(const std::string& path, const std::string& program);

}  // namespace weft::train
