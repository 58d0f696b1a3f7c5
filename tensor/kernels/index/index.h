// Selection and scattering of elements by index tensors, without gradients. Index tensors are int64 or int32; negative
// indices count from the end only where stated. An index out of range throws IndexError with index, dimension and size.
#pragma once

#include <vector>

#include "weft/tensor/tensor.h"

namespace weft::kernel {

/// out[i][j] = x[index[i][j]][j] for dim 0; out has index's sizes, which must not exceed x's in other dimensions.
Tensor gather(const Tensor& x, int64_t dim, const Tensor& index);
/// out[index[i][j]][j] = src[i][j] for dim 0 (+= with `add`), in the order of index along dim: the last value wins. src
/// has at least index's sizes, and out's dtype. Writes to out.
void scatter_into(const Tensor& out, int64_t dim, const Tensor& index, const Tensor& src, bool add);

/// The slices of x along dim at `index` (at most one dimension).
Tensor index_select(const Tensor& x, int64_t dim, const Tensor& index, const char* op = "index_select");
/// Adds alpha * the slices of src to the slices of out (contiguous) at `index`, in order.
void index_add_into(const Tensor& out, int64_t dim, const Tensor& index, const Tensor& src, const Scalar& alpha);

/// Index tensors by dimension; an undefined one (or one past the end of the list) keeps all of a dimension. They
/// broadcast together; negative indices count from the end.
using IndexTensors = std::vector<Tensor>;
/// x[indices]: the broadcast index dimensions replace the indexed dimensions if those were adjacent, else they come
/// first. Errors name dims[d], if given, for dimension d.
Tensor index(const Tensor& x, const IndexTensors& indices, IntArrayRef dims = {});
/// out[indices] = value, or += value; value broadcasts to the sizes of index(out, indices) and has out's dtype.
void index_put_into(const Tensor& out, const IndexTensors& indices, const Tensor& value, bool accumulate,
                    IntArrayRef dims = {});
/// Sizes of index(x, indices).
Dims indexed_sizes(const Tensor& x, const IndexTensors& indices);

/// [n, dim()] int64 coordinates of the nonzero elements, in row-major order.
Tensor nonzero(const Tensor& x);
/// x with zeros above (lower) or below (upper) the diagonal of its last two dimensions.
Tensor triangle(const Tensor& x, int64_t diagonal, bool upper);
/// x reversed along the dimensions of dims.
Tensor flip(const Tensor& x, IntArrayRef dims);
/// Joins tensors of one dtype along dim; the other sizes must agree.
Tensor cat(const TensorList& tensors, int64_t dim);

}  // namespace weft::kernel
