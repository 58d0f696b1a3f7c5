// A folder for what a test writes.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace weft {

/// Empty, nobody else's, and removed in the end.
struct TempFolder {
  TempFolder() { std::filesystem::create_directories(path); }
  ~TempFolder() { std::filesystem::remove_all(path); }
  TempFolder(const TempFolder&) = delete;

  /// The path of a file in it.
  std::string operator/(const std::string& name) const { return (path / name).string(); }
  /// What the file holds; nothing where there is none.
  std::string text(const std::string& name) const {
    std::ifstream in(path / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// How many there are.
  int64_t files() const { return std::distance(std::filesystem::directory_iterator(path), {}); }

  const std::filesystem::path path = unused();

 private:
  static std::filesystem::path unused() {
    static int count = 0;
    return std::filesystem::temp_directory_path() /
           ("weft-" + std::to_string(::getpid()) + "-" + std::to_string(count++));
  }
};

}  // namespace weft
