// Canvas: a picture to draw on.
#pragma once

#include <cstdint>
#include <string_view>

#include "weft/tensor/tensor.h"

namespace weft::train {

/// 0 to 255 each.
struct Color {
  uint8_t red, green, blue;
};
inline constexpr Color kWhite{255, 255, 255}, kBlack{0, 0, 0};

/// A picture of coloured pixels. Coordinates are in pixels from the upper left corner, x to the right; the centre of
/// the first pixel is (0.5, 0.5). Drawing is clipped to the picture. Edges of lines and dots are anti-aliased.
class Canvas {
 public:
  /// Throws ValueError for sizes below 1.
  Canvas(int64_t width, int64_t height, Color background = kWhite);

  void fill(double x, double y, double width, double height, Color color);
  void line(double x0, double y0, double x1, double y1, double width, Color color);
  void dot(double x, double y, double radius, Color color);
  /// Draws text with its upper left corner at (x, y); each pixel of the font is a square of `scale` pixels. A non-ASCII
  /// character is drawn as one question mark.
  void text(double x, double y, std::string_view text, Color color, int scale = 1);
  /// Draws uint8 [1, H, W] or [3, H, W] into a rectangle, each pixel as a block. Throws ShapeError or DtypeError.
  void image(double x, double y, double width, double height, const Tensor& image);

  int64_t width() const { return width_; }
  int64_t height() const { return height_; }
  Color at(int64_t x, int64_t y) const;
  /// The picture as uint8 [3, height, width], sharing memory with the canvas.
  Tensor pixels() const { return pixels_; }

 private:
  void blend(int64_t x, int64_t y, Color color, double share);
  int64_t width_, height_;
  Tensor pixels_;
};

/// Number of characters of a text: its code points.
int64_t text_length(std::string_view text);

}  // namespace weft::train
