#include "weft/autograd/ops/index/indexing.h"

#include "weft/autograd/inplace.h"
#include "weft/autograd/ops/shape/view.h"
#include "weft/autograd/record.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/overlap.h"

namespace weft {
namespace autograd {
namespace {

using indexing::TensorIndex;
using Kind = TensorIndex::Kind;

Tensor tensor_of(const TensorIndex& i) { return Tensor(i.tensor); }
bool is_mask(const Tensor& t) { return t.dtype() == kBool || t.dtype() == kUInt8; }

// Number of dimensions of the tensor that an element of the list indexes.
int64_t consumed(const TensorIndex& i) {
  switch (i.kind) {
    case Kind::Integer:
    case Kind::Slice:
      return 1;
    case Kind::Tensor:
      return is_mask(tensor_of(i)) ? tensor_of(i).dim() : 1;
    default:
      return 0;
  }
}

// State of the walk along the list: the view so far, its next dimension `at`, and that dimension's index in the
// original, `from`, for errors.
class IndexParser {
 public:
  IndexParser(const Tensor& x, const std::vector<TensorIndex>& indices) : view_(x) {
    int64_t used = 0, dots = 0;
    for (const TensorIndex& i : indices) used += consumed(i), dots += i.kind == Kind::Dots;
    check<IndexError>(used <= x.dim(), "[index] indices for {} dimensions of a tensor of sizes {}", used, x.sizes());
    check<IndexError>(dots <= 1, "[index] more than one Ellipsis");
    for (const TensorIndex& i : indices) {
      if (i.kind == Kind::Dots)
        at_ += x.dim() - used, from_ += x.dim() - used;
      else
        take(i);
    }
  }
  ParsedIndex result() && { return {std::move(view_), std::move(tensors_), std::move(dims_)}; }

 private:
  void take(const TensorIndex& i) {
    switch (i.kind) {
      case Kind::NewAxis:
        view_ = view_.unsqueeze(at_++);
        break;
      case Kind::Integer:
        take_integer(i.integer);
        break;
      case Kind::Slice:
        view_ = view_.slice(at_, i.slice.start, i.slice.stop, i.slice.step), ++at_, ++from_;
        break;
      case Kind::Boolean:
        take_truth(i.integer != 0);
        break;
      case Kind::Tensor:
        take_tensor(tensor_of(i));
        break;
      case Kind::Dots:
        break;
    }
  }
  void take_integer(int64_t i) {
    const int64_t size = view_.size(at_);
    check<IndexError>(-size <= i && i < size, "[index] index {} is out of range for dimension {} of size {}", i, from_,
                      size);
    view_ = view_.select(at_, i), ++from_;
  }
  // x[True] is x[None], x[False] has no elements.
  void take_truth(bool truth) {
    view_ = view_.unsqueeze(at_);
    put(truth ? zeros({1}, kInt64) : empty({0}, kInt64), from_);
  }
  void take_tensor(const Tensor& t) {
    if (t.dim() == 0) return is_mask(t) ? take_truth(t.item<bool>()) : take_integer(t.item<int64_t>());
    if (!is_mask(t)) return put(t, from_++);
    for (int64_t d = 0; d < t.dim(); ++d)
      check<IndexError>(t.size(d) == view_.size(at_ + d),
                        "[index] a mask of sizes {} at dimension {} of a tensor of sizes {}", t.sizes(), from_,
                        view_.sizes());
    const Tensor places = kernel::nonzero(t);
    for (int64_t d = 0; d < t.dim(); ++d) put(places.select(1, d), from_++);
  }
  void put(const Tensor& index, int64_t from) {
    tensors_.resize(at_ + 1), dims_.resize(at_ + 1);
    tensors_[at_] = index, dims_[at_++] = from;
  }

  Tensor view_;
  IndexTensors tensors_;
  std::vector<int64_t> dims_;
  int64_t at_ = 0, from_ = 0;
};

// Index tensors kept for backward.
class SavedIndices {
 public:
  explicit SavedIndices(const IndexTensors& indices) {
    for (const Tensor& t : indices) saved_.emplace_back(t);
  }
  IndexTensors operator()() const {
    IndexTensors out;
    for (const Saved& s : saved_) out.push_back(s());
    return out;
  }

 private:
  std::vector<Saved> saved_;
};

// The values of a put that remain at the end: those that no later one overwrites.
Tensor survivors(IntArrayRef sizes, const IndexTensors& indices, IntArrayRef value_sizes) {
  const NoGradGuard no_grad;
  const Tensor numbers = arange(numel_of(value_sizes)).reshape(value_sizes);
  const Tensor board = empty(sizes, kInt64);
  kernel::index_put_into(board, indices, numbers, false);
  return kernel::index(board, indices).eq(numbers);
}

}  // namespace

ParsedIndex parse_index(const Tensor& x, const std::vector<TensorIndex>& indices) {
  return IndexParser(x, indices).result();
}

Tensor index(const Tensor& x, const IndexTensors& indices, IntArrayRef dims) {
  return record("index", kernel::index(x, indices, dims), {x},
                [sizes = Dims(x.sizes()), at = SavedIndices(indices)](const Tensor& g) {
                  return index_put(zeros(sizes, g.dtype()), at(), g, true);
                });
}

Tensor index_put(const Tensor& x, const IndexTensors& indices, const Tensor& value, bool accumulate, IntArrayRef dims) {
  Tensor out = kernel::copy_of(x, x.dtype());
  const Tensor converted = value.to(x.dtype());
  kernel::index_put_into(out, indices, converted, accumulate, dims);
  const SavedIndices at(indices);
  return record(
      op("index_put", "accumulate", accumulate), out, {x, converted},
      [at, accumulate](const Tensor& g) { return accumulate ? g : index_put(g, at(), zeros({}, g.dtype()), false); },
      [at, accumulate, sizes = Dims(x.sizes())](const Tensor& g) {
        const IndexTensors indices = at();
        const Tensor picked = index(g, indices);
        return accumulate ? picked : picked * survivors(sizes, indices, picked.sizes()).to(g.dtype());
      });
}

}  // namespace autograd

Tensor Tensor::index(const std::vector<indexing::TensorIndex>& indices) const {
  const autograd::ParsedIndex parsed = autograd::parse_index(*this, indices);
  if (parsed.tensors.empty()) return parsed.view.is_same(*this) ? autograd::alias(*this) : parsed.view;
  return autograd::selected(autograd::index(parsed.view, parsed.tensors, parsed.dims));
}
Tensor Tensor::index(std::initializer_list<indexing::TensorIndex> indices) const {
  return index(std::vector<indexing::TensorIndex>(indices));
}

namespace {

// `value` may have more leading dimensions of size 1 than its destination.
Tensor without_leading_ones(const Tensor& value, size_t dims) {
  const IntArrayRef sizes = value.sizes();
  size_t skip = 0;
  while (sizes.size() - skip > dims && sizes[skip] == 1) ++skip;
  return skip == 0 ? value : value.reshape({sizes.data() + skip, sizes.size() - skip});
}

void put(const Tensor& self, const std::vector<indexing::TensorIndex>& indices, const Tensor& value, bool accumulate) {
  const autograd::ParsedIndex parsed = autograd::parse_index(self, indices);
  const Tensor& view = parsed.view;
  if (parsed.tensors.empty()) {
    const Tensor fitting = without_leading_ones(value, view.sizes().size());
    if (accumulate)
      view.add_(fitting);
    else
      view.copy_(fitting);
    return;
  }
  const Tensor fitting = without_leading_ones(value, kernel::indexed_sizes(view, parsed.tensors).size());
  autograd::in_place("index_put_", view, true, autograd::tracks(value), [&](const Tensor& old) {
    if (!old.impl().donated) return autograd::index_put(old, parsed.tensors, fitting, accumulate, parsed.dims);
    const bool aliased = overlap_of(value, view) != Overlap::None || value.dtype() != view.dtype();
    kernel::index_put_into(old, parsed.tensors, aliased ? kernel::copy_of(fitting, view.dtype()) : fitting, accumulate,
                           parsed.dims);
    return old;
  });
}

}  // namespace

Tensor& Tensor::index_put_(const std::vector<indexing::TensorIndex>& indices, const Tensor& value, bool accumulate) {
  put(*this, indices, value, accumulate);
  return *this;
}
Tensor& Tensor::index_put_(std::initializer_list<indexing::TensorIndex> indices, const Tensor& value, bool accumulate) {
  put(*this, indices, value, accumulate);
  return *this;
}
Tensor& Tensor::index_put_(std::initializer_list<indexing::TensorIndex> indices, const Scalar& value) {
  put(*this, indices, scalar_tensor(value, dtype()), false);
  return *this;
}

}  // namespace weft
