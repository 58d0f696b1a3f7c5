// Shared by the families of micro-benchmarks: a row is a name, the work of one call, and the bytes it moves or the FLOP
// it computes.
#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <string>

#include "weft/weft.h"

namespace weft::bench {

/// Per call; 0 if not meaningful.
struct Amount {
  double bytes = 0, flop = 0;
};

/// Measures `make()()`: the preparation in make is not timed. Reports GB/s and GFLOP/s of the amount in wall-clock
/// time.
inline void row(const std::string& name, std::function<std::function<void()>()> make, Amount amount = {}) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    manual_seed(0);
    const auto work = make();
    work();
    for (auto _ : state) work();
    auto rate = [](double n) { return benchmark::Counter(n, benchmark::Counter::kIsIterationInvariantRate); };
    if (amount.bytes > 0) state.counters["GB/s"] = rate(amount.bytes / 1e9);
    if (amount.flop > 0) state.counters["GFLOP/s"] = rate(amount.flop / 1e9);
  })->UseRealTime();
}

/// Forward without recording, and forward with backward of the sum.
inline void op_rows(const std::string& name, Dims sizes, std::function<Tensor(const Tensor&)> op, Amount forward = {}) {
  row(
      name,
      [=] {
        const Tensor x = randn(sizes);
        return [=] {
          NoGradGuard no_grad;
          op(x);
        };
      },
      forward);
  row(name + "/train", [=] {
    const Tensor x = randn(sizes, requires_grad());
    const Tensor g = randn(op(x.detach()).sizes());
    return [=] { autograd::grad({op(x)}, {x}, {g}); };
  });
}

}  // namespace weft::bench
