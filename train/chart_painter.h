// How a chart is drawn: in strokes that SVG and pixels both know.
#pragma once

#include <string>
#include <vector>

#include "weft/train/chart.h"

namespace weft::train {

/// Which colour: a number of the palette, or one of these.
using Ink = int;
inline constexpr Ink kTextInk = -1, kMutedInk = -2, kGridInk = -3;

struct Point {
  double x, y;
};

enum class Align { kLeft, kMiddle, kRight };

/// Width of a letter of the charts' text, about.
inline constexpr double kLetter = 6.4;

/// Draws strokes at points counted from the upper left corner, y downwards.
class ChartPainter {
 public:
  virtual ~ChartPainter() = default;
  virtual void path(const std::vector<Point>& points, double width, Ink ink) = 0;
  virtual void dot(Point at, double radius, Ink ink) = 0;
  /// `at` is on the base line of the text.
  virtual void text(Point at, const std::string& text, Align align, bool bold, Ink ink) = 0;
  virtual void image(Point corner, double width, double height, const Tensor& image) = 0;
  /// What a point tells when it is pointed at.
  virtual void note(Point at, const std::string& text) = 0;
};

/// Throws as chart_svg.
void draw_chart(const Chart& chart, ChartPainter& painter);

}  // namespace weft::train
