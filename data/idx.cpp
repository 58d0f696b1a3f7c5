#include "weft/data/idx.h"

#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "weft/tensor/atomic_file.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/file_bytes.h"

namespace weft::data {
namespace {

constexpr unsigned char kUnsignedByte = 8;
constexpr int kMaxDims = 8;

// Reads a file through zlib, which passes plain files through unchanged.
class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {
    std::error_code error;
    check<IoError>(!std::filesystem::is_directory(path, error), "[read_idx] {}: is a folder, not a file", path);
    file_ = gzopen(path.c_str(), "rb");
    check_system(file_ != nullptr, "[read_idx] {}: cannot be opened", path);
    gzbuffer(file_, 1 << 18);
    bytes_on_disk_ = static_cast<int64_t>(std::filesystem::file_size(path, error));
    if (error) bytes_on_disk_ = -1;  // a pipe, for example
  }
  ~Reader() { gzclose(file_); }
  Reader(const Reader&) = delete;

  // Reads `count` bytes, or fewer at the end.
  int64_t read(void* to, int64_t count) {
    int64_t done = 0;
    while (done < count) {
      const int got =
          gzread(file_, static_cast<char*>(to) + done, static_cast<unsigned>(std::min<int64_t>(count - done, 1 << 30)));
      if (got < 0) corrupt();
      if (got == 0) break;
      done += got;
    }
    if (done < count) {  // a truncated gzip stream reads as a short one and leaves an error
      int code = Z_OK;
      gzerror(file_, &code);
      if (code != Z_OK && code != Z_STREAM_END) corrupt();
    }
    return done;
  }
  // An upper bound of the uncompressed size: deflate packs at most 1032 bytes into one.
  int64_t most_bytes() {
    if (bytes_on_disk_ < 0) return INT64_MAX;
    return gzdirect(file_) ? bytes_on_disk_ : bytes_on_disk_ * 1032;
  }
  bool is_packed() { return !gzdirect(file_); }
  const char* kind() { return is_packed() ? "gzipped" : "plain"; }
  int64_t bytes_on_disk() const { return bytes_on_disk_; }

 private:
  [[noreturn]] void corrupt() {
    int code = Z_OK;
    const char* text = gzerror(file_, &code);
    const std::string why = code == Z_ERRNO ? std::strerror(errno) : code == Z_BUF_ERROR ? "it ends too early" : text;
    fail<IoError>("[read_idx] {}: the {} file is corrupt or truncated: {}", path_, kind(), why);
  }
  std::string path_;
  gzFile file_;
  int64_t bytes_on_disk_;
};

// "3 dimensions (images)"
std::string dims_text(int dims) {
  return fmt::format("{} dimension{}{}", dims, dims == 1 ? "" : "s",
                     dims == 3   ? " (images)"
                     : dims == 1 ? " (labels)"
                                 : "");
}

Dims read_header(Reader& reader, const std::string& path, int dims) {
  std::array<unsigned char, 4> magic{};
  const int64_t got = reader.read(magic.data(), 4);
  check<IoError>(got == 4, "[read_idx] {}: expected the 4 bytes an IDX file starts with, found {} bytes", path, got);
  const std::string_view format = magic[0] == 0 ? std::string_view() : known_format(first_bytes(path, 16));
  check<IoError>(format.empty() || reader.is_packed(), "[read_idx] {}: expected an IDX file, found {}", path, format);
  check<IoError>(
      magic[0] == 0 && magic[1] == 0 && magic[3] > 0 && magic[3] <= kMaxDims,
      "[read_idx] {}: expected an IDX file, which starts with the bytes 00 00 08 and the number of dimensions, found "
      "{:02x} {:02x} {:02x} {:02x}",
      path, magic[0], magic[1], magic[2], magic[3]);
  check<IoError>(magic[2] == kUnsignedByte,
                 "[read_idx] {}: expected elements of type 0x08 (unsigned byte), found type 0x{:02x}", path, magic[2]);
  check<IoError>(dims < 0 || magic[3] == dims, "[read_idx] {}: expected {}, found {}", path, dims_text(dims),
                 dims_text(magic[3]));
  std::array<unsigned char, 4 * kMaxDims> raw{};
  const int64_t wanted = 4 * magic[3], found = reader.read(raw.data(), wanted);
  check<IoError>(found == wanted, "[read_idx] {}: expected {} bytes of sizes, found {}", path, wanted, found);
  Dims sizes;
  for (int d = 0; d < magic[3]; ++d) {
    const unsigned char* b = raw.data() + 4 * d;
    sizes.push_back(int64_t{b[0]} << 24 | b[1] << 16 | b[2] << 8 | b[3]);
  }
  return sizes;
}

// Number of elements; throws for an impossible number before memory is allocated.
int64_t checked_numel(Reader& reader, const std::string& path, const Dims& sizes) {
  const int64_t header = 4 + 4 * static_cast<int64_t>(sizes.size());
  int64_t n = 0;
  try {
    n = numel_of(sizes, "read_idx");
  } catch (const ShapeError&) {
    fail<IoError>("[read_idx] {}: the header's sizes {} are too large", path, sizes);
  }
  check<IoError>(n <= reader.most_bytes() - header,
                 "[read_idx] {}: truncated: expected {} elements {} by its header, the {} file has {} bytes", path, n,
                 sizes, reader.kind(), reader.bytes_on_disk());
  return n;
}

// Compresses data into a file.
class Gzip {
 public:
  explicit Gzip(AtomicFile& file) : file_(file), packed_(1 << 18) {
    constexpr int kLargestWindow = 15, kGzipFormat = 16, kUsualMemory = 8;
    check<IoError>(deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kLargestWindow + kGzipFormat, kUsualMemory,
                                Z_DEFAULT_STRATEGY) == Z_OK,
                   "[write_idx] zlib does not start");
  }
  ~Gzip() { deflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;

  void write(const void* from, int64_t bytes) {
    constexpr int64_t kPiece = 1 << 30;  // zlib counts with 32 bits
    for (int64_t done = 0; done < bytes; done += kPiece) {
      stream_.next_in = static_cast<Bytef*>(const_cast<void*>(from)) + done;
      stream_.avail_in = static_cast<uInt>(std::min(bytes - done, kPiece));
      pack(Z_NO_FLUSH);
    }
  }
  void finish() { pack(Z_FINISH); }

 private:
  void pack(int flush) {
    do {
      stream_.next_out = packed_.data(), stream_.avail_out = static_cast<uInt>(packed_.size());
      deflate(&stream_, flush);
      file_.write(packed_.data(), static_cast<int64_t>(packed_.size() - stream_.avail_out));
    } while (stream_.avail_out == 0);
  }
  AtomicFile& file_;
  std::vector<Bytef> packed_;
  z_stream stream_{};
};

}  // namespace

Tensor read_idx(const std::string& path, int dims) {
  Reader reader(path);
  const Dims sizes = read_header(reader, path, dims);
  const int64_t n = checked_numel(reader, path, sizes);
  Tensor array = empty(sizes, kUInt8);
  const int64_t got = reader.read(array.data_ptr<uint8_t>(), n);
  check<IoError>(got == n, "[read_idx] {}: truncated: expected {} elements {} by its header, found {}", path, n, sizes,
                 got);
  char more;  // reading the end also checks gzip's checksum
  check<IoError>(reader.read(&more, 1) == 0, "[read_idx] {}: expected the end after {} elements {}, found more bytes",
                 path, n, sizes);
  return array;
}

void write_idx(const std::string& path, const Tensor& array) {
  check<DtypeError>(array.dtype() == kUInt8, "[write_idx] an IDX file stores uint8, not {}", array.dtype());
  check<ShapeError>(array.dim() > 0 && array.dim() <= kMaxDims,
                    "[write_idx] an IDX file has 1 to {} dimensions, not {}", kMaxDims, array.dim());
  std::string header{'\0', '\0', static_cast<char>(kUnsignedByte), static_cast<char>(array.dim())};
  for (int64_t s : array.sizes()) {
    check<ShapeError>(s <= UINT32_MAX, "[write_idx] an IDX file's sizes have 32 bits, not {}", s);
    for (int shift = 24; shift >= 0; shift -= 8) header += static_cast<char>(s >> shift);
  }
  const Tensor flat = array.contiguous();
  AtomicFile file(path);
  auto write_to = [&](auto& out) {
    out.write(header.data(), static_cast<int64_t>(header.size()));
    out.write(flat.data_ptr<uint8_t>(), flat.numel());
  };
  if (path.ends_with(".gz")) {
    Gzip gzip(file);
    write_to(gzip);
    gzip.finish();
  } else {
    write_to(file);
  }
  file.commit();
}

}  // namespace weft::data
