// Whole files as bytes, and the formats that their first bytes tell.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weft {

/// The content of a file, or of a pipe up to 4 GiB. Throws IoError in the name of `op`, naming the file, for a folder,
/// a device that is no terminal (/dev/zero never ends), and a file that cannot be opened or read.
std::string read_whole(const char* op, const std::string& path);

/// At most `count` bytes from the beginning of a regular file; "" for anything else, of which nothing is consumed.
std::string first_bytes(const std::string& path, size_t count);

/// "a JPEG image", "a PGM image", "a gzip file": the format that the first 16 bytes of a file tell, or "".
std::string_view known_format(std::string_view head);

}  // namespace weft
