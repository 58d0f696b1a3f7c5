// Indexing by tensors as differentiable functions, and the parsing of index lists.
#pragma once

#include <vector>

#include "weft/tensor/kernels/index/index.h"
#include "weft/tensor/tensor.h"

namespace weft::autograd {

using kernel::IndexTensors;

/// A parsed index list: the view that slices, integers and None make of the tensor, and the index tensors to apply to
/// its dimensions; none if the list holds no tensor. Masks are replaced by their coordinates.
struct ParsedIndex {
  Tensor view;
  IndexTensors tensors;
  std::vector<int64_t> dims;  ///< the original's dimension for each of `tensors`, for errors
};
ParsedIndex parse_index(const Tensor& x, const std::vector<indexing::TensorIndex>& indices);

/// x[indices], differentiable in x.
Tensor index(const Tensor& x, const IndexTensors& indices, IntArrayRef dims = {});
/// A copy of x with [indices] = value, or += value. Differentiable in x and value; of values put to the same position
/// the last one wins, and only it gets a gradient.
Tensor index_put(const Tensor& x, const IndexTensors& indices, const Tensor& value, bool accumulate,
                 IntArrayRef dims = {});

}  // namespace weft::autograd
