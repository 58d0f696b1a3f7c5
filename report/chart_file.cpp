// Writes charts to files.
#include <fmt/format.h>

#include <algorithm>

#include "weft/autograd/functions.h"
#include "weft/data/png.h"
#include "weft/report/chart.h"
#include "weft/tensor/atomic_file.h"
#include "weft/tensor/creation.h"

namespace weft::train {
namespace {

// Positions of the charts of a grid, and its size.
struct Grid {
  struct Place {
    int64_t x, y;
  };
  std::vector<Place> places = {};
  int64_t width = 0, height = 0;
};

Grid grid_of(const std::vector<Chart>& charts, int64_t columns) {
  Grid grid;
  for (size_t begin = 0; begin < charts.size(); begin += static_cast<size_t>(columns)) {
    const size_t end = std::min(charts.size(), begin + static_cast<size_t>(columns));
    int64_t x = 0, highest = 0;
    for (size_t i = begin; i < end; ++i) {
      grid.places.push_back({x, grid.height});
      x += charts[i].width;
      highest = std::max(highest, charts[i].height);
    }
    grid.width = std::max(grid.width, x);
    grid.height += highest;
  }
  return grid;
}

Tensor pixels_of(const std::vector<Chart>& charts, const Grid& grid) {
  constexpr int kScale = 2;
  Tensor page = full({3, grid.height * kScale, grid.width * kScale}, 255, kUInt8);
  for (size_t i = 0; i < charts.size(); ++i) {
    const Tensor image = chart_image(charts[i], kScale);
    page.narrow(1, grid.places[i].y * kScale, image.size(1))
        .narrow(2, grid.places[i].x * kScale, image.size(2))
        .copy_(image);
  }
  return page;
}

// A separate picture includes its colours, and a background.
std::string svg_of(const std::vector<Chart>& charts, const Grid& grid) {
  std::string parts;
  for (size_t i = 0; i < charts.size(); ++i) {
    std::string svg = chart_svg(charts[i]);
    parts += svg.insert(4, fmt::format(" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"", grid.places[i].x,
                                       grid.places[i].y, charts[i].width, charts[i].height));
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" "
      "viewBox=\"0 0 {} {}\"><style>{}</style><rect class=\"page\" width=\"100%\" height=\"100%\"/>{}</svg>\n",
      grid.width, grid.height, chart_style(), parts);
}

}  // namespace

void check_chart_name(const std::string& path) {
  check<ValueError>(path.ends_with(".svg") || path.ends_with(".png"),
                    "[chart] '{}': the name of a picture ends in .svg or .png", path);
}

void write_chart(const std::string& path, const Chart& chart) { write_charts(path, {chart}, 1); }

void write_charts(const std::string& path, const std::vector<Chart>& charts, int64_t columns) {
  check_chart_name(path);
  check<ValueError>(!charts.empty() && columns >= 1, "[chart] {} charts in {} columns", charts.size(), columns);
  const Grid grid = grid_of(charts, columns);
  if (path.ends_with(".png")) return data::write_png(path, pixels_of(charts, grid));
  write_whole(path, svg_of(charts, grid));
}

}  // namespace weft::train
