// Indexing by tensors as differentiable functions, and the parsing of index lists.
#pragma once

#include <vector>

#include "weft/tensor/kernels/index.h"
#include "weft/tensor/tensor.h"

namespace weft::autograd {

using kernel::IndexTensors;

/// An index list taken apart: what slices, integers and None make of the tensor (a view), and the index tensors that
/// are then to be applied to its dimensions; none where the list holds no tensor. Masks have become their coordinates.
struct ParsedIndex {
  Tensor view;
  IndexTensors tensors;
  std::vector<int64_t> dims;  ///< the dimension of the original that each of `tensors` stands for, named by errors
};
ParsedIndex parse_index(const Tensor& x, const std::vector<indexing::TensorIndex>& indices);

/// x[indices], differentiable in x.
Tensor index(const Tensor& x, const IndexTensors& indices, IntArrayRef dims = {});
/// A copy of x with [indices] = value, or += value. Differentiable in x and value; of values put to the same place the
/// last one stays, and only it gets a gradient.
Tensor index_put(const Tensor& x, const IndexTensors& indices, const Tensor& value, bool accumulate,
                 IntArrayRef dims = {});

}  // namespace weft::autograd
