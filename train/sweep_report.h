// SweepReport: what there is to see of a sweep, as one HTML file.
#pragma once

#include <string>
#include <vector>

#include "weft/train/chart.h"
#include "weft/train/notes.h"
#include "weft/train/table.h"

namespace weft::train {

/// What it shows; a part that is empty is left out.
struct SweepReport {
  std::string title, subtitle = {};
  std::vector<Chart> charts = {};
  Table table{{}};
  std::vector<std::string> links = {};  ///< of the table's rows, in their order; "" for one without
  ToldOptions options = {};
};

/// The page, as that of a run (report.h) but for its links.
std::string sweep_report_html(const SweepReport& report);
/// Writes it, whole or not at all. Throws IoError.
void write_sweep_report(const std::string& path, const SweepReport& report);

}  // namespace weft::train
