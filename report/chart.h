// Chart: lines and points on two axes, drawn as SVG or PNG from one description.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weft/tensor/tensor.h"
#include "weft/train/series.h"

namespace weft::train {

/// The options of an axis.
struct Axis {
  std::string label = {};
  bool log = false;                          ///< values that are not positive are left out
  std::optional<double> min = {}, max = {};  ///< its ends; by default the data's
  bool whole = false;                        ///< label only integers
};

/// A picture.
///
///     train::Chart chart{"Loss", {"epoch"}, {}, {{"training", epochs, losses}}};
///     train::write_chart("loss.png", chart);
struct Chart {
  std::string title;
  Axis x = {}, y = {};
  std::vector<Series> series = {};
  Tensor background = {};  ///< uint8 [1, H, W] or [3, H, W] that fills the space between the axes, if defined
  int64_t width = 440, height = 280;
};

/// Number of colours before they repeat.
inline constexpr int kChartColors = 8;

/// An `<svg>` element for a page that contains chart_style(); each point has a tooltip with its values. Throws
/// ValueError for series with x and y of different length, and sizes below 160 x 120.
std::string chart_svg(const Chart& chart);
/// The colours of charts as CSS, for light and dark pages.
std::string chart_style();
/// uint8 [3, height * scale, width * scale]. Throws the errors of chart_svg.
Tensor chart_image(const Chart& chart, int scale = 2);
/// Writes the chart to a file whose name ends in .svg or .png (ValueError otherwise). The file is replaced only when
/// complete (IoError).
void write_chart(const std::string& path, const Chart& chart);
/// The same for several charts in rows of `columns`. Throws ValueError also for no charts or columns.
void write_charts(const std::string& path, const std::vector<Chart>& charts, int64_t columns);
/// Throws the ValueError of write_chart, so that a program can check the name before it starts.
void check_chart_name(const std::string& path);

}  // namespace weft::train
