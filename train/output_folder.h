// OutputFolder: a folder that a program creates and fills.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "weft/train/folder_lock.h"

namespace weft::train {

/// A folder filled by one process at a time. Its files are known by name; one of them, the marker, shows that something
/// was saved.
class OutputFolder {
 public:
  /// `files` are the names of all files, the marker first; `early` are those written before it. With `resumed` the
  /// folder must contain the marker. Otherwise it must be new, empty, or contain only early files of a process that was
  /// killed before it wrote the marker; these are removed. Temporary files of killed processes are always removed.
  /// Throws IoError for any other folder, for one that cannot be created or written, and, with the process, for one in
  /// use.
  OutputFolder(std::string path, std::vector<std::string> files, std::vector<std::string> early, bool resumed);
  /// Removes a folder that it created if nothing was saved.
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  bool is_saved() const;
  /// Stores a text that lock_note returns if this process is killed.
  void note(const std::string& text) { lock_->note(text); }

 private:
  void clear(bool resumed) const;
  std::string path_;
  std::vector<std::string> files_, early_;
  std::unique_ptr<FolderLock> lock_;
  std::string made_;  ///< the first folder of the path that had to be created
};

/// The first of "STEM-1", "STEM-2" ... that does not exist.
std::string unused_folder(const std::string& stem);

/// Throws IoError if no file can be written at `path`, so that a run does not fail only after hours.
void check_writable(const std::string& path);

/// Throws IoError if `path` is not a folder that a run could have written: it does not exist, or is a file.
void check_run_folder(const std::string& path);

}  // namespace weft::train
