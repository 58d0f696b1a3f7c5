// How kernels that know about memory order read and make image batches [N, C, H, W].
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::kernel {

/// The numbers of a batch as they lie in memory, in one of the two orders; keeps the memory alive.
template <class T>
struct Image {
  const T* data;
  bool channels_last;  ///< else standard order; a batch of one channel or of 1 x 1 images is in both orders
  bool is_private;     ///< channels-last although strides() says otherwise
  Tensor tensor;
};

/// The batch as it lies. One that lies in neither order is copied to standard order first.
template <class T>
Image<T> image_of(const Tensor& x);
/// The batch in the order asked for, reordered where it lies otherwise.
template <class T>
Image<T> image_as(const Tensor& x, bool channels_last);

/// True where both orders are the same.
inline bool orders_agree(IntArrayRef sizes) { return sizes[1] == 1 || sizes[2] * sizes[3] == 1; }
/// True where x lies channels-last, visibly or not, and not in standard order too.
bool lies_channels_last(const Tensor& x);

/// A new batch whose memory is channels-last: privately, or visibly in its strides where those of `like` are.
Tensor new_channels_last(IntArrayRef sizes, Dtype dtype, const Tensor& like);
/// Memory of a batch just made by new_channels_last or by empty.
template <class T>
T* image_data(const Tensor& out) {
  bool order;
  return static_cast<T*>(out.impl().storage->raw(&order)) + out.storage_offset();
}

}  // namespace weft::kernel
