// The families of built-in rows of the table of layers. Internal.
#pragma once

#include <vector>

#include "weft/nn/lang/table.h"

namespace weft::nn::lang {

std::vector<LayerRow> shape_rows();    // input, flatten, pads ...
std::vector<LayerRow> product_rows();  // linear, convolutions, embedding
std::vector<LayerRow> pool_rows();
std::vector<LayerRow> norm_rows();  // batch, instance, layer and group norm; dropout
std::vector<LayerRow> activation_rows();
std::vector<LayerRow> branch_rows();  // residual, repeat, parallel

/// The plan of a layer without parameters that keeps its input's sizes.
inline Plan same_sizes(const LayerCall& call) { return {call.input(), 0, 0}; }

/// Throws ShapeError unless the number of input dimensions is in `counts`; `wanted` describes them ("[channels, height,
/// width]").
void check_dims(const LayerCall& call, std::initializer_list<size_t> counts, const char* wanted);

/// The divisors of n nearest to `wanted` on both sides: "3 or 6".
std::string nearest_divisors(int64_t n, int64_t wanted);

/// The product of counts. Throws ShapeError if it exceeds the number of parameters that a model may have.
int64_t parameter_count(const LayerCall& call, std::initializer_list<int64_t> factors);

}  // namespace weft::nn::lang
