#include "weft/tensor/tensor_impl.h"

#include "weft/tensor/error.h"
#include "weft/tensor/tally.h"

namespace weft {

TensorImpl::TensorImpl(Ref<Storage> s, Dtype d, Dims sz, Dims st, int64_t off)
    : storage(std::move(s)),
      sizes(std::move(sz)),
      strides(std::move(st)),
      offset(off),
      numel(1),
      dtype(d),
      contiguous(true) {
  // One walk computes both for tensors with elements; a size of 0 and errors of numel_of take the slow path.
  const int64_t *size = sizes.data(), *stride = strides.data();
  int64_t n = 1;
  bool dense = true, usual = true;
  for (size_t i = sizes.size(); i-- > 0;) {
    dense &= size[i] == 1 || stride[i] == n;
    if (size[i] <= 0 || __builtin_mul_overflow(n, size[i], &n)) [[unlikely]] {
      usual = false;
      break;
    }
  }
  if (!usual || n > kMaxElements) [[unlikely]] {
    n = numel_of(sizes);
    dense = true;  // without elements, whatever the strides
  }
  numel = n, contiguous = dense;
  Tally::add(Tally::kTensors, 1);
}

TensorImpl::TensorImpl(Ref<Storage> s, Dtype d, const TensorImpl& like, int64_t off) noexcept
    : storage(std::move(s)),
      sizes(like.sizes),
      strides(like.strides),
      offset(off),
      numel(like.numel),
      dtype(d),
      contiguous(like.contiguous) {
  Tally::add(Tally::kTensors, 1);
}

TensorImpl::~TensorImpl() { Tally::add(Tally::kTensors, -1); }

Ref<Storage> storage_for(const Dims& sizes, Dtype dtype, bool image) {
  try {
    if (image) return make_ref<Storage>(Storage::ImageSizes{sizes[0], sizes[1], sizes[2], sizes[3]}, item_size(dtype));
    return make_ref<Storage>(numel_of(sizes) * item_size(dtype));
  } catch (const OutOfMemoryError&) {
    fail<OutOfMemoryError>("[tensor] a tensor of sizes {} and dtype {} needs {:.1f} GiB, more than the system gives",
                           sizes, dtype, static_cast<double>(numel_of(sizes) * item_size(dtype)) / (int64_t{1} << 30));
  }
}

int64_t TensorImpl::live() { return Tally::total(Tally::kTensors); }

}  // namespace weft
