// RunFolder: the folder of a training run.
#pragma once

#include <cstdio>
#include <string>

#include "weft/train/output_folder.h"

namespace weft::train {

/// metrics.jsonl, last.safetensors, best.safetensors and report.html of one run.
class RunFolder : public OutputFolder {
 public:
  static constexpr const char* kLast = "last.safetensors";

  /// See OutputFolder; the marker is last.safetensors.
  RunFolder(std::string path, bool resumed)
      : OutputFolder(std::move(path), {kLast, "best.safetensors", "metrics.jsonl", "report.html"}, {"metrics.jsonl"},
                     resumed) {}
  /// If nothing was saved, the partial files are removed.
  ~RunFolder() {
    if (is_saved()) return;
    std::remove(metrics().c_str());
    std::remove(best().c_str());
  }

  std::string metrics() const { return file("metrics.jsonl"); }
  std::string last() const { return file(kLast); }
  std::string best() const { return file("best.safetensors"); }
  std::string report() const { return file("report.html"); }
};

}  // namespace weft::train
