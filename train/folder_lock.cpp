#include "weft/train/folder_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "weft/tensor/error.h"

namespace weft::train {
namespace {

// "process 12 on HOST", the first line of a lock file.
std::string this_process() {
  char host[256] = {};
  if (gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  return fmt::format("process {} on {}", ::getpid(), host);
}

// The first line, and the lines after it.
std::pair<std::string, std::string> content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string owner;
  std::getline(in, owner);
  return {owner, {std::istreambuf_iterator<char>(in), {}}};
}

// True if `path` still refers to the open file: its last owner may have removed it since.
bool is_named(int fd, const std::string& path) {
  struct stat open {
  }, named{};
  return ::fstat(fd, &open) == 0 && ::stat(path.c_str(), &named) == 0 && open.st_ino == named.st_ino &&
         open.st_dev == named.st_dev;
}

}  // namespace

FolderLock::FolderLock(const std::string& folder) : path_(folder + "/" + kName) {
  for (;;) {
    fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    check<IoError>(fd_ >= 0, "[train] {} cannot be written: {}", path_, std::strerror(errno));
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      const int reason = errno;
      ::close(std::exchange(fd_, -1));
      const std::string owner = content_of(path_).first;
      check<IoError>(reason != EWOULDBLOCK, "[train] {} is in use by {}", folder,
                     owner.empty() ? "another process" : owner);
      fail<IoError>("[train] {} cannot be locked: {}", folder, std::strerror(reason));
    }
    if (is_named(fd_, path_)) break;
    ::close(std::exchange(fd_, -1));
  }
  note(content_of(path_).second);
}

FolderLock::~FolderLock() {
  if (fd_ < 0) return;
  ::unlink(path_.c_str());
  ::close(fd_);
}

void FolderLock::note(const std::string& text) {
  const std::string content = this_process() + "\n" + text;
  const bool written = ::pwrite(fd_, content.data(), content.size(), 0) == static_cast<ssize_t>(content.size()) &&
                       ::ftruncate(fd_, static_cast<off_t>(content.size())) == 0;
  check<IoError>(written, "[train] {} cannot be written: {}", path_, std::strerror(errno));
}

std::string lock_note(const std::string& folder) { return content_of(folder + "/" + FolderLock::kName).second; }

}  // namespace weft::train
