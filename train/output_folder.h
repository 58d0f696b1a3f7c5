// OutputFolder: a folder that a program makes and fills.
#pragma once

#include <string>

namespace weft::train {

/// A folder with a file, the marker, that tells that something was saved into it.
class OutputFolder {
 public:
  /// With `resumed` the folder of an earlier run, which holds the marker; else one that is new or empty, so that
  /// nothing is written over. Throws IoError where that is not so, or the folder cannot be made or written.
  OutputFolder(std::string path, std::string marker, bool resumed);
  /// Removes a folder that it made and nothing was saved into.
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  bool is_saved() const;

 private:
  std::string path_, marker_;
  std::string made_;  ///< the first folder on the way to it that had to be made
};

/// The first of "STEM-1", "STEM-2" ... that does not exist.
std::string unused_folder(const std::string& stem);

/// Throws IoError where no file could be written at `path`: a run of hours must not end with nothing for that.
void check_writable(const std::string& path);

/// Throws IoError where `path` is no folder that a run could have written: nothing is there, or a file.
void check_run_folder(const std::string& path);

}  // namespace weft::train
