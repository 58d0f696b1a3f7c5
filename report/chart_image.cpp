// Charts as pixels.
#include <cmath>

#include "weft/data/image_bytes.h"
#include "weft/report/canvas.h"
#include "weft/report/chart_painter.h"
#include "weft/report/font.h"

namespace weft::train {
namespace {

// Colours by ink: text, muted, grid, then the palette; chart_svg.cpp's colours for light pages.
constexpr Color kColors[] = {{0x1f, 0x24, 0x30}, {0x66, 0x70, 0x85}, {0xe4, 0xe7, 0xec}, {0x25, 0x63, 0xeb},
                             {0xe8, 0x59, 0x0c}, {0x2b, 0x8a, 0x3e}, {0x9c, 0x36, 0xb5}, {0xc9, 0x2a, 0x2a},
                             {0x0b, 0x72, 0x85}, {0x8f, 0x64, 0x00}, {0x49, 0x50, 0x57}};

Color color_of(Ink ink) { return kColors[ink >= 0 ? ink + 3 : -1 - ink]; }

class PixelPainter : public ChartPainter {
 public:
  PixelPainter(Canvas& canvas, int scale) : canvas_(canvas), scale_(scale) {}
  void path(const std::vector<Point>& points, double width, Ink ink) override {
    for (size_t i = 1; i < points.size(); ++i)
      canvas_.line(points[i - 1].x * scale_, points[i - 1].y * scale_, points[i].x * scale_, points[i].y * scale_,
                   width * scale_, color_of(ink));
  }
  void dot(Point at, double radius, Ink ink) override {
    canvas_.dot(at.x * scale_, at.y * scale_, radius * scale_, color_of(ink));
  }
  void text(Point at, const std::string& text, Align align, bool bold, Ink ink) override {
    constexpr double kShares[] = {0, 0.5, 1};
    const double width = static_cast<double>(text_length(text)) * kGlyphWidth;
    // The font's baseline is two rows above its lower edge.
    const double x = (at.x - kShares[static_cast<int>(align)] * width) * scale_;
    const double y = (at.y - kGlyphHeight + 2) * scale_;
    canvas_.text(x, y, text, color_of(ink), scale_);
    if (bold) canvas_.text(x + 1, y, text, color_of(ink), scale_);
  }
  void image(Point corner, double width, double height, const Tensor& image) override {
    canvas_.image(corner.x * scale_, corner.y * scale_, width * scale_, height * scale_,
                  data::image_bytes("chart", image));
  }
  void note(Point, const std::string&) override {}

 private:
  Canvas& canvas_;
  int scale_;
};

}  // namespace

Tensor chart_image(const Chart& chart, int scale) {
  check<ValueError>(scale >= 1 && scale <= 16, "[chart] scale {}, expected 1 to 16", scale);
  Canvas canvas(chart.width * scale, chart.height * scale);
  PixelPainter painter(canvas, scale);
  draw_chart(chart, painter);
  return canvas.pixels();
}

}  // namespace weft::train
