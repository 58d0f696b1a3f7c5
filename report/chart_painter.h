// The drawing interface of charts, implemented by SVG and by pixels.
#pragma once

#include <string>
#include <vector>

#include "weft/report/chart.h"

namespace weft::train {

/// A colour: an index of the palette, or one of these.
using Ink = int;
inline constexpr Ink kTextInk = -1, kMutedInk = -2, kGridInk = -3;

struct Point {
  double x, y;
};

enum class Align { kLeft, kMiddle, kRight };

/// Approximate width of a letter of the charts' text.
inline constexpr double kLetter = 6.4;

/// Draws shapes at points relative to the upper left corner, y downwards.
class ChartPainter {
 public:
  virtual ~ChartPainter() = default;
  virtual void path(const std::vector<Point>& points, double width, Ink ink) = 0;
  virtual void dot(Point at, double radius, Ink ink) = 0;
  /// `at` is on the baseline of the text.
  virtual void text(Point at, const std::string& text, Align align, bool bold, Ink ink) = 0;
  virtual void image(Point corner, double width, double height, const Tensor& image) = 0;
  /// Adds a tooltip to a point.
  virtual void note(Point at, const std::string& text) = 0;
};

/// Throws the errors of chart_svg.
void draw_chart(const Chart& chart, ChartPainter& painter);

}  // namespace weft::train
