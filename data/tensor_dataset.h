// TensorDataset: samples are the rows of tensors.
#pragma once

#include "weft/data/dataset.h"

namespace weft::data::datasets {

/// Rows `indices` of the first dimension as a new tensor, in one parallel pass, outside the graph. Throws IndexError.
Tensor gather_rows(const Tensor& rows, ArrayRef<size_t> indices);

/// `TensorDataset(data)` gives samples without a target, `TensorDataset(data, target)` samples with one. With
/// map(Stack), a batch is gathered in one pass.
template <class E = Example<>>
class TensorDataset;

template <>
class TensorDataset<TensorExample> : public Dataset<TensorDataset<TensorExample>, TensorExample> {
 public:
  explicit TensorDataset(Tensor tensor);
  explicit TensorDataset(const std::vector<Tensor>& tensors);
  TensorExample get(size_t index) override;
  std::optional<size_t> size() const override { return static_cast<size_t>(tensor_.size(0)); }
  TensorExample gather(ArrayRef<size_t> indices) const { return gather_rows(tensor_, indices); }
  const Tensor& tensor() const { return tensor_; }

 private:
  Tensor tensor_;
};

template <>
class TensorDataset<Example<>> : public Dataset<TensorDataset<Example<>>, Example<>> {
 public:
  /// Throws ShapeError unless both have the same first size.
  TensorDataset(Tensor data, Tensor target);
  Example<> get(size_t index) override;
  std::optional<size_t> size() const override { return static_cast<size_t>(data_.size(0)); }
  Example<> gather(ArrayRef<size_t> indices) const {
    return {gather_rows(data_, indices), gather_rows(target_, indices)};
  }
  const Tensor& data() const { return data_; }
  const Tensor& target() const { return target_; }

 private:
  Tensor data_, target_;
};

TensorDataset(Tensor)->TensorDataset<TensorExample>;
TensorDataset(std::vector<Tensor>)->TensorDataset<TensorExample>;
TensorDataset(Tensor, Tensor)->TensorDataset<Example<>>;

}  // namespace weft::data::datasets
