// Matrix products and convolutions of the workloads, and square ones.
#include "families.h"

namespace weft::bench {

namespace F = nn::functional;

void product(int64_t m, int64_t n, int64_t k) {
  op_rows("linear/" + std::to_string(m) + "x" + std::to_string(k) + "x" + std::to_string(n), {m, k},
          [w = randn({n, k}), b = randn({n})](const Tensor& x) { return F::linear(x, w, b); },
          {0, 2.0 * static_cast<double>(m * n * k)});
}

void convolution(int64_t images, int64_t in, int64_t out, int64_t size, int64_t kernel, int64_t padding) {
  const int64_t to = size + 2 * padding - kernel + 1;
  op_rows("conv2d/" + std::to_string(images) + "x" + std::to_string(in) + "x" + std::to_string(size) + "/" +
              std::to_string(out) + "x" + std::to_string(kernel),
          {images, in, size, size},
          [w = randn({out, in, kernel, kernel}), b = randn({out}), padding](const Tensor& x) {
            return F::conv2d(x, w, F::Conv2dFuncOptions().bias(b).padding(padding));
          },
          {0, 2.0 * static_cast<double>(images * in * out * kernel * kernel * to * to)});
}

const bool products = [] {
  for (int64_t n : {64, 256, 1024}) product(n, n, n);
  product(1, 256, 784);
  product(64, 256, 784);
  product(100, 50, 784);
  product(512, 10, 784);
  convolution(50, 1, 32, 28, 5, 2);
  convolution(50, 32, 64, 14, 5, 2);
  convolution(256, 1, 24, 28, 5, 0);
  convolution(256, 24, 32, 12, 3, 0);
  convolution(1, 32, 64, 14, 5, 2);
  op_rows("max_pool2d/256x24x24x24", {256, 24, 24, 24}, [](const Tensor& x) { return F::max_pool2d(x, 2); },
          {256 * 24 * 24 * 24 * 5.0});
  op_rows("batch_norm/64x32x14x14", {64, 32, 14, 14},
          [](const Tensor& x) { return F::batch_norm(x, {}, {}, F::BatchNormFuncOptions().training(true)); });
  op_rows("layer_norm/64x768", {64, 768},
          [](const Tensor& x) { return F::layer_norm(x, F::LayerNormFuncOptions({768})); });
  op_rows("cross_entropy/512x10", {512, 10},
          [y = zeros({512}, kInt64)](const Tensor& x) { return F::cross_entropy(x, y); });
  return true;
}();

}  // namespace weft::bench
