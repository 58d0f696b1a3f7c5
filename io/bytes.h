// ByteReader: walks the bytes of a file and checks every step. Internal.
#pragma once

#include <fmt/core.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "weft/tensor/error.h"

namespace weft::io::detail {

static_assert(std::endian::native == std::endian::little, "integers of files are copied as they lie");

/// A position in bytes that another object owns. Every error is an IoError that begins with `where` ("[load_npy]
/// 'a.npy'").
class ByteReader {
 public:
  ByteReader(std::string_view bytes, std::string where) : bytes_(bytes), where_(std::move(where)) {}

  const std::string& where() const { return where_; }
  uint64_t size() const { return bytes_.size(); }
  uint64_t position() const { return at_; }
  uint64_t left() const { return bytes_.size() - at_; }
  void seek(uint64_t to) {
    require(to <= size(), "ends at byte {}, expected data at byte {}: truncated?", size(), to);
    at_ = to;
  }
  /// The next `count` bytes.
  std::string_view take(uint64_t count) {
    require(count <= left(), "ends at byte {}, expected {} more bytes at byte {}: truncated?", size(), count, at_);
    const std::string_view out = bytes_.substr(at_, count);
    at_ += count;
    return out;
  }
  /// A little-endian number.
  template <class T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  /// The bytes up to a newline, which is consumed and left out.
  std::string_view line() {
    const size_t end = bytes_.find('\n', at_);
    require(end != std::string_view::npos, "has no end of line after byte {}: truncated?", at_);
    const std::string_view out = take(end - at_);
    take(1);
    return out;
  }

  template <class... Args>
  void require(bool ok, fmt::format_string<const Args&...> format, const Args&... args) const {
    if (!ok) [[unlikely]]
      fail(format, args...);
  }
  template <class... Args>
  [[noreturn]] void fail(fmt::format_string<const Args&...> format, const Args&... args) const {
    weft::fail<IoError>("{}: {}", where_, fmt::vformat(format, fmt::make_format_args(args...)));
  }

 private:
  std::string_view bytes_;
  std::string where_;
  uint64_t at_ = 0;
};

}  // namespace weft::io::detail
