// The cost of a step besides its arithmetic: creating, recording and freeing ops, views, and the optimizers' updates.
#include "families.h"

namespace weft::bench {

template <class Optimizer, class Options>
void update(const std::string& name, Options options) {
  row(name + "/1048576",
      [=] {
        Tensor parameter = randn({1 << 20}, requires_grad());
        parameter.mutable_grad() = randn({1 << 20});
        auto optimizer = std::make_shared<Optimizer>(TensorList{parameter}, options);
        return [=] { optimizer->step(); };
      },
      {4 << 20});
}

const bool steps = [] {
  row("add/16x16", [] { return [a = randn({16, 16}), b = randn({16, 16})] { Tensor c = a + b; }; });
  row("add_recorded/16x16", [] {
    return [a = randn({16, 16}, requires_grad()), b = randn({16, 16})] { Tensor c = a + b; };
  });
  row("add_recorded_in_chain/16x16", [] {
    return [a = randn({16, 16}, requires_grad()) * 1, b = randn({16, 16})] { Tensor c = a + b; };
  });
  row("add_in_place/16x16", [] { return [a = randn({16, 16}), b = randn({16, 16})]() mutable { a += b; }; });
  row("narrow", [] { return [a = randn({16, 16})] { Tensor c = a.narrow(0, 2, 4); }; });
  row("empty/16x16", [] { return [] { Tensor c = empty({16, 16}); }; });
  row("backward_of_10_ops/16x16", [] {
    return [a = randn({16, 16}, requires_grad())] {
      Tensor x = a;
      for (int i = 0; i < 10; ++i) x = x.neg();
      autograd::grad({x}, {a}, {a.detach()});
    };
  });
  update<optim::SGD>("sgd", optim::SGDOptions(0.1));
  update<optim::SGD>("sgd_momentum", optim::SGDOptions(0.1).momentum(0.9));
  update<optim::Adam>("adam", optim::AdamOptions(1e-3));
  return true;
}();

}  // namespace weft::bench

BENCHMARK_MAIN();
