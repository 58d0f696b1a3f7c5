// Reads files into memory and recognises formats by their first bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weft {

/// The content of a file, or of a pipe up to 4 GiB. Throws IoError with `op` and the file for a folder, a device that
/// is no terminal (/dev/zero never ends), and a file that cannot be opened or read.
std::string read_whole(const char* op, const std::string& path);

/// The first `count` bytes, or fewer, of a regular file; "" for anything else, without consuming any of it.
std::string first_bytes(const std::string& path, size_t count);

/// "a JPEG image", "a PGM image", "a gzip file": the format recognised from the first 16 bytes of a file, or "".
std::string_view known_format(std::string_view head);

}  // namespace weft
