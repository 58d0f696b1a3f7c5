#include "weft/tensor/file_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "weft/tensor/error.h"

namespace weft {
namespace {

constexpr int64_t kMostOfPipe = int64_t{4} << 30;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  operator int() const { return fd_; }  // NOLINT

 private:
  int fd_;
};

/// Bytes read, 0 at the end, -1 for an error.
ssize_t read_some(int fd, char* to, size_t count) {
  ssize_t got = 0;
  do got = ::read(fd, to, count);
  while (got < 0 && errno == EINTR);
  return got;
}

bool starts_with_netpbm(std::string_view head, char digit) {
  return head.size() > 2 && head[0] == 'P' && head[1] == digit && std::strchr(" \t\r\n#", head[2]) != nullptr;
}

struct Signature {
  const char* name;
  size_t at;
  std::string_view bytes;
};

using namespace std::string_view_literals;
constexpr std::array kSignatures{
    Signature{"a PNG image", 0, "\x89PNG\r\n\x1a\n"sv},
    Signature{"a JPEG image", 0, "\xff\xd8\xff"sv},
    Signature{"a GIF image", 0, "GIF8"sv},
    Signature{"a WebP image", 8, "WEBP"sv},
    Signature{"a TIFF image", 0, "II*\0"sv},
    Signature{"a TIFF image", 0, "MM\0*"sv},
    Signature{"an AVIF or HEIF image", 4, "ftyp"sv},
    Signature{"a NumPy array", 0, "\x93NUMPY"sv},
    Signature{"a zip archive (.npz, .pt, .zip)", 0, "PK\x03\x04"sv},
    Signature{"a gzip file", 0, "\x1f\x8b"sv},
    Signature{"an HDF5 file", 0, "\x89HDF\r\n\x1a\n"sv},
    Signature{"a Parquet file", 0, "PAR1"sv},
    Signature{"a PDF document", 0, "%PDF-"sv},
    Signature{"an ELF program", 0,
              "\x7f"
              "ELF"sv},
    Signature{"text in UTF-16", 0, "\xff\xfe"sv},
    Signature{"text in UTF-16", 0, "\xfe\xff"sv},
    Signature{"a pickle", 0, "\x80\x02"sv},
};

}  // namespace

std::string read_whole(const char* op, const std::string& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  check_system(fd >= 0, "[{}] {}: cannot be opened", op, path);
  struct stat s {};
  check_system(::fstat(fd, &s) == 0, "[{}] {}: cannot be read", op, path);
  check<IoError>(!S_ISDIR(s.st_mode), "[{}] {}: is a folder, not a file", op, path);
  check<IoError>(!S_ISBLK(s.st_mode) && (!S_ISCHR(s.st_mode) || ::isatty(fd) == 1), "[{}] {}: is a device, not a file",
                 op, path);
  constexpr size_t kPiece = 1 << 16;
  std::string out;
  if (S_ISREG(s.st_mode)) out.reserve(static_cast<size_t>(s.st_size) + kPiece);
  for (;;) {
    const size_t done = out.size();
    out.resize(std::max(done + kPiece, std::min(out.capacity(), done + (size_t{1} << 30))));
    const ssize_t got = read_some(fd, out.data() + done, out.size() - done);
    check_system(got >= 0, "[{}] {}: cannot be read", op, path);
    out.resize(done + static_cast<size_t>(got));
    if (got == 0) return out;
    check<IoError>(S_ISREG(s.st_mode) || static_cast<int64_t>(out.size()) <= kMostOfPipe,
                   "[{}] {}: gave more than {} bytes and did not end", op, path, kMostOfPipe);
  }
}

std::string first_bytes(const std::string& path, size_t count) {
  struct stat s {};
  if (::stat(path.c_str(), &s) != 0 || !S_ISREG(s.st_mode)) return {};
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string out(count, '\0');
  size_t done = 0;
  for (ssize_t got = 1; fd >= 0 && got > 0 && done < count;) {
    got = read_some(fd, out.data() + done, count - done);
    if (got > 0) done += static_cast<size_t>(got);
  }
  out.resize(done);
  return out;
}

std::string_view known_format(std::string_view head) {
  for (const Signature& s : kSignatures)
    if (head.size() >= s.at + s.bytes.size() && head.substr(s.at, s.bytes.size()) == s.bytes) return s.name;
  constexpr std::array<const char*, 7> kNetpbm{"a PBM image", "a PGM image", "a PPM image", "a PBM image",
                                               "a PGM image", "a PPM image", "a PAM image"};
  for (size_t i = 0; i < kNetpbm.size(); ++i)
    if (starts_with_netpbm(head, static_cast<char>('1' + i))) return kNetpbm[i];
  // "BM", the size of the file, four bytes that are 0.
  if (head.size() >= 10 && head.starts_with("BM") && head.substr(6, 4) == "\0\0\0\0"sv) return "a BMP image";
  return {};
}

}  // namespace weft
