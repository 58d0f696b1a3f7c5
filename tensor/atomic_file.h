// AtomicFile: a file that appears whole or not at all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weft {

/// Writes a temporary file beside `path` and moves it there on commit: a crash or a full disk at any moment leaves the
/// old file or the new one, never a part. Throws IoError naming the file and the system's reason.
class AtomicFile {
 public:
  /// Opens the temporary. The folder must exist; what stands at `path` must be a regular file or nothing. A symbolic
  /// link is followed: the file it points to is replaced.
  explicit AtomicFile(const std::string& path);
  /// Removes the temporary unless committed.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, int64_t bytes);
  /// Makes the content durable and gives it its name.
  void commit();

 private:
  [[noreturn]] void fail(const char* what) const;
  std::string path_, temporary_;
  int fd_ = -1;
};

/// All of a file at once. Throws as AtomicFile.
void write_whole(const std::string& path, std::string_view content);

}  // namespace weft
