// Elementwise ops and reductions, from sizes limited by the call to sizes limited by memory.
#include "families.h"

namespace weft::bench {

const bool elementwise = [] {
  for (int64_t n : {256, 1 << 14, 1 << 20}) {
    const std::string size = fmt::format("/{}", n);
    const double bytes = 8.0 * static_cast<double>(n);
    op_rows("relu" + size, {n}, [](const Tensor& x) { return x.relu(); }, {bytes});
    op_rows("exp" + size, {n}, [](const Tensor& x) { return x.exp(); }, {bytes});
    op_rows("gelu" + size, {n}, [](const Tensor& x) { return nn::functional::gelu(x); }, {bytes});
    op_rows("mul" + size, {n}, [](const Tensor& x) { return x * x; }, {bytes});
    op_rows("sum" + size, {n}, [](const Tensor& x) { return x.sum(); }, {bytes / 2});
  }
  op_rows("sum_rows/512x1024", {512, 1024}, [](const Tensor& x) { return x.sum({0}); }, {512 * 1024 * 4});
  op_rows("mean_columns/512x1024", {512, 1024}, [](const Tensor& x) { return x.mean({1}); }, {512 * 1024 * 4});
  op_rows("dropout/1048576", {1 << 20}, [](const Tensor& x) { return dropout(x, 0.5, true); }, {8 << 20});
  op_rows("softmax/512x10", {512, 10}, [](const Tensor& x) { return x.softmax(1); });
  op_rows("softmax/64x1000", {64, 1000}, [](const Tensor& x) { return x.softmax(1); });
  return true;
}();

}  // namespace weft::bench
