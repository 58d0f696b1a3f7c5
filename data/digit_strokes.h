// The shapes of digits as people write them: templates of strokes.
#pragma once

#include <array>
#include <string_view>
#include <vector>

namespace weft::data {

struct Point {
  float x = 0, y = 0;
};

/// One way to write a digit. A path lists points as "xxyy", both 00 to 99 of a box, y downwards: the pen runs through
/// them smoothly; "|" makes the point before it a corner, "/" lifts the pen.
struct DigitTemplate {
  int digit;
  float weight;  ///< how often, against the digit's other templates
  float width;   ///< of the box, against its height
  std::string_view path;
};

/// A stroke between two corners or pen lifts.
struct Stroke {
  std::vector<Point> points;
  bool joined = false;  ///< begins at the corner where the stroke before it ended
};

/// All templates of a digit.
const std::vector<DigitTemplate>& templates_of(int digit);
/// The strokes of a path, in a box of height 1.
std::vector<Stroke> strokes_of(const DigitTemplate& t);

}  // namespace weft::data
