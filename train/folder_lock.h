// FolderLock: lets one process at a time write into a folder.
#pragma once

#include <string>

namespace weft::train {

/// An exclusive lock (flock) on the file `.lock` of a folder, held until destruction. The kernel releases it when the
/// process dies, so a lock file of a killed process locks nothing.
class FolderLock {
 public:
  static constexpr const char* kName = ".lock";

  /// Throws IoError with the other process if it holds the lock, and if the file cannot be created.
  explicit FolderLock(const std::string& folder);
  /// Removes the file.
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  /// Stores `text` in the file: if this process is killed, a later one can read it with lock_note.
  void note(const std::string& text);

 private:
  std::string path_;
  int fd_ = -1;
};

/// The text stored by the last holder of the lock; empty if there is none.
std::string lock_note(const std::string& folder);

}  // namespace weft::train
