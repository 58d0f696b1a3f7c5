// Zip archives in memory: the containers of .npz and .pt files. Internal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weft/tensor/atomic_file.h"

namespace weft::io::detail {

/// A file in an archive.
struct ZipEntry {
  std::string name;
  uint16_t method = 0;  ///< 0: stored, 8: deflated
  uint32_t crc = 0;
  uint64_t packed = 0, size = 0;  ///< bytes in the archive, and unpacked
  uint64_t begin = 0;             ///< of the packed bytes
};

/// The entries of an archive, zip64 included. The constructor checks all of the directory: names are unique, relative
/// and without "..", ranges lie in the file without overlap, methods are known, sizes possible for deflate. Throws
/// IoError that begins with `where`.
class ZipReader {
 public:
  /// `bytes` must outlive the reader.
  ZipReader(std::string_view bytes, std::string where);
  const std::vector<ZipEntry>& entries() const { return entries_; }
  /// Null if there is none.
  const ZipEntry* find(std::string_view name) const;
  /// The unpacked content. Throws IoError if it does not unpack to its size, or has another CRC-32.
  std::string content(const ZipEntry& entry) const;

 private:
  std::string_view bytes_;
  std::string where_;
  std::vector<ZipEntry> entries_;
};

/// Writes an archive that replaces `path` when finish() was called.
class ZipWriter {
 public:
  explicit ZipWriter(const std::string& path) : file_(path) {}
  /// Appends a file whose stored bytes begin at a multiple of `alignment`.
  void add(const std::string& name, std::string_view content, bool deflate = false, uint64_t alignment = 1);
  void finish();

 private:
  void write(std::string_view bytes);
  AtomicFile file_;
  uint64_t at_ = 0;
  uint64_t count_ = 0;
  std::string directory_;
};

}  // namespace weft::io::detail
