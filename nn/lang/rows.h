// The families of weft's own rows of the table of layers. Internal.
#pragma once

#include <vector>

#include "weft/nn/lang/table.h"

namespace weft::nn::lang {

std::vector<LayerRow> shape_rows();    // input, flatten, pads ...
std::vector<LayerRow> product_rows();  // linear, convolutions, embedding
std::vector<LayerRow> pool_rows();
std::vector<LayerRow> norm_rows();  // and dropout
std::vector<LayerRow> activation_rows();
std::vector<LayerRow> branch_rows();  // residual, repeat, parallel

/// Plans of layers that leave sizes as they are and have no parameters.
inline Plan same_sizes(const LayerCall& call) { return {call.input(), 0, 0}; }

/// Checks that the input has that many dimensions; `wanted` says which ("[channels, height, width]").
void check_dims(const LayerCall& call, std::initializer_list<size_t> counts, const char* wanted);

/// The nearest divisors of n on both sides of a number that does not divide it: "3 or 6".
std::string nearest_divisors(int64_t n, int64_t wanted);

/// The product of counts. Throws ShapeError where it is more parameters than a model may have.
int64_t parameter_count(const LayerCall& call, std::initializer_list<int64_t> factors);

}  // namespace weft::nn::lang
