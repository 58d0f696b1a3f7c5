// ImageDataset: byte images and their labels in memory; the base of MNIST and SyntheticDigits.
#pragma once

#include "weft/data/dataset.h"

namespace weft::data::datasets {

/// The data of an ImageDataset; copies share the memory.
class ImageBytes {
 public:
  ImageBytes() = default;
  /// `pixels` is uint8 [N, H, W] or [N, C, H, W], `labels` int64 [N].
  ImageBytes(Tensor pixels, Tensor labels);
  size_t count() const { return static_cast<size_t>(labels.numel()); }
  /// float32 [C, H, W] in [0, 1] and an int64 scalar. Throws IndexError.
  Example<> get(size_t index) const;
  void lend(ImagePlan& plan, ArrayRef<size_t> indices) const;
  /// All images as float32 [N, C, H, W] in [0, 1].
  Tensor as_float() const;
  Tensor pixels, labels;
  ImageShape shape;
};

/// Images with labels. `map(Normalize).map(Stack)` on it makes a batch in one pass.
template <class Self>
class ImageDataset : public Dataset<Self> {
 public:
  /// float32 [C, H, W] in [0, 1] and its label, an int64 scalar.
  Example<> get(size_t index) override { return bytes_.get(index); }
  std::optional<size_t> size() const override { return bytes_.count(); }
  /// All images as float32 [N, C, H, W] in [0, 1], converted at each call.
  Tensor images() const { return bytes_.as_float(); }
  /// The stored images: uint8 [N, H, W] or [N, C, H, W].
  const Tensor& pixels() const { return bytes_.pixels; }
  /// int64 [N].
  const Tensor& targets() const { return bytes_.labels; }
  void lend(ImagePlan& plan, ArrayRef<size_t> indices) const { bytes_.lend(plan, indices); }

 protected:
  explicit ImageDataset(ImageBytes bytes) : bytes_(std::move(bytes)) {}

 private:
  ImageBytes bytes_;
};

}  // namespace weft::data::datasets
