// Dropout: its mask, its gradient, its options.
#include "weft/tensor/kernels/random/dropout.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>

#include "weft/autograd/autograd.h"
#include "weft/autograd/nn_ops.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/walk/image.h"
#include "weft/tensor/parallel.h"
#include "weft/tensor/random.h"

using namespace weft;

namespace {

bool kept(const kernel::DropoutMask& m, int64_t i) {
  return static_cast<double>(philox(m.seed, m.stream, static_cast<uint64_t>(i / 4))[i % 4]) * 0x1p-32 >= m.p;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dropout)

BOOST_AUTO_TEST_CASE(elements_are_kept_as_philox_says) {
  const kernel::DropoutMask mask{0x0123456789abcdef, 77, 0.3};
  for (Dtype dtype : {kFloat32, kFloat64})
    for (int64_t n : {1, 63, 64, 1000, 100003}) {
      const Tensor x = arange(1, n + 1).to(dtype), y = kernel::dropout(x, mask).to(kFloat64);
      const auto* p = y.data_ptr<double>();
      int64_t wrong = 0;
      for (int64_t i = 0; i < n; ++i) {
        const double want = kept(mask, i) ? static_cast<double>(i + 1) / 0.7 : 0;
        wrong += std::abs(p[i] - want) > 1e-6 * want;
      }
      BOOST_CHECK_EQUAL(wrong, 0);
    }
}

BOOST_AUTO_TEST_CASE(the_order_of_memory_changes_nothing) {
  const kernel::DropoutMask mask{5, 6, 0.4};
  manual_seed(1);
  const Tensor x = randn({3, 5, 7, 9}), strided = x.contiguous(MemoryFormat::ChannelsLast);
  Tensor lying = kernel::new_channels_last(x.sizes(), kFloat32, x);
  const auto image = kernel::image_as<float>(x, true);
  std::memcpy(kernel::image_data<float>(lying), image.data, x.nbytes());
  BOOST_CHECK(kernel::dropout(strided, mask).equal(kernel::dropout(x, mask)));
  BOOST_CHECK(kernel::dropout(lying, mask).equal(kernel::dropout(x, mask)));
  BOOST_CHECK(kernel::dropout_channels(strided, mask).equal(kernel::dropout_channels(x, mask)));
  lying = kernel::new_channels_last(x.sizes(), kFloat32, x);
  std::memcpy(kernel::image_data<float>(lying), image.data, x.nbytes());
  BOOST_CHECK(kernel::dropout_channels(lying, mask).equal(kernel::dropout_channels(x, mask)));
  BOOST_CHECK(kernel::dropout(x.transpose(0, 2), mask).equal(kernel::dropout(x.transpose(0, 2).contiguous(), mask)));
}

BOOST_AUTO_TEST_CASE(threads_change_nothing_and_seeds_decide) {
  const Tensor x = ones({401, 257});
  const int threads = get_num_threads();
  TensorList results;
  for (int n : {1, 2, 3}) {
    set_num_threads(n);
    manual_seed(3);
    results.push_back(weft::dropout(x, 0.5));
    results.push_back(weft::dropout(x, 0.5));
  }
  set_num_threads(threads);
  for (size_t i : {2, 4}) {
    BOOST_CHECK(results[i].equal(results[0]));
    BOOST_CHECK(results[i + 1].equal(results[1]));
  }
  BOOST_CHECK(!results[0].equal(results[1]));
  manual_seed(4);
  BOOST_CHECK(!weft::dropout(x, 0.5).equal(results[0]));
}

BOOST_AUTO_TEST_CASE(the_share_of_zeros_is_p) {
  manual_seed(5);
  for (double p : {0.1, 0.5, 0.9}) {
    const Tensor y = weft::dropout(ones({1000, 200}), p);
    // 200,000 draws: five standard deviations are below 0.6 %.
    BOOST_CHECK_SMALL(y.eq(0).to(kFloat64).mean().item<double>() - p, 0.006);
    BOOST_CHECK_SMALL(y.to(kFloat64).mean().item<double>() - 1, 0.04);
  }
}

BOOST_AUTO_TEST_CASE(the_gradient_has_the_mask_of_the_forward) {
  manual_seed(6);
  for (Dtype dtype : {kFloat32, kFloat64}) {
    const Tensor x = rand({33, 31}, dtype).add(0.5).requires_grad_();
    const Tensor y = weft::dropout(x, 0.3), g = randn({33, 31}, dtype).requires_grad_();
    const Tensor dx = autograd::grad({y}, {x}, {g}, true, true)[0], mask = (y / x).detach();
    BOOST_CHECK(dx.allclose(g * mask, 1e-5, 1e-6));
    const Tensor h = randn({33, 31}, dtype);
    BOOST_CHECK(autograd::grad({dx}, {g}, {h})[0].allclose(h * mask, 1e-5, 1e-6));
    const Tensor image = rand({6, 5, 3, 2}, dtype).add(0.5).requires_grad_();
    const Tensor dropped = dropout2d(image, 0.4);
    BOOST_CHECK(autograd::grad({dropped.sum()}, {image})[0].allclose((dropped / image).detach(), 1e-5, 1e-6));
  }
}

BOOST_AUTO_TEST_CASE(channels_fall_as_a_whole) {
  manual_seed(7);
  for (const Dims& s : {Dims{20, 30, 4, 5}, Dims{20, 30, 7}, Dims{20, 30}}) {
    const Tensor y = dropout2d(ones(s), 0.25).reshape({20 * 30, -1});
    BOOST_CHECK(y.equal(y.select(1, 0).unsqueeze(1).expand_as(y)));
    const double zeros = y.select(1, 0).eq(0).to(kFloat64).mean().item<double>();
    BOOST_CHECK_SMALL(zeros - 0.25, 0.1);
    BOOST_CHECK(y.eq(0).logical_or(y.sub(1 / 0.75).abs().lt(1e-6)).all().item<bool>());
  }
}

BOOST_AUTO_TEST_CASE(the_ends_and_what_is_refused) {
  const Tensor x = randn({4, 5});
  BOOST_CHECK(weft::dropout(x, 0).equal(x));
  BOOST_CHECK(weft::dropout(x, 0.7, false).equal(x));
  BOOST_CHECK(weft::dropout(x, 1).equal(zeros_like(x)));
  BOOST_CHECK(dropout2d(x, 1).equal(zeros_like(x)));
  const Tensor leaf = randn({3}).requires_grad_();
  weft::dropout(leaf, 1).sum().backward();
  BOOST_CHECK(leaf.grad().equal(zeros({3})));
  for (double p : {-0.1, 1.1, std::nan("")}) {
    BOOST_CHECK_THROW(weft::dropout(x, p), ValueError);
    BOOST_CHECK_THROW(dropout2d(x, p, false), ValueError);
  }
  BOOST_CHECK_THROW(weft::dropout(ones({2}, kInt64), 0.5), DtypeError);
  BOOST_CHECK_THROW(dropout2d(randn({3}), 0.5), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
