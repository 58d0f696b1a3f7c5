// Compares fast float32 kernels with the float64 reference, including first and second derivatives, at 1, 2 and 3
// threads.
#pragma once

#include <boost/test/unit_test.hpp>
#include <cstring>

#include "weft/autograd/autograd.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/walk/image.h"
#include "weft/tensor/parallel.h"

namespace weft::test {

using Fn = std::function<Tensor(const TensorList&)>;

/// The same values in channels-last memory with strides of standard order.
inline Tensor privately_channels_last(const Tensor& x) {
  Tensor out = kernel::new_channels_last(x.sizes(), x.dtype(), x);
  dispatch_float("test", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    auto image = kernel::image_as<T>(x, true);
    std::memcpy(kernel::image_data<T>(out), image.data, x.nbytes());
  });
  BOOST_REQUIRE(kernel::lies_channels_last(out));
  return out;
}

/// fn's value; the gradients of its weighted sum; the gradients of a weighted sum of those. Inputs that are not
/// floating point are constants. `place` is called with each leaf before use: it may change the leaf's memory order.
inline TensorList with_derivatives(const Fn& fn, const TensorList& inputs, Dtype dtype,
                                   const std::function<Tensor(const Tensor&)>& place) {
  auto weights = [&](const Tensor& t, double shift) {
    return (arange(t.numel(), kFloat64) * 1.3 + shift).sin().add(0.4).reshape(t.sizes()).to(dtype);
  };
  TensorList leaves, wanted;
  for (const Tensor& t : inputs) {
    if (!t.is_floating_point()) {
      leaves.push_back(t);
      continue;
    }
    const Tensor copy = t.to(dtype).clone();
    leaves.push_back((t.dim() == 4 ? place(copy) : copy).requires_grad_());
    wanted.push_back(leaves.back());
  }
  const Tensor out = fn(leaves), w = weights(out, 0);
  TensorList results{out};
  for (const Tensor& g : autograd::grad({out}, wanted, {w}, true)) results.push_back(g);
  const TensorList grads = autograd::grad({out}, wanted, {w}, true, true);
  TensorList seeds;
  for (const Tensor& g : grads) seeds.push_back(weights(g, 1));
  TensorList live, live_seeds;
  for (size_t i = 0; i < grads.size(); ++i)
    if (grads[i].requires_grad()) live.push_back(grads[i]), live_seeds.push_back(seeds[i]);
  if (!live.empty())
    for (const Tensor& g : autograd::grad(live, wanted, live_seeds, false, false, true))
      results.push_back(g.defined() ? g : zeros({1}, dtype));
  return results;
}

inline void check_close(const Tensor& got, const Tensor& want, double tolerance, const std::string& what) {
  BOOST_REQUIRE_MESSAGE(got.sizes() == want.sizes(), what);
  const Tensor difference = (got.detach().to(kFloat64) - want.detach()).abs();
  const double scale = want.numel() ? want.detach().abs().max().item<double>() : 0;
  const Tensor over = difference - (want.detach().abs() + scale) * tolerance;
  BOOST_CHECK_MESSAGE(want.numel() == 0 || over.max().item<double>() <= 0,
                      what << " is off by " << (want.numel() ? difference.max().item<double>() : 0) << " of " << scale);
}

inline bool same_bits(const Tensor& a, const Tensor& b) {
  const Tensor x = a.detach().contiguous(), y = b.detach().contiguous();
  return x.sizes() == y.sizes() && std::memcmp(x.data_ptr(), y.data_ptr(), x.nbytes()) == 0;
}

/// Values, gradients and second derivatives of fn in float32 against float64, and their bits at 1, 2 and 3 threads.
inline void hold_to_reference(
    const std::string& what, const Fn& fn, const TensorList& inputs, double tolerance = 2e-6,
    const std::function<Tensor(const Tensor&)>& place = [](const Tensor& t) { return t; }) {
  const int threads = get_num_threads();
  const TensorList want = with_derivatives(fn, inputs, kFloat64, [](const Tensor& t) { return t; });
  TensorList first;
  for (int n : {1, 2, 3}) {
    set_num_threads(n);
    const TensorList got = with_derivatives(fn, inputs, kFloat32, place);
    BOOST_REQUIRE_EQUAL(got.size(), want.size());
    for (size_t i = 0; i < got.size(); ++i) {
      const std::string name = what + ", result " + std::to_string(i);
      if (n == 1)
        check_close(got[i], want[i], tolerance, name);
      else
        BOOST_CHECK_MESSAGE(same_bits(got[i], first[i]), name << " depends on the number of threads: " << n);
    }
    if (n == 1) first = got;
  }
  set_num_threads(threads);
}

}  // namespace weft::test
