// Fits y = 3x + 1 with the installed library, and finds iris in it.
#include <iostream>

#include "weft/version.h"
#include "weft/weft.h"

int main() {
  auto x = weft::linspace(-1, 1, 64), y = x * 3 + 1;
  auto w = weft::zeros({2}, weft::requires_grad());
  for (int step = 0; step < 200; ++step) {
    auto loss = (x * w[0] + w[1] - y).square().mean();
    auto g = weft::autograd::grad({loss}, {w})[0];
    weft::NoGradGuard no_grad;
    w -= g * 0.2;
  }
  std::cout << w << "\n";
  static_assert(WEFT_VERSION == WEFT_VERSION_MAJOR * 10000 + WEFT_VERSION_MINOR * 100 + WEFT_VERSION_PATCH);
  const bool iris = weft::data::datasets::Iris().size() == 150u;
  return w.allclose(weft::tensor({3., 1.}), 1e-3, 1e-3) && iris ? 0 : 1;
}
