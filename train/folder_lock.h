// FolderLock: one process at a time writes into a folder.
#pragma once

#include <string>

namespace weft::train {

/// An exclusive lock (flock) on the file `.lock` of a folder, held until destruction. The kernel releases it when the
/// process dies, so a lock file left behind by a killed process locks nothing.
class FolderLock {
 public:
  static constexpr const char* kName = ".lock";

  /// Throws IoError when another process holds the lock, naming that process, and when the file cannot be created.
  explicit FolderLock(const std::string& folder);
  /// Removes the file.
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  /// Stores `text` in the file: what a later process may read with lock_note where this one is killed.
  void note(const std::string& text);

 private:
  std::string path_;
  int fd_ = -1;
};

/// The text that the last holder of the lock stored; empty where there is none.
std::string lock_note(const std::string& folder);

}  // namespace weft::train
