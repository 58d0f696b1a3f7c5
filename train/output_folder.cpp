#include "weft/train/output_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "weft/tensor/error.h"

namespace weft::train {
namespace fs = std::filesystem;

namespace {

// True for "NAME.PID-N.tmp", the temporary file of an AtomicFile that writes NAME.
bool is_temporary_of(const std::string& name, const std::string& file) {
  constexpr std::string_view kEnd = ".tmp";
  if (!name.starts_with(file + ".") || !name.ends_with(kEnd)) return false;
  const size_t number = file.size() + 1;
  return name.find_first_not_of("0123456789-", number) == name.size() - kEnd.size();
}

}  // namespace

OutputFolder::OutputFolder(std::string path, std::vector<std::string> files, std::vector<std::string> early,
                           bool resumed)
    : path_(std::move(path)), files_(std::move(files)), early_(std::move(early)) {
  while (path_.size() > 1 && path_.back() == '/') path_.pop_back();
  std::error_code error;
  if (resumed) {
    check_run_folder(path_);
  } else {
    for (fs::path p = path_; !p.empty() && !fs::exists(p, error); p = p.parent_path()) made_ = p.string();
    check<IoError>(!made_.empty() || fs::is_directory(path_, error),
                   "[train] {} exists already: name another folder by --out", path_);
    fs::create_directories(path_, error);
    check<IoError>(!error, "[train] the folder {} cannot be made: {}", path_, error.message());
  }
  check_writable(file(files_.front()));
  lock_ = std::make_unique<FolderLock>(path_);
  check<IoError>(!resumed || is_saved(), "[resume] {} contains no {}: nothing was saved in it", path_, files_.front());
  clear(resumed);
}

// Rejects a folder with other content before it removes anything.
void OutputFolder::clear(bool resumed) const {
  std::vector<fs::path> stale;
  for (const auto& entry : fs::directory_iterator(path_)) {
    const std::string name = entry.path().filename().string();
    const bool temporary =
        std::any_of(files_.begin(), files_.end(), [&](const std::string& f) { return is_temporary_of(name, f); });
    const bool early = !is_saved() && std::find(early_.begin(), early_.end(), name) != early_.end();
    if (temporary || early) stale.push_back(entry.path());
    check<IoError>(resumed || temporary || early || name == FolderLock::kName,
                   "[train] {} exists already{}name another folder by --out", path_,
                   is_saved() ? fmt::format(": resume it by --resume {}, or ", path_)
                              : fmt::format(" with {} but no {}: ", name, files_.front()));
  }
  for (const fs::path& p : stale) fs::remove(p);
}

OutputFolder::~OutputFolder() {
  lock_.reset();
  if (made_.empty() || is_saved()) return;
  // A folder that is not empty is kept.
  std::error_code error;
  for (fs::path p = path_; fs::remove(p, error) && p != made_;) p = p.parent_path();
}

bool OutputFolder::is_saved() const {
  std::error_code error;
  return fs::exists(file(files_.front()), error);
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
                 is_there ? "is a file, not the folder of a run" : "no such folder");
}

void check_writable(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  check_system(access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) == 0, "[save] '{}' cannot be written", path);
  check<IoError>(!fs::is_directory(path), "[save] '{}' is a folder", path);
}

}  // namespace weft::train
