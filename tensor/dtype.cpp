#include "weft/tensor/dtype.h"

#include <algorithm>
#include <atomic>
#include <ostream>
#include <string>
#include <string_view>

#include "weft/tensor/error.h"

namespace weft {
namespace {

std::atomic<Dtype> g_default_dtype{kFloat32};

// True if the table's rows describe the C++ types.
template <class... T>
constexpr bool rows_fit(TypeList<T...>) {
  return sizeof...(T) == kDtypeCount && ((item_size(dtype_of<T>) == sizeof(T)) && ...) &&
         ((is_floating_point(dtype_of<T>) == (std::is_floating_point_v<T> || is_float16<T>)) && ...);
}
static_assert(rows_fit(AllTypes{}));
static_assert(detail::dtypes_of(KernelTypes{}) == detail::kWithKernels);

std::string names_of(detail::DtypeSet set) {
  std::string names;
  for (int i = 0; i < kDtypeCount; ++i)
    if (detail::contains(set, static_cast<Dtype>(i)))
      names += (names.empty() ? "" : ", ") + std::string(name(static_cast<Dtype>(i)));
  return names;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, Dtype d) { return out << name(d); }

Dtype default_dtype() { return g_default_dtype.load(std::memory_order_relaxed); }

void set_default_dtype(Dtype d) {
  check<DtypeError>(is_floating_point(d), "[set_default_dtype] needs a floating-point dtype ({}), got {}",
                    names_of(detail::kFloating), d);
  g_default_dtype = d;
}

void detail::fail_dtype(const char* op, Dtype d, DtypeSet kernels) {
  const DtypeSet supported = dtypes_where([&](Dtype each) { return contains(kernels, dtype_info(each).compute); });
  fail<DtypeError>("[{}] supports {}, got {}", op, names_of(supported), d);
}

void require_floating_point(const char* op, Dtype d) {
  if (!is_floating_point(d)) [[unlikely]]
    fail<DtypeError>("[{}] needs a floating-point tensor ({}), got {}", op, names_of(detail::kFloating), d);
}

void require_not_bool(const char* op, Dtype d) {
  if (d == kBool) [[unlikely]]
    fail<DtypeError>("[{}] is not defined for bool, only for {}; convert with to(), or use the logical ops", op,
                     names_of(detail::kFloating | detail::kIntegers));
}

void check_can_require_grad(Dtype d) {
  check<DtypeError>(is_floating_point(d), "[requires_grad_] only floating-point tensors have gradients, not {}", d);
}

}  // namespace weft

fmt::format_context::iterator fmt::formatter<weft::Dtype>::format(weft::Dtype d, fmt::format_context& ctx) const {
  const auto text = std::string_view(weft::name(d));
  return std::copy(text.begin(), text.end(), ctx.out());
}
