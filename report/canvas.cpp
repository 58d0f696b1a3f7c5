#include "weft/report/canvas.h"

#include <algorithm>
#include <cmath>

#include "weft/report/font.h"
#include "weft/tensor/creation.h"

namespace weft::train {
namespace {

bool continues(char c) { return (c & 0xC0) == 0x80; }  // a code point of UTF-8

// The pixels whose centres are in [from, to), clipped to the picture.
std::pair<int64_t, int64_t> span(double from, double to, int64_t size) {
  const auto clamp = [&](double v) { return static_cast<int64_t>(std::clamp(v, 0.0, static_cast<double>(size))); };
  return {clamp(std::ceil(from - 0.5)), clamp(std::ceil(to - 0.5))};
}

}  // namespace

int64_t text_length(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); });
}

Canvas::Canvas(int64_t width, int64_t height, Color background) : width_(width), height_(height) {
  check<ValueError>(width >= 1 && height >= 1, "[Canvas] of {} x {} pixels", width, height);
  pixels_ = empty({3, height, width}, kUInt8);
  const uint8_t channels[] = {background.red, background.green, background.blue};
  for (int c = 0; c < 3; ++c) pixels_[c].fill_(static_cast<int64_t>(channels[c]));
}

Color Canvas::at(int64_t x, int64_t y) const {
  const uint8_t* p = pixels_.data_ptr<uint8_t>() + y * width_ + x;
  return {p[0], p[width_ * height_], p[2 * width_ * height_]};
}

void Canvas::blend(int64_t x, int64_t y, Color color, double share) {
  if (x < 0 || y < 0 || x >= width_ || y >= height_ || share <= 0) return;
  uint8_t* p = pixels_.data_ptr<uint8_t>() + y * width_ + x;
  const uint8_t channels[] = {color.red, color.green, color.blue};
  for (uint8_t c : channels) {
    *p = static_cast<uint8_t>(std::lround(*p + (c - *p) * std::min(share, 1.0)));
    p += width_ * height_;
  }
}

void Canvas::fill(double x, double y, double width, double height, Color color) {
  const auto [left, right] = span(x, x + width, width_);
  const auto [top, bottom] = span(y, y + height, height_);
  for (int64_t row = top; row < bottom; ++row)
    for (int64_t column = left; column < right; ++column) blend(column, row, color, 1);
}

void Canvas::line(double x0, double y0, double x1, double y1, double width, Color color) {
  const double dx = x1 - x0, dy = y1 - y0, length = dx * dx + dy * dy, reach = width / 2 + 1;
  const auto [left, right] = span(std::min(x0, x1) - reach, std::max(x0, x1) + reach, width_);
  const auto [top, bottom] = span(std::min(y0, y1) - reach, std::max(y0, y1) + reach, height_);
  for (int64_t row = top; row < bottom; ++row)
    for (int64_t column = left; column < right; ++column) {
      const double px = static_cast<double>(column) + 0.5 - x0, py = static_cast<double>(row) + 0.5 - y0;
      const double t = length > 0 ? std::clamp((px * dx + py * dy) / length, 0.0, 1.0) : 0;
      blend(column, row, color, 0.5 + width / 2 - std::hypot(px - t * dx, py - t * dy));
    }
}

void Canvas::dot(double x, double y, double radius, Color color) { line(x, y, x, y, 2 * radius, color); }

void Canvas::text(double x, double y, std::string_view text, Color color, int scale) {
  for (char c : text) {
    if (continues(c)) continue;
    const Glyph& glyph = glyph_of(c);
    for (int row = 0; row < kGlyphHeight; ++row)
      for (int column = 0; column < kGlyphWidth; ++column)
        if (glyph[static_cast<size_t>(row)] >> (kGlyphWidth - 1 - column) & 1)
          fill(std::round(x) + column * scale, std::round(y) + row * scale, scale, scale, color);
    x += kGlyphWidth * scale;
  }
}

void Canvas::image(double x, double y, double width, double height, const Tensor& image) {
  check<DtypeError>(image.dtype() == kUInt8, "[Canvas] an image is uint8, not {}", image.dtype());
  check<ShapeError>(image.dim() == 3 && (image.size(0) == 1 || image.size(0) == 3) && image.numel() > 0,
                    "[Canvas] an image is [1, H, W] or [3, H, W], not {}", image.sizes());
  const Tensor colors = image.expand({3, image.size(1), image.size(2)}).contiguous();
  const auto from = colors.accessor<uint8_t, 3>();
  const auto [left, right] = span(x, x + width, width_);
  const auto [top, bottom] = span(y, y + height, height_);
  auto place = [](int64_t at, double start, double size, int64_t count) {
    const double share = (static_cast<double>(at) + 0.5 - start) / size;
    return std::clamp(static_cast<int64_t>(share * static_cast<double>(count)), int64_t{0}, count - 1);
  };
  for (int64_t row = top; row < bottom; ++row)
    for (int64_t column = left; column < right; ++column) {
      const int64_t r = place(row, y, height, image.size(1)), c = place(column, x, width, image.size(2));
      blend(column, row, {from[0][r][c], from[1][r][c], from[2][r][c]}, 1);
    }
}

}  // namespace weft::train
