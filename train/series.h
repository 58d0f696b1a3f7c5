// Series: the points of a curve, for charts and sweeps.
#pragma once

#include <string>
#include <vector>

namespace weft::train {

/// Points of one colour, with a name for the legend.
struct Series {
  std::string name;
  std::vector<double> x = {}, y = {};  ///< equally many of each; a point that is not finite interrupts the line
  bool line = true;                    ///< connect the points
  bool dots = false;                   ///< mark each; short lines have dots anyway
  int color = -1;                      ///< index of the palette; -1: the index of the series
};

}  // namespace weft::train
