// The table of a model's layers: output sizes, parameters and cost.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "weft/nn/lang/model.h"

namespace weft::nn {

struct SummaryRow {
  std::string name;  ///< prefix of the names of its parameters: "0", "fc1", "3.body.0"
  size_t depth;      ///< number of enclosing modules
  std::string layer;
  Dims output;  ///< of one sample
  int64_t parameters;
  double mflop;  ///< of one sample's forward: two per multiplication with a weight; everything else is not counted
  bool group;    ///< a group: its layers follow, and it has no parameters of its own
};

/// Prints as a table: std::cout << nn::summary(net).
struct Summary {
  Dims input;
  std::vector<SummaryRow> rows;
  int64_t parameters = 0;
  double mflop = 0;
};
std::ostream& operator<<(std::ostream& stream, const Summary& summary);

/// Summary of a description; no module is built. Throws the errors of building.
Summary summary(const lang::Chain& description);
/// Summary of a model.
Summary summary(const Model& model);
/// Summary of any network: runs it in evaluation mode on zeros of two samples of these sizes.
Summary summary(const Sequential& net, IntArrayRef sample_sizes);

}  // namespace weft::nn
