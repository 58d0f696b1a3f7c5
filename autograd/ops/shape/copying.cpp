// clone, contiguous and conversions.
#include "weft/autograd/record.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"

namespace weft {
using autograd::op;
using autograd::record;

namespace {
Tensor same(const Tensor& g) { return g; }
}  // namespace

Tensor Tensor::clone() const { return record("clone", kernel::copy_of(*this, dtype()), {*this}, same); }

Tensor Tensor::contiguous(MemoryFormat format) const {
  if (is_contiguous(format)) return *this;
  return record("contiguous", kernel::copy_of(*this, dtype(), format), {*this}, same);
}

Tensor Tensor::to(Dtype dtype, bool, bool copy, std::optional<MemoryFormat> format) const {
  if (format) return to(dtype, false, copy && is_contiguous(*format)).contiguous(*format);
  if (dtype == this->dtype()) return copy ? clone() : *this;
  // The engine converts a gradient to its input's dtype.
  Tensor out = kernel::copy_of(*this, dtype);
  return weft::is_floating_point(dtype) ? record(op("to", "dtype", dtype), out, {*this}, same) : out;
}
Tensor Tensor::to(const TensorOptions& options, bool non_blocking, bool copy,
                  std::optional<MemoryFormat> format) const {
  check<ValueError>(!options.requires_grad(),
                    "[to] does not accept requires_grad(true); call requires_grad_() on the result");
  return to(options.dtype_or(dtype()), non_blocking, copy, format);
}
Tensor Tensor::to(Device, Dtype dtype, bool non_blocking, bool copy, std::optional<MemoryFormat> format) const {
  return to(dtype, non_blocking, copy, format);
}
Tensor Tensor::to(const Tensor& other, bool non_blocking, bool copy, std::optional<MemoryFormat> format) const {
  return to(other.dtype(), non_blocking, copy, format);
}
Tensor Tensor::to(MemoryFormat format) const { return contiguous(format); }
Tensor Tensor::type_as(const Tensor& other) const { return to(other.dtype()); }
Tensor Tensor::toType(Dtype dtype) const { return to(dtype); }
Tensor Tensor::cpu() const { return *this; }

}  // namespace weft
