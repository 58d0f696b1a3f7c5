// AtomicFile: replaces a file completely or not at all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weft {

/// Writes a temporary file beside `path` and renames it on commit: after a crash or a full disk the old file or the new
/// one exists, never a part. Throws IoError with the file and the system's reason.
class AtomicFile {
 public:
  /// Opens the temporary file. The folder must exist; `path` must be a regular file or not exist. A symbolic link is
  /// followed: the file it points to is replaced.
  explicit AtomicFile(const std::string& path);
  /// Removes the temporary file unless committed.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, int64_t bytes);
  /// Syncs the content to disk and renames the file.
  void commit();

 private:
  [[noreturn]] void fail(const char* what) const;
  std::string path_, temporary_;
  int fd_ = -1;
};

/// Writes a complete file. Throws as AtomicFile.
void write_whole(const std::string& path, std::string_view content);

}  // namespace weft
