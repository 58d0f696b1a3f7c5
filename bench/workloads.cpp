// The workloads that measure weft. One source for both libraries: with WEFT_BENCH_LIBTORCH it is libtorch's program.
// One line per workload: name, value, unit. Usage: workloads MNIST_DIR THREADS [WORKLOAD...]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <optional>
#include <string>

#ifdef WEFT_BENCH_LIBTORCH
#include <torch/torch.h>
#else
#include "weft/weft.h"
namespace torch = weft;
#endif

namespace nn = torch::nn;
namespace F = torch::nn::functional;
namespace data = torch::data;
using torch::Tensor;
using torch::optim::Adam;
using torch::optim::SGD;

namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

struct Mnist {
  explicit Mnist(const std::string& folder) {
    data::datasets::MNIST set(folder);
    images = set.images();
    flat = images.view({-1, 784});
    labels = set.targets();
  }
  Tensor images, flat, labels;  // [60000, 1, 28, 28], [60000, 784], [60000]
};

nn::Sequential mlp_prelu() { return nn::Sequential(nn::Linear(784, 256), nn::PReLU(), nn::Linear(256, 10)); }
nn::Sequential mlp_sigmoid() { return nn::Sequential(nn::Linear(784, 50), nn::Sigmoid(), nn::Linear(50, 10)); }
nn::Sequential softmax_regression() { return nn::Sequential(nn::Linear(784, 10)); }
nn::Sequential deep_mlp() {
  return nn::Sequential(nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 128), nn::ReLU(), nn::Linear(128, 10));
}
nn::Sequential cnn() {
  return nn::Sequential(nn::Conv2d(nn::Conv2dOptions(1, 32, 5).padding(2)), nn::ReLU(), nn::MaxPool2d(2),
                        nn::Conv2d(nn::Conv2dOptions(32, 64, 5).padding(2)), nn::ReLU(), nn::MaxPool2d(2),
                        nn::Flatten(), nn::Linear(3136, 1024), nn::ReLU(), nn::Dropout(0.5), nn::Linear(1024, 10));
}
nn::Sequential cnn_fast() {
  return nn::Sequential(nn::Conv2d(1, 24, 5), nn::MaxPool2d(2), nn::ReLU(), nn::Conv2d(24, 32, 3), nn::MaxPool2d(2),
                        nn::ReLU(), nn::Flatten(), nn::Linear(800, 256), nn::ReLU(), nn::Linear(256, 10));
}

/// Seconds of the fastest of `rounds` calls, after an unmeasured one.
double fastest(int rounds, const std::function<void()>& work) {
  work();
  double best = 1e30;
  for (int round = 0; round < rounds; ++round) {
    const double start = now();
    work();
    best = std::min(best, now() - start);
  }
  return best;
}

/// Samples per second of training steps over batches taken in file order.
template <class Optimizer>
double train(nn::Sequential net, double lr, const Tensor& images, const Tensor& labels, int64_t batch, int64_t steps) {
  net->train();
  Optimizer optimizer(net->parameters(), lr);
  const double seconds = fastest(2, [&] {
    for (int64_t step = 0; step < steps; ++step) {
      const int64_t first = step * batch % (images.size(0) - batch + 1);
      Tensor loss = F::cross_entropy(net->forward(images.narrow(0, first, batch)), labels.narrow(0, first, batch));
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
    }
  });
  return static_cast<double>(batch * steps) / seconds;
}

/// Samples per second of full-batch steps on the squared error of one-hot targets.
double train_full_batch(const Mnist& mnist) {
  nn::Sequential net = deep_mlp();
  SGD optimizer(net->parameters(), 0.01);
  const Tensor target = torch::one_hot(mnist.labels, 10).to(torch::kFloat);
  return 60000 / fastest(3, [&] {
           Tensor loss = F::mse_loss(net->forward(mnist.flat), target);
           optimizer.zero_grad();
           loss.backward();
           optimizer.step();
         });
}

/// Seconds per call.
double infer(nn::Sequential net, const Tensor& images, int64_t batch, int64_t calls) {
  torch::NoGradGuard no_grad;
  net->eval();
  return fastest(3,
                 [&] {
                   for (int64_t call = 0; call < calls; ++call)
                     net->forward(images.narrow(0, call * batch % (images.size(0) - batch + 1), batch));
                 }) /
         static_cast<double>(calls);
}

double op_add() {  // ns
  const Tensor a = torch::randn({16, 16}), b = torch::randn({16, 16});
  return fastest(1,
                 [&] {
                   for (int i = 0; i < 200000; ++i) Tensor c = a + b;
                 }) /
         200000 * 1e9;
}

double op_add_sum_backward() {  // ns
  Tensor a = torch::randn({16, 16}, torch::requires_grad()), b = torch::randn({16, 16});
  return fastest(1,
                 [&] {
                   for (int i = 0; i < 50000; ++i) {
                     (a + b).sum().backward();
                     a.mutable_grad() = Tensor();
                   }
                 }) /
         50000 * 1e9;
}

double op_exp() {  // GB/s, one read and one write of 4 MB
  const Tensor a = torch::randn({1 << 20});
  return 300 * 8.0 * (1 << 20) / 1e9 / fastest(1, [&] {
           for (int i = 0; i < 300; ++i) Tensor c = a.exp();
         });
}

double gemm() {  // GFLOP/s
  const Tensor a = torch::randn({1024, 1024}), b = torch::randn({1024, 1024});
  return 20 * 2.147483648 / fastest(1, [&] {
           for (int i = 0; i < 20; ++i) torch::mm(a, b);
         });
}

/// Samples per second of shuffled, normalised, stacked batches from the library's own loader.
double loader(const std::string& folder) {
  auto set =
      data::datasets::MNIST(folder).map(data::transforms::Normalize<>(0.1307, 0.3081)).map(data::transforms::Stack<>());
  auto batches = data::make_data_loader<data::samplers::RandomSampler>(std::move(set), 64);
  const double start = now();
  int64_t count = 0;
  for (auto& batch : *batches) count += batch.data.size(0);
  return static_cast<double>(count) / (now() - start);
}

#ifdef WEFT_BENCH_LIBTORCH
/// Seconds of the work of mnist_99.cpp, without the start of the process; libtorch reads uncompressed files only.
double mnist_99(const std::string& folder) {
  using data::datasets::MNIST;
  const double start = now();
  const MNIST train_set(folder), test_set(folder, MNIST::Mode::kTest);
  const Tensor images = (train_set.images() - 0.1307) / 0.3081, test_images = (test_set.images() - 0.1307) / 0.3081;
  nn::Sequential net = cnn_fast();
  Adam optimizer(net->parameters(), torch::optim::AdamOptions(1e-2).betas({0.7, 0.9}));
  const int64_t batch = 256, steps = (60000 + batch - 1) / batch;
  const Tensor order = torch::randperm(60000);
  for (int64_t step = 0; step < steps; ++step) {
    const double part = (static_cast<double>(step) + 0.5) / static_cast<double>(steps);
    const double lr = part < 0.3 ? 1e-2 * (0.04 + 0.48 * (1 - std::cos(M_PI * part / 0.3)))
                                 : 5e-3 * (1 + std::cos(M_PI * (part - 0.3) / 0.7));
    static_cast<torch::optim::AdamOptions&>(optimizer.param_groups()[0].options()).lr(lr);
    const Tensor index = order.slice(0, step * batch, std::min<int64_t>(60000, (step + 1) * batch));
    Tensor loss =
        F::cross_entropy(net->forward(images.index_select(0, index)), train_set.targets().index_select(0, index));
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  }
  torch::NoGradGuard no_grad;
  int64_t right = 0;
  for (int64_t i = 0; i < 10000; i += 1000)
    right += (net->forward(test_images.narrow(0, i, 1000)).argmax(1) == test_set.targets().narrow(0, i, 1000))
                 .sum()
                 .item<int64_t>();
  const double seconds = now() - start;
  std::printf("# mnist_99 test accuracy %.2f %%\n", static_cast<double>(right) / 100);
  return seconds;
}
#endif

struct Workload {
  const char* name;
  const char* unit;
  std::function<double()> measure;
};

std::vector<Workload> workloads(const std::string& folder) {
  // Read when the first workload needs it.
  static std::optional<Mnist> kept;
  auto mnist = [folder]() -> const Mnist& { return kept ? *kept : kept.emplace(folder); };
  auto sgd = [=](auto net, int64_t batch, int64_t steps) {
    return [=] { return train<SGD>(net(), 0.1, mnist().flat, mnist().labels, batch, steps); };
  };
  auto adam = [=](auto net, double lr, int64_t batch, int64_t steps) {
    return [=] { return train<Adam>(net(), lr, mnist().images, mnist().labels, batch, steps); };
  };
  const char *rate = "samples/s", *us = "us", *ns = "ns";
  return {
      {"train_mlp_sgd", rate, sgd(mlp_prelu, 64, 600)},
      {"train_mlp_adam", rate, [=] { return train<Adam>(mlp_prelu(), 1e-3, mnist().flat, mnist().labels, 64, 400); }},
      {"train_two_layer", rate, sgd(mlp_sigmoid, 100, 600)},
      {"train_softmax", rate, sgd(softmax_regression, 512, 110)},
      {"train_cnn_adam", rate, adam(cnn, 1e-4, 50, 30)},
      {"train_cnn_fast_adam", rate, adam(cnn_fast, 1e-3, 256, 30)},
      {"train_full_batch", rate, [=] { return train_full_batch(mnist()); }},
      {"infer_mlp_b1", us, [=] { return 1e6 * infer(mlp_prelu(), mnist().flat, 1, 3000); }},
      {"infer_cnn_b1", us, [=] { return 1e6 * infer(cnn(), mnist().images, 1, 200); }},
      {"infer_cnn_b500", rate, [=] { return 500 / infer(cnn(), mnist().images, 500, 4); }},
      {"op_add_16x16", ns, op_add},
      {"op_add_sum_backward", ns, op_add_sum_backward},
      {"op_exp_1m", "GB/s", op_exp},
      {"gemm_1024", "GFLOP/s", gemm},
      {"loader_b64", rate, [=] { return loader(folder); }},
#ifdef WEFT_BENCH_LIBTORCH
      {"mnist_99_seconds", "s", [=] { return mnist_99(folder); }},
#endif
  };
}

int run(int argc, char** argv) {
  if (argc < 3) return std::fprintf(stderr, "usage: workloads MNIST_DIR THREADS [WORKLOAD...]\n"), 2;
  torch::set_num_threads(std::atoi(argv[2]));
  const std::vector<Workload> all = workloads(argv[1]);
  const std::vector<std::string> names(argv + 3, argv + argc);
  for (const std::string& name : names)
    if (std::none_of(all.begin(), all.end(), [&](const Workload& w) { return name == w.name; }))
      return std::fprintf(stderr, "unknown workload '%s'\n", name.c_str()), 2;
  for (const Workload& workload : all) {
    if (!names.empty() && std::find(names.begin(), names.end(), workload.name) == names.end()) continue;
    torch::manual_seed(0);
    std::printf("%-22s %12.2f %s\n", workload.name, workload.measure(), workload.unit);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    return std::fprintf(stderr, "%s\n", error.what()), 2;
  }
}
