// OutputFolder: a folder that a program makes and fills.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weft/train/folder_lock.h"

namespace weft::train {

/// A folder that one process at a time fills. Its files are known by name; one of them, the marker, tells that
/// something was saved.
class OutputFolder {
 public:
  /// `files` are the names of all files, the marker first; `early` are those written before it. With `resumed` the
  /// folder holds the marker. Otherwise it is new, empty, or holds what a process left that was killed before it wrote
  /// the marker: early files, which are removed. Temporaries of killed processes are removed in every case. Throws
  /// IoError for any other folder, for one that cannot be made or written, and, naming the process, for one in use.
  OutputFolder(std::string path, std::vector<std::string> files, std::vector<std::string> early, bool resumed);
  /// Removes a folder that it made and nothing was saved into.
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  bool is_saved() const;
  /// Stores a text that lock_note reads where this process is killed.
  void note(const std::string& text) { lock_->note(text); }

 private:
  void clear(bool resumed) const;
  std::string path_;
  std::vector<std::string> files_, early_;
  std::unique_ptr<FolderLock> lock_;
  std::string made_;  ///< the first folder on the way to it that had to be made
};

/// The first of "STEM-1", "STEM-2" ... that does not exist.
std::string unused_folder(const std::string& stem);

/// Throws IoError where no file could be written at `path`: a run of hours must not end with nothing for that.
void check_writable(const std::string& path);

/// Throws IoError where `path` is no folder that a run could have written: nothing is there, or a file.
void check_run_folder(const std::string& path);

}  // namespace weft::train
