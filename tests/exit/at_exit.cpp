// Computation while the process ends: in destructors of static objects, in exit handlers, and on threads that nobody
// stops. Without arguments the program runs itself in each of these ways and reports the runs that failed.
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <thread>

#include "weft/weft.h"

using namespace weft;

namespace {

void expect(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "wrong result: %s\n", what);
  std::_Exit(3);
}

// Each has known results, so that a wrong fallback is detected. `n` varies the shape.
void product(int64_t n) {
  const Tensor x = ones({30 + n, 200}), y = ones({200, 100 + n});
  expect(x.matmul(y).eq(200).all().item<bool>(), "product");
  expect(y.t().matmul(x.t()).eq(200).all().item<bool>(), "transposed product");
  const Tensor many = ones({4, 5 + n, 6});
  expect(many.matmul(many.transpose(1, 2)).eq(6).all().item<bool>(), "batch of products");
}
void linear_backward(int64_t n) {
  const Tensor w = ones({64, 32 + n}).set_requires_grad(true), x = ones({100, 32 + n});
  x.matmul(w.t()).relu().sum().backward();
  expect(w.grad().eq(100).all().item<bool>(), "gradient of a product");
}
void convolution(int64_t n) {
  for (const int64_t channels : {1, 3, 16}) {
    const Tensor x = ones({4, channels, 8 + n, 8}).set_requires_grad(true);
    const Tensor w = ones({8, channels, 3, 3}).set_requires_grad(true);
    const Tensor y = conv2d(x, w, {});
    expect(y.eq(channels * 9).all().item<bool>(), "convolution");
    y.sum().backward();
    expect(w.grad().eq(4 * (6 + n) * 6).all().item<bool>(), "weight gradient of a convolution");
    expect(x.grad().select(2, 3).select(2, 3).eq(72).all().item<bool>(), "input gradient of a convolution");
  }
}
void model(int64_t n) {
  auto net = nn::parse(fmt::format("input 1 12 12 | conv {} 3 | relu | max_pool 2 | flatten | linear 10", 4 + n));
  optim::SGD sgd(net->parameters(), optim::SGDOptions(0.1));
  cross_entropy(net->forward(rand({8, 1, 12, 12})), zeros({8}, kInt64)).backward();
  sgd.step();
}
void others(int64_t n) {
  const Tensor x = ones({500 + n, 1000}).set_requires_grad(true);
  (x.exp() * 2).sum().backward();
  expect(std::abs(x.grad().max().item<double>() - 2 * 2.718281828459045) < 1e-5, "gradient of exp");
  expect(max_pool2d(ones({8, 3, 32, 32}), {2}).softmax(1).std().item<double>() < 1e-6, "pool and softmax");
  randperm(1000).to(kFloat32).sort();
}
using Work = void (*)(int64_t);
constexpr Work kWork[] = {product, linear_backward, convolution, model, others};
constexpr int kWorks = std::size(kWork);

int g_at_end = -1;  // the work of the last destructor
int64_t g_shape = 0;

struct WorksAtEnd {
  ~WorksAtEnd() {
    if (g_at_end < 0) return;
    kWork[g_at_end](0);
    kWork[g_at_end](g_shape);
    std::puts("done");
  }
};
const WorksAtEnd g_works_at_end;  // constructed before anything in main, destroyed after it
Tensor g_kept;

// Trains until its owner's destructor, which waits for it.
struct Background {
  std::thread thread;
  std::atomic<bool> stop{false};
  void start(Work work) {
    thread = std::thread([this, work] {
      for (int64_t n = 0; !stop; n = (n + 1) % 5) work(n);
    });
  }
  ~Background() {
    if (!thread.joinable()) return;
    stop = true;
    thread.join();
  }
};
Background g_background;

void detach(Work work, int threads) {
  for (int i = 0; i < threads; ++i)
    std::thread([work, i] {
      for (int64_t n = i;; n = (n + 1) % 7) work(n);
    }).detach();
}
void pause(int round) { std::this_thread::sleep_for(std::chrono::milliseconds(20 + 7 * round)); }

// One way to end.
int run(const std::string& way, int work, int round) {
  const Work w = kWork[work];
  g_kept = rand({1000});
  if (way == "untouched") {  // the destructor is the first to compute
    g_at_end = work;
  } else if (way == "after main") {
    w(0);
    g_at_end = work, g_shape = 1;
  } else if (way == "after a thread") {
    std::thread([w] { w(0); }).join();
    g_at_end = work, g_shape = 1;
  } else if (way == "more threads than cores") {
    set_num_threads(5);
    others(0), w(0);
    g_at_end = work;
  } else if (way == "exit on a thread") {
    w(0);
    g_at_end = work;
    std::thread([w] {
      w(1);
      std::exit(0);
    }).join();
  } else if (way == "exit handler") {
    std::atexit([] { product(2), convolution(2); });
    w(0);
  } else if (way == "detached") {
    detach(w, 3);
    pause(round);
  } else if (way == "detached and after main") {
    detach(w, 2);
    pause(round);
    g_at_end = work, g_shape = 1;
  } else if (way == "joined in a destructor") {
    g_background.start(w);
    pause(round);
  } else {
    return 4;
  }
  return 0;
}

struct Way {
  const char* name;
  int rounds;
};
constexpr Way kWays[] = {{"untouched", 1},
                         {"after main", 1},
                         {"after a thread", 1},
                         {"more threads than cores", 1},
                         {"exit on a thread", 1},
                         {"exit handler", 1},
                         {"detached", 6},
                         {"detached and after main", 4},
                         {"joined in a destructor", 4}};

int run_all(const char* self) {
  int failed = 0, runs = 0;
  for (const auto& [name, rounds] : kWays)
    for (int work = 0; work < kWorks; ++work)
      for (int round = 0; round < rounds; ++round, ++runs) {
        const int status = std::system(fmt::format("'{}' '{}' {} {} > /dev/null", self, name, work, round).c_str());
        if (status == 0) continue;
        ++failed;
        std::fprintf(stderr, "'%s' with work %d, round %d: exit code %d\n", name, work, round, WEXITSTATUS(status));
      }
  std::printf("%d of %d runs failed\n", failed, runs);
  return failed ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  return argc == 4 ? run(argv[1], std::atoi(argv[2]), std::atoi(argv[3])) : run_all(argv[0]);
}
