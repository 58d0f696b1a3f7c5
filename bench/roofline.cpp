// The machine's peak, and the FLOP of each training workload per sample: `roofline THREADS` prints the peak in GFLOP/s,
// then one line per workload: name and MFLOP per sample. bench/roofline joins them with measured rates.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include "weft/weft.h"

using namespace weft;
namespace F = nn::functional;

namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// GFLOP/s of the fastest of many calls.
double rate(double flop, const std::function<void()>& work) {
  double best = 1e30;
  const double end = now() + 1.5;
  do {
    const double start = now();
    work();
    best = std::min(best, now() - start);
  } while (now() < end);
  return flop / best / 1e9;
}

double matrix_product(int64_t m, int64_t n, int64_t k) {
  const Tensor a = randn({m, k}), b = randn({k, n});
  return rate(2.0 * static_cast<double>(m * n * k), [&] { mm(a, b); });
}

double convolution(int64_t images, int64_t in, int64_t out, int64_t size) {
  const Tensor x = randn({images, in, size, size}), weight = randn({out, in, 5, 5});
  return rate(2.0 * static_cast<double>(images * in * out * 25 * size * size),
              [&] { F::conv2d(x, weight, F::Conv2dFuncOptions().padding(2)); });
}

/// A layer's products: multiplications of its forward pass per sample, and true if its input needs a gradient.
struct Layer {
  double multiplications;
  bool input_gradient;
};
Layer linear(double in, double out, bool first = false) { return {in * out, !first}; }
Layer conv(double in, double out, double kernel, double size, bool first = false) {
  return {in * out * kernel * kernel * size * size, !first};
}

/// A training step runs each product once forward, once for the weights, and once for an input that needs a gradient.
double mflop(const std::vector<Layer>& layers) {
  double sum = 0;
  for (const Layer& layer : layers) sum += 2 * layer.multiplications * (layer.input_gradient ? 3 : 2);
  return sum / 1e6;
}

struct Workload {
  const char* name;
  std::vector<Layer> layers;
};
const std::vector<Workload> kWorkloads = {
    {"train_mlp_sgd", {linear(784, 256, true), linear(256, 10)}},
    {"train_mlp_adam", {linear(784, 256, true), linear(256, 10)}},
    {"train_two_layer", {linear(784, 50, true), linear(50, 10)}},
    {"train_softmax", {linear(784, 10, true)}},
    {"train_cnn_adam", {conv(1, 32, 5, 28, true), conv(32, 64, 5, 14), linear(3136, 1024), linear(1024, 10)}},
    {"train_cnn_fast_adam", {conv(1, 24, 5, 24, true), conv(24, 32, 3, 10), linear(800, 256), linear(256, 10)}},
    {"train_full_batch", {linear(784, 256, true), linear(256, 128), linear(128, 10)}},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: roofline THREADS\n"), 2;
  try {
    set_num_threads(std::atoi(argv[1]));
    NoGradGuard no_grad;
    const double product = std::max(matrix_product(1024, 1024, 1024), matrix_product(2048, 512, 512));
    const double image = std::max(convolution(50, 32, 64, 14), convolution(50, 64, 64, 14));
    std::printf("peak %.1f\nmatrix_product %.1f\nconvolution %.1f\n", std::max(product, image), product, image);
    for (const Workload& w : kWorkloads) std::printf("%s %.4f\n", w.name, mflop(w.layers));
  } catch (const std::exception& error) {
    return std::fprintf(stderr, "%s\n", error.what()), 2;
  }
  return 0;
}
