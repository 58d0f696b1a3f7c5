// Report: a training run as one HTML file.
#pragma once

#include <string>

#include "weft/train/run_report.h"

namespace weft::train {

/// The page, without external references. It supports wide and narrow screens, light and dark mode, and needs no
/// script; all texts are escaped.
std::string report_html(const Report& report);
/// Writes it; the file is replaced only when complete. Throws IoError.
void write_report(const std::string& path, const Report& report);

}  // namespace weft::train
