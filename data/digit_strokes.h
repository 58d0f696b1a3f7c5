// The shapes of handwritten digits.
#pragma once

#include <vector>

namespace weft::data {

class Draws;
struct Point {
  float x = 0, y = 0;
};
/// Points that the pen passes smoothly between two corners or lifts.
using Stroke = std::vector<Point>;

/// Writes a digit in a box of height 1, y downwards: one of its templates, its points moved by `wobble` (1 is the
/// default).
std::vector<Stroke> write_digit(int digit, Draws& draws, float wobble);

}  // namespace weft::data
