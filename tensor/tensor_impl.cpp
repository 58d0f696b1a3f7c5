#include "weft/tensor/tensor_impl.h"

#include "weft/tensor/error.h"
#include "weft/tensor/tally.h"

namespace weft {
namespace {
bool is_contiguous(const Dims& sizes, const Dims& strides, int64_t numel) {
  if (numel == 0) return true;
  int64_t expected = 1;
  for (size_t i = sizes.size(); i-- > 0;) {
    if (sizes[i] != 1 && strides[i] != expected) return false;
    expected *= sizes[i];
  }
  return true;
}
}  // namespace

TensorImpl::TensorImpl(Ref<Storage> s, Dtype d, Dims sz, Dims st, int64_t off)
    : storage(std::move(s)),
      sizes(std::move(sz)),
      strides(std::move(st)),
      offset(off),
      numel(numel_of(sizes)),
      dtype(d),
      contiguous(is_contiguous(sizes, strides, numel)) {
  // Without gaps the last element is known; other windows are walked.
  const int64_t bytes = storage->bytes(), item = item_size(dtype);
  if (!contiguous || offset < 0 || offset > kMaxElements || (offset + numel) * item > bytes) [[unlikely]]
    check_window("tensor", sizes, strides, offset, bytes / item);
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
