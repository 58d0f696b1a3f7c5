#include "weft/train/output_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "weft/tensor/error.h"

namespace weft::train {
namespace fs = std::filesystem;

OutputFolder::OutputFolder(std::string path, std::string marker, bool resumed)
    : path_(std::move(path)), marker_(std::move(marker)) {
  while (path_.size() > 1 && path_.back() == '/') path_.pop_back();
  std::error_code error;
  if (resumed) {
    check_run_folder(path_);
    check<IoError>(is_saved(), "[resume] {} holds no {}: nothing was saved into it", path_, marker_);
  } else if (fs::exists(fs::symlink_status(path_, error))) {
    check<IoError>(fs::is_directory(path_, error) && fs::is_empty(path_, error),
                   "[train] {} exists already: {}name another folder by --out", path_,
                   is_saved() ? fmt::format("go on with it by --resume {}, or ", path_) : "");
  } else {
    for (fs::path p = path_; !p.empty() && !fs::exists(p, error); p = p.parent_path()) made_ = p.string();
    fs::create_directories(path_, error);
    check<IoError>(!error, "[train] the folder {} cannot be made: {}", path_, error.message());
  }
  check_writable(file(marker_));
}

OutputFolder::~OutputFolder() {
  if (made_.empty() || is_saved()) return;
  // What is not empty stays.
  std::error_code error;
  for (fs::path p = path_; fs::remove(p, error) && p != made_;) p = p.parent_path();
}

bool OutputFolder::is_saved() const {
  std::error_code error;
  return fs::exists(file(marker_), error);
}

std::string unused_folder(const std::string& stem) {
  std::error_code error;
  for (int i = 1;; ++i)
    if (std::string path = fmt::format("{}-{}", stem, i); !fs::exists(fs::symlink_status(path, error))) return path;
}

void check_run_folder(const std::string& path) {
  std::error_code error;
  const bool is_there = fs::exists(path, error);
  check<IoError>(fs::is_directory(path, error), "[resume] {}: {}", path,
                 is_there ? "is a file, not the folder of a run" : "there is no such folder");
}

void check_writable(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  check_system(access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) == 0, "[save] '{}' cannot be written there",
               path);
  check<IoError>(!fs::is_directory(path), "[save] '{}' is a folder", path);
}

}  // namespace weft::train
