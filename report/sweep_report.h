// SweepReport: a sweep as one HTML file.
#pragma once

#include <string>
#include <vector>

#include "weft/report/chart.h"
#include "weft/train/notes.h"
#include "weft/train/table.h"

namespace weft::train {

/// The content of the report; empty parts are left out.
struct SweepReport {
  std::string title, subtitle = {};
  std::vector<Chart> charts = {};
  Table table{{}};
  std::vector<std::string> links = {};  ///< one per row of the table; "" for a row without a link
  GivenOptions options = {};
};

/// The page, like that of a run (report.h) with links.
std::string sweep_report_html(const SweepReport& report);
/// Writes it; the file is replaced only when complete. Throws IoError.
void write_sweep_report(const std::string& path, const SweepReport& report);

}  // namespace weft::train
