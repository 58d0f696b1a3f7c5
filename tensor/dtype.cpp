#include "weft/tensor/dtype.h"

#include <algorithm>
#include <atomic>
#include <ostream>
#include <string_view>

#include "weft/tensor/error.h"

namespace weft {
namespace {
std::atomic<Dtype> g_default_dtype{kFloat32};
}

const char* name(Dtype d) {
  static constexpr const char* names[] = {"bool", "uint8", "int32", "int64", "float32", "float64"};
  return names[static_cast<int>(d)];
}

std::ostream& operator<<(std::ostream& out, Dtype d) { return out << name(d); }

Dtype default_dtype() { return g_default_dtype.load(std::memory_order_relaxed); }

void set_default_dtype(Dtype d) {
  check<DtypeError>(is_floating_point(d), "[set_default_dtype] needs float32 or float64, got {}", d);
  g_default_dtype = d;
}

void require_floating_point(const char* op, Dtype d) {
  check<DtypeError>(is_floating_point(d), "[{}] needs a floating-point tensor, got {}", op, d);
}

void require_not_bool(const char* op, Dtype d) {
  check<DtypeError>(d != kBool, "[{}] is not defined for bool; convert with to(), or use the logical ops", op);
}

void check_can_require_grad(Dtype d) {
  check<DtypeError>(is_floating_point(d), "[requires_grad_] only floating-point tensors have gradients, not {}", d);
}

}  // namespace weft

fmt::format_context::iterator fmt::formatter<weft::Dtype>::format(weft::Dtype d, fmt::format_context& ctx) const {
  const auto text = std::string_view(weft::name(d));
  return std::copy(text.begin(), text.end(), ctx.out());
}
