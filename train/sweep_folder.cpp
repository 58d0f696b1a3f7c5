#include "weft/train/sweep_folder.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "weft/tensor/json.h"
#include "weft/train/report_page.h"

namespace weft::train {
namespace fs = std::filesystem;
using detail::Json;

namespace {

constexpr const char* kMarker = "sweep.json";

}  // namespace

SweepFolder::SweepFolder(std::string path, bool resumed, const std::string& program, const ToldOptions& options)
    : OutputFolder(std::move(path), kMarker, resumed) {
  const Json told{{"program", program}, {"options", options}};
  write_page(file(kMarker), detail::json_text(told) + '\n');
}

void SweepFolder::place(RunOptions& run, const std::string& name) const {
  const std::string folder = file(name);
  run.out = folder;
  if (fs::exists(folder + "/" + RunFolder::kLast))
    run.resume = folder;
  else
    fs::remove_all(folder);  // of a run that was killed before anything was saved
}

ToldOptions options_of_sweep(const std::string& path, const std::string& program) {
  const std::string name = path + "/" + kMarker;
  check<IoError>(fs::exists(name), "[resume] {} holds no {}: it is not the folder of a sweep", path, kMarker);
  std::ifstream in(name, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  Json told;
  std::string of;
  ToldOptions options;
  try {
    told = detail::parse_json(text);
    of = told.at("program"), options = told.at("options").get<ToldOptions>();
  } catch (const Json::exception& e) {
    fail<StateError>("[resume] {} cannot be read: {}", name, e.what());
  }
  check<StateError>(of == program, "[resume] {} is a sweep of {}, not of {}", path, of, program);
  return options;
}

}  // namespace weft::train
