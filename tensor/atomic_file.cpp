// Writes a temporary file, then fsync, rename, and fsync of the folder.
#include "weft/tensor/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "weft/tensor/error.h"

namespace weft {

AtomicFile::AtomicFile(const std::string& path) : path_(path) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::is_symlink(path, error)) {
    fs::path target = fs::weakly_canonical(path, error);
    if (!error) path_ = target.string();
  }
  struct stat old {};
  bool exists = ::stat(path_.c_str(), &old) == 0;
  check<IoError>(!exists || S_ISREG(old.st_mode), "[save] '{}' exists and is not a regular file", path_);
  static std::atomic<unsigned> count{0};
  // A killed process with the same id, as in containers, may have left the name behind.
  do {
    temporary_ = fmt::format("{}.{}-{}.tmp", path_, ::getpid(), count++);
    fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (fd_ < 0 && errno == EEXIST);
  if (fd_ < 0) {
    temporary_.clear();
    fail("cannot create the file");
  }
  // The new file keeps the old one's permissions; a file system without modes has none to keep.
  if (exists) ::fchmod(fd_, old.st_mode & 0777);
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::fail(const char* what) const {
  weft::fail<IoError>("[save] '{}': {}: {}", path_, what, std::strerror(errno));
}

void AtomicFile::write(const void* data, int64_t bytes) {
  const char* p = static_cast<const char*>(data);
  while (bytes > 0) {
    ssize_t n = ::write(fd_, p, static_cast<size_t>(bytes));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("cannot write");
    p += n, bytes -= n;
  }
}

void AtomicFile::commit() {
  while (::fsync(fd_) != 0)
    if (errno != EINTR) fail("cannot write to the disk");
  // close reports delayed errors of network file systems; the descriptor is closed in any case.
  if (::close(std::exchange(fd_, -1)) != 0 && errno != EINTR) fail("cannot close");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail("cannot rename the finished file");
  temporary_.clear();

  std::string folder = std::filesystem::path(path_).parent_path().string();
  int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;  // a folder that may be written but not read: the rename is done, only its sync is impossible
  int result = ::fsync(fd);
  int error = errno;
  ::close(fd);
  errno = error;
  // Some file systems cannot sync a folder and return EINVAL.
  if (result != 0 && error != EINVAL && error != EINTR) fail("saved, but the folder could not be synced");
}

void write_whole(const std::string& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content.data(), static_cast<int64_t>(content.size()));
  file.commit();
}

}  // namespace weft
