// Access to image batches [N, C, H, W] for kernels that handle both memory orders.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::kernel {

/// The elements of a batch in memory, in one of the two orders; keeps the memory alive.
template <class T>
struct Image {
  const T* data;
  bool channels_last;  ///< else standard order; a batch of one channel or of 1 x 1 images has both orders
  bool is_private;     ///< channels-last in memory, though strides() shows standard order
  Tensor tensor;
};

/// The batch as stored. A batch in neither order is first copied to standard order.
template <class T>
Image<T> image_of(const Tensor& x);
/// The batch in the requested order, reordered if necessary.
template <class T>
Image<T> image_as(const Tensor& x, bool channels_last);

/// True if both orders are the same.
inline bool orders_agree(IntArrayRef sizes) { return sizes[1] == 1 || sizes[2] * sizes[3] == 1; }
/// True if x is stored channels-last, visibly or privately, and not also in standard order.
bool lies_channels_last(const Tensor& x);

/// A new batch with channels-last memory: visible in its strides if those of `like` are, else private.
Tensor new_channels_last(IntArrayRef sizes, Dtype dtype, const Tensor& like);
/// Memory of a batch just created by new_channels_last or by empty.
template <class T>
T* image_data(const Tensor& out) {
  bool order;
  return static_cast<T*>(out.impl().storage->raw(&order)) + out.storage_offset();
}

}  // namespace weft::kernel
