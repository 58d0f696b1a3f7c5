#include "weft/train/sweep_folder.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "weft/tensor/atomic_file.h"

namespace weft::train {
namespace fs = std::filesystem;

namespace {

constexpr const char* kMarker = "sweep.json";

}  // namespace

SweepFolder::SweepFolder(std::string path, bool resumed, const Notes& notes)
    : OutputFolder(std::move(path), {kMarker, "results.jsonl", "report.html"}, {}, resumed), resumed_(resumed) {
  if (resumed) {
    const std::string then = notes_of_sweep(this->path(), notes.program).data_set;
    check<ValueError>(then == notes.data_set, "[resume] the sweep in {} was trained on {}; the data set here is {}",
                      this->path(), then, notes.data_set);
  } else {
    save_notes(notes);
  }
}

SweepFolder::~SweepFolder() {
  std::error_code error;
  size_t entries = 0;
  for (fs::directory_iterator at(path(), error), end; !error && at != end; at.increment(error)) ++entries;
  if (error) return;
  const bool no_results = !fs::exists(results(), error) || fs::is_empty(results(), error);
  if (resumed_ || !no_results || entries > 3) return;
  fs::remove(results(), error);
  fs::remove(file(kMarker), error);
}

void SweepFolder::save_notes(const Notes& notes) const { write_whole(file(kMarker), json_of(notes) + '\n'); }

void SweepFolder::place(RunOptions& run, const std::string& name) const {
  const std::string folder = file(name);
  run.out = folder;
  if (fs::exists(folder + "/" + RunFolder::kLast)) run.resume = folder;
}

Notes notes_of_sweep(const std::string& path, const std::string& program) {
  const std::string name = path + "/" + kMarker;
  check<IoError>(fs::exists(name), "[resume] {} contains no {}: it is not the folder of a sweep", path, kMarker);
  std::ifstream in(name, std::ios::binary);
  Notes notes = notes_of({std::istreambuf_iterator<char>(in), {}}, name);
  check<StateError>(notes.program == program, "[resume] {} is a sweep of {}, not of {}", path, notes.program, program);
  return notes;
}

}  // namespace weft::train
