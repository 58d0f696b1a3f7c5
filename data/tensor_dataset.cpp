#include "weft/data/tensor_dataset.h"

#include <cstring>

#include "weft/tensor/creation.h"
#include "weft/tensor/parallel.h"

namespace weft::data::datasets {
namespace {

Tensor checked(Tensor rows, const char* what) {
  check<ValueError>(rows.defined(), "[TensorDataset] {} is undefined", what);
  check<ShapeError>(rows.dim() > 0, "[TensorDataset] {} has no dimensions", what);
  return rows.detach().contiguous();
}

Tensor row(const Tensor& rows, size_t index) {
  check<IndexError>(index < static_cast<size_t>(rows.size(0)), "[TensorDataset] sample {} of {}", index, rows.size(0));
  return rows[static_cast<int64_t>(index)];
}

}  // namespace

Tensor gather_rows(const Tensor& rows, ArrayRef<size_t> indices) {
  const Tensor from = rows.contiguous();
  const auto count = static_cast<size_t>(from.size(0));
  for (size_t i : indices) check<IndexError>(i < count, "[TensorDataset] sample {} of {}", i, count);
  Dims sizes(from.sizes());
  sizes[0] = static_cast<int64_t>(indices.size());
  Tensor out = empty(sizes, from.dtype());
  const int64_t bytes = count ? from.nbytes() / from.size(0) : 0;
  const auto* source = static_cast<const char*>(from.data_ptr());
  auto* target = static_cast<char*>(out.data_ptr());
  parallel_for(sizes[0], 5 + static_cast<double>(bytes) * 0.1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      std::memcpy(target + i * bytes, source + static_cast<int64_t>(indices[static_cast<size_t>(i)]) * bytes,
                  static_cast<size_t>(bytes));
  });
  return out;
}

TensorDataset<TensorExample>::TensorDataset(Tensor tensor) : tensor_(checked(std::move(tensor), "the data")) {}
TensorDataset<TensorExample>::TensorDataset(const std::vector<Tensor>& tensors)
    : TensorDataset(transforms::stack_tensors(tensors)) {}
TensorExample TensorDataset<TensorExample>::get(size_t index) { return row(tensor_, index); }

TensorDataset<Example<>>::TensorDataset(Tensor data, Tensor target)
    : data_(checked(std::move(data), "the data")), target_(checked(std::move(target), "the target")) {
  check<ShapeError>(data_.size(0) == target_.size(0), "[TensorDataset] {} samples, but {} targets (data {}, target {})",
                    data_.size(0), target_.size(0), data_.sizes(), target_.sizes());
}
Example<> TensorDataset<Example<>>::get(size_t index) { return {row(data_, index), row(target_, index)}; }

}  // namespace weft::data::datasets
