// RunFolder: the folder that a training run leaves behind.
#pragma once

#include <string>

namespace weft::train {

/// metrics.jsonl, last.safetensors, best.safetensors and report.html of one run.
class RunFolder {
 public:
  /// With `resumed` the folder of an earlier run, which holds last.safetensors; else one that is new or empty, so that
  /// no run writes over another. Throws IoError where that is not so, or the folder cannot be made or written.
  RunFolder(std::string path, bool resumed);
  /// Removes a folder that it made and nothing was saved into: of a run that failed before its first step.
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string metrics() const { return path_ + "/metrics.jsonl"; }
  std::string last() const { return path_ + "/last.safetensors"; }
  std::string best() const { return path_ + "/best.safetensors"; }
  std::string report() const { return path_ + "/report.html"; }

 private:
  std::string path_;
  std::string made_;  ///< the first folder on the way to it that had to be made
};

/// The first of "STEM-1", "STEM-2" ... that does not exist.
std::string unused_folder(const std::string& stem);

/// Throws IoError where no file could be written at `path`: a run of hours must not end with nothing for that.
void check_writable(const std::string& path);

}  // namespace weft::train
