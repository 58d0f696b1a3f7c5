#include "weft/tensor/kernels/walk/image.h"

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/walk/reorder.h"

namespace weft::kernel {
namespace {
bool visibly_channels_last(const Tensor& x) {
  return x.is_contiguous(MemoryFormat::ChannelsLast) && !x.impl().contiguous;
}
}  // namespace

template <class T>
Image<T> image_of(const Tensor& x) {
  bool is_private;
  const auto* data = static_cast<const T*>(x.impl().storage->raw(&is_private)) + x.storage_offset();
  if (is_private || visibly_channels_last(x)) return {data, true, is_private, x};
  if (x.impl().contiguous) return {data, false, false, x};
  Tensor copy = kernel::contiguous(x);
  return {copy.data_ptr<T>(), false, false, copy};
}

template <class T>
Image<T> image_as(const Tensor& x, bool channels_last) {
  Image<T> image = image_of<T>(x);
  if (image.channels_last == channels_last || orders_agree(x.sizes())) return image;
  Tensor other = empty(x.sizes(), x.dtype());
  auto reorder = channels_last ? nchw_to_nhwc : nhwc_to_nchw;
  reorder(image.data, other.data_ptr(), x.size(0), x.size(1), x.size(2), x.size(3), x.element_size());
  return {other.data_ptr<T>(), channels_last, false, other};
}

template Image<float> image_of<float>(const Tensor&);
template Image<double> image_of<double>(const Tensor&);
template Image<float> image_as<float>(const Tensor&, bool);
template Image<double> image_as<double>(const Tensor&, bool);
template Image<int32_t> image_of<int32_t>(const Tensor&);
template Image<int32_t> image_as<int32_t>(const Tensor&, bool);

bool lies_channels_last(const Tensor& x) {
  return !orders_agree(x.sizes()) && (x.impl().storage->channels_last() || visibly_channels_last(x));
}

Tensor new_channels_last(IntArrayRef s, Dtype dtype, const Tensor& like) {
  if (orders_agree(s) || numel_of(s) == 0) return empty(s, dtype);
  if (visibly_channels_last(like)) {
    return Tensor(storage_for(s, dtype), dtype, s, Dims{s[1] * s[2] * s[3], 1, s[3] * s[1], s[1]});
  }
  return Tensor(storage_for(s, dtype, true), dtype, s, contiguous_strides(s));
}

}  // namespace weft::kernel
