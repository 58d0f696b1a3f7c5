// A temporary folder for a test's files.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace weft {

/// A new empty folder, removed by the destructor.
struct TempFolder {
  TempFolder() { std::filesystem::create_directories(path); }
  ~TempFolder() { std::filesystem::remove_all(path); }
  TempFolder(const TempFolder&) = delete;

  /// The path of a file in it.
  std::string operator/(const std::string& name) const { return (path / name).string(); }
  /// The content of the file; empty if it does not exist.
  std::string text(const std::string& name) const {
    std::ifstream in(path / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// Number of files.
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
