#include "weft/data/digit_pen.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "weft/data/digit_draws.h"
#include "weft/data/digit_strokes.h"
#include "weft/data/synthetic_digits.h"

namespace weft::data {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;
constexpr int kBox = 20;  // MNIST fits a digit's ink into a box of this side

// A point of the pen's path and the pen's radius there.
struct Ink {
  Point at;
  float radius;
};
using Line = std::vector<Ink>;

// Smooth bending: a few long waves across the digit's box.
class Bend {
 public:
  Bend(Draws& draws, float strength) {
    for (Wave& w : waves_) {
      w.ax = strength * draws.normal(), w.ay = strength * draws.normal();
      w.fx = draws.uniform(-1.2f, 1.2f) * kPi, w.fy = draws.uniform(-1.2f, 1.2f) * kPi;
      w.phase = draws.uniform(0, 2 * kPi);
    }
  }
  Point operator()(Point p) const {
    Point q = p;
    for (const Wave& w : waves_) {
      const float s = std::sin(w.fx * p.x + w.fy * p.y + w.phase);
      q.x += w.ax * s, q.y += w.ay * s;
    }
    return q;
  }

 private:
  struct Wave {
    float ax, ay, fx, fy, phase;
  };
  std::array<Wave, 4> waves_;
};

// Slant, rotation, width, and the proportion of the upper and the lower half.
class Posture {
 public:
  Posture(Draws& draws, float strength) {
    const float slant = strength * (0.2f + 0.26f * draws.normal()), turn = strength * 0.10f * draws.normal();
    const float width = std::exp(strength * 0.28f * draws.normal());
    c_ = std::cos(turn), s_ = std::sin(turn);
    slant_ = std::clamp(slant, -0.6f, 0.9f);
    width_ = width;
    share_ = std::exp(strength * 0.12f * draws.normal());
    taper_ = strength * 0.12f * draws.normal();
  }
  Point operator()(Point p) const {
    const float y = std::pow(std::clamp(p.y, 0.0f, 1.0f), share_) + (p.y - std::clamp(p.y, 0.0f, 1.0f));
    const float x = width_ * p.x * (1 + taper_ * (2 * y - 1)) + slant_ * (1 - y);
    return {c_ * x - s_ * y, s_ * x + c_ * y};
  }

 private:
  float c_, s_, slant_, width_, share_, taper_;
};

// Catmull-Rom spline through the points, in steps short against a pixel.
void trace(const Stroke& p, std::vector<Point>& out) {
  constexpr int kSteps = 8;
  const int n = static_cast<int>(p.size());
  auto at = [&](int i) { return p[static_cast<size_t>(std::clamp(i, 0, n - 1))]; };
  for (int i = 0; i + 1 < n; ++i) {
    const Point a = at(i - 1), b = at(i), c = at(i + 1), d = at(i + 2);
    for (int k = 0; k < kSteps; ++k) {
      const float t = static_cast<float>(k) / kSteps, t2 = t * t, t3 = t2 * t;
      auto mix = [&](float pa, float pb, float pc, float pd) {
        return 0.5f *
               (2 * pb + (pc - pa) * t + (2 * pa - 5 * pb + 4 * pc - pd) * t2 + (3 * pb - pa - 3 * pc + pd) * t3);
      };
      out.push_back({mix(a.x, b.x, c.x, d.x), mix(a.y, b.y, c.y, d.y)});
    }
  }
  out.push_back(p.back());
}

std::vector<Line> draw_lines(int digit, Draws& draws, const SyntheticDigitsOptions& options) {
  const std::vector<Stroke> strokes = write_digit(digit, draws, static_cast<float>(options.wobble));
  const Posture posture(draws, static_cast<float>(options.slant));
  const Bend bend(draws, 0.048f * static_cast<float>(options.distortion));
  const float spread = static_cast<float>(options.pen);
  const float radius = std::clamp(1.25f * std::exp(spread * 0.34f * draws.normal()), 0.6f, 3.4f);
  const float swell = spread * 0.12f * draws.normal(), phase = draws.uniform(0, 2 * kPi), waves = draws.uniform(1, 6);
  std::vector<Line> lines;
  std::vector<Point> way;
  for (const Stroke& s : strokes) {
    way.clear();
    trace(s, way);
    Line line;
    for (size_t i = 0; i < way.size(); ++i) {
      const float t = static_cast<float>(i) / static_cast<float>(way.size());
      line.push_back({bend(posture(way[i])), radius * (1 + swell * std::sin(waves * t + phase))});
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

// Scales the lines so that the ink, whose edge is `softness` pixels wide, fills the box: its longer side is kBox
// pixels.
void fit(std::vector<Line>& lines, float softness) {
  // The pen does not scale with the digit, so the outermost ink is computed again after each step.
  for (int round = 0; round < 3; ++round) {
    float x0 = 1e9f, y0 = 1e9f, x1 = -1e9f, y1 = -1e9f, pen = 0;
    for (const Line& line : lines)
      for (const Ink& i : line) {
        x0 = std::min(x0, i.at.x), x1 = std::max(x1, i.at.x), y0 = std::min(y0, i.at.y), y1 = std::max(y1, i.at.y);
        pen = std::max(pen, i.radius);
      }
    pen += (softness - 1) / 2;
    const float room = kBox - 2 * pen, scale = room / std::max({x1 - x0, y1 - y0, 1e-3f});
    for (Line& line : lines)
      for (Ink& i : line) i.at = {(i.at.x - x0) * scale + pen, (i.at.y - y0) * scale + pen};
  }
}

// Ink per pixel of a 28x28 image whose pixel (0, 0) covers the box's corner moved by `margin`.
using Canvas = std::array<float, kDigitSide * kDigitSide>;
constexpr int kMargin = 4;

void stamp(Canvas& canvas, const Ink& a, const Ink& b, float softness) {
  const float reach = std::max(a.radius, b.radius) + softness;
  auto low = [&](float p, float q) {
    return std::max(0, static_cast<int>(std::floor(std::min(p, q) - reach + kMargin)));
  };
  auto high = [&](float p, float q) {
    return std::min<int>(kDigitSide - 1, static_cast<int>(std::ceil(std::max(p, q) + reach + kMargin)));
  };
  const float dx = b.at.x - a.at.x, dy = b.at.y - a.at.y, length2 = dx * dx + dy * dy;
  for (int y = low(a.at.y, b.at.y); y <= high(a.at.y, b.at.y); ++y)
    for (int x = low(a.at.x, b.at.x); x <= high(a.at.x, b.at.x); ++x) {
      const float px = static_cast<float>(x - kMargin) + 0.5f - a.at.x,
                  py = static_cast<float>(y - kMargin) + 0.5f - a.at.y;
      const float t = length2 > 0 ? std::clamp((px * dx + py * dy) / length2, 0.0f, 1.0f) : 0.0f;
      const float ex = px - t * dx, ey = py - t * dy, radius = a.radius + t * (b.radius - a.radius);
      const float ink = (radius - std::sqrt(ex * ex + ey * ey)) / softness + 0.5f;
      float& pixel = canvas[static_cast<size_t>(y * kDigitSide + x)];
      pixel = std::max(pixel, std::min(ink, 1.0f));
    }
}

// Moves the centre of mass to the centre of the image, by integer pixels as in MNIST, and rounds to bytes.
void centre(const Canvas& canvas, uint8_t* pixels) {
  float sum = 1e-6f, sx = 0, sy = 0;
  for (int i = 0; i < kDigitSide * kDigitSide; ++i) {
    const float v = canvas[static_cast<size_t>(i)];
    sum += v, sx += v * static_cast<float>(i % kDigitSide), sy += v * static_cast<float>(i / kDigitSide);
  }
  const int dx = static_cast<int>(std::lround(kDigitSide / 2.0f - 0.5f - sx / sum));
  const int dy = static_cast<int>(std::lround(kDigitSide / 2.0f - 0.5f - sy / sum));
  for (int y = 0; y < kDigitSide; ++y)
    for (int x = 0; x < kDigitSide; ++x) {
      const int u = x - dx, v = y - dy;
      const bool inside = u >= 0 && u < kDigitSide && v >= 0 && v < kDigitSide;
      *pixels++ = inside ? static_cast<uint8_t>(std::lround(255 * canvas[static_cast<size_t>(v * kDigitSide + u)])) : 0;
    }
}

}  // namespace

int64_t draw_digit(uint64_t seed, uint64_t index, const SyntheticDigitsOptions& options, uint8_t* pixels) {
  Draws draws(seed, index);
  const int digit = static_cast<int>((uint64_t{draws.word()} * 10) >> 32);
  std::vector<Line> lines = draw_lines(digit, draws, options);
  const float softness = draws.uniform(1.0f, 1.6f);
  fit(lines, softness);
  Canvas canvas{};
  for (const Line& line : lines)
    for (size_t i = 0; i + 1 < line.size(); ++i) stamp(canvas, line[i], line[i + 1], softness);
  centre(canvas, pixels);
  return digit;
}

}  // namespace weft::data
