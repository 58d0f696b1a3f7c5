#include "weft/autograd/ops/conv/window_options.h"

#include <limits>

#include "weft/tensor/error.h"

namespace weft::autograd {

Size2 pair_of(const char* op, const char* name, IntArrayRef v, int64_t least) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  check<ValueError>(v.size() == 1 || v.size() == 2, "[{}] {} takes one or two integers, got {}", op, name, v);
  const Size2 two{v[0], v[v.size() - 1]};
  for (int64_t n : two) {
    check<ValueError>(n >= least, "[{}] {} must be at least {}, got {}", op, name, least, v);
    check<ValueError>(n <= kMost, "[{}] {} must be at most {}, got {}", op, name, kMost, v);
  }
  return two;
}

}  // namespace weft::autograd
