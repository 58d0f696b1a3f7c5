// Series: points of a curve, which charts draw and sweeps give.
#pragma once

#include <string>
#include <vector>

namespace weft::train {

/// Points of one colour, with a name for the legend.
struct Series {
  std::string name;
  std::vector<double> x = {}, y = {};  ///< as many of each; a point that is not finite breaks the line
  bool line = true;                    ///< join them
  bool dots = false;                   ///< mark each; short lines have dots anyway
  int color = -1;                      ///< which colour of the palette; -1: that of its place among the series
};

}  // namespace weft::train
