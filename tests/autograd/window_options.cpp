// Convolution, pooling and padding over grids of their options: compares float32, which runs in oneDNN and in vector
// loops, with float64, which runs in plain loops. Values are small integers, so sums are exact in both. Both dtypes
// reject the same options with the same messages.
#include <boost/test/unit_test.hpp>
#include <functional>

#include "weft/autograd/nn_ops.h"
#include "weft/tensor/creation.h"

using namespace weft;

namespace {

using Ints = std::vector<int64_t>;
using Op = std::function<Tensor(const TensorList&)>;

/// Integers in [-3, 3], shuffled.
Tensor integers(IntArrayRef sizes, int64_t seed) {
  const Tensor n = arange(numel_of(sizes));
  return ((n * 5 + n * n * 3 + seed * 7).remainder(7) - 3).to(kFloat64).view(sizes);
}

struct Outcome {
  TensorList tensors;  ///< the result and the gradients of the operands
  std::string error;
};

Outcome outcome(const Op& op, const TensorList& operands, Dtype dtype) {
  TensorList leaves;
  for (const Tensor& t : operands) leaves.push_back(t.to(dtype, false, true).requires_grad_());
  try {
    const Tensor y = op(leaves);
    y.backward(integers(y.sizes(), 3).to(dtype));
    TensorList all{y.detach()};
    for (const Tensor& leaf : leaves) all.push_back(leaf.grad());
    return {all, ""};
  } catch (const Error& e) {
    return {{}, e.what()};
  } catch (const std::exception& e) {
    return {{}, std::string("not an error of weft: ") + e.what()};
  }
}

struct Count {
  int64_t legal = 0, refused = 0;
  void report(const char* what) const {
    BOOST_TEST_MESSAGE(what << ": " << legal << " legal configurations, " << refused << " refused");
  }
};

void compare(const std::string& what, const Op& op, const TensorList& operands, double tolerance, Count& count) {
  const Outcome fast = outcome(op, operands, kFloat32), plain = outcome(op, operands, kFloat64);
  ++(plain.error.empty() ? count.legal : count.refused);
  BOOST_CHECK_MESSAGE(fast.error == plain.error, what << ": '" << fast.error << "' against '" << plain.error << "'");
  BOOST_CHECK_MESSAGE(plain.error.empty() || plain.error[0] == '[', what << ": " << plain.error);
  if (fast.tensors.size() != plain.tensors.size()) return;
  for (size_t i = 0; i < fast.tensors.size(); ++i) {
    const bool same = fast.tensors[i].sizes() == plain.tensors[i].sizes() &&
                      fast.tensors[i].to(kFloat64).allclose(plain.tensors[i], tolerance, tolerance);
    BOOST_CHECK_MESSAGE(same, what << ": " << (i ? "gradient " : "result ") << i << " differs");
  }
}

/// f(value of each list) for all combinations.
template <class F>
void each(F f, const Ints& a) {
  for (int64_t v : a) f(v);
}
template <class F, class... Rest>
void each(F f, const Ints& a, const Rest&... rest) {
  for (int64_t v : a) each([&](auto... others) { f(v, others...); }, rest...);
}

std::string text(const char* op, const Ints& options) { return fmt::format("{} {}", op, IntArrayRef(options)); }

}  // namespace

BOOST_AUTO_TEST_SUITE(window_options)

BOOST_AUTO_TEST_CASE(convolutions) {
  Count two, one;
  each(
      [&](int64_t kernel, int64_t stride, int64_t padding, int64_t dilation, int64_t groups) {
        const Ints named{kernel, stride, padding, dilation, groups};
        // The other dimension has other options, so that a mix-up is detected.
        const int64_t kw = 4 - kernel, other = stride == 1 ? 2 : 1;
        const TensorList operands{integers({2, 4, 7, 6}, 1), integers({6, 4 / groups, kernel, kw}, 2),
                                  integers({6}, 4)};
        compare(
            text("conv2d", named),
            [&](const TensorList& in) {
              return conv2d(in[0], in[1], in[2], {stride, other}, {padding, 1}, {dilation, 1}, groups);
            },
            operands, 0, two);
        compare(
            text("conv1d", named),
            [&](const TensorList& in) { return conv1d(in[0], in[1], in[2], stride, padding, dilation, groups); },
            {integers({2, 4, 7}, 1), integers({6, 4 / groups, kernel}, 2), integers({6}, 4)}, 0, one);
      },
      Ints{1, 2, 3}, Ints{0, 1, 2, 3}, Ints{-1, 0, 1, 4}, Ints{0, 1, 2, 3, 4}, Ints{1, 2, 3});
  two.report("conv2d"), one.report("conv1d");
  BOOST_CHECK(two.legal > 100 && one.legal > 100 && two.refused > 100);
}

BOOST_AUTO_TEST_CASE(transposed_convolutions) {
  Count count;
  each(
      [&](int64_t kernel, int64_t stride, int64_t padding, int64_t dilation, int64_t groups, int64_t extra) {
        const TensorList operands{integers({2, 4, 4, 3}, 1), integers({4, 6 / groups, kernel, 2}, 2), integers({6}, 4)};
        compare(
            text("conv_transpose2d", {kernel, stride, padding, dilation, groups, extra}),
            [&](const TensorList& in) {
              return conv_transpose2d(in[0], in[1], in[2], {stride, 2}, {padding, 0}, {extra, 1}, groups,
                                      {dilation, 1});
            },
            operands, 0, count);
      },
      Ints{1, 2, 3}, Ints{0, 1, 2, 3}, Ints{0, 1, 2}, Ints{1, 2, 3, 4}, Ints{1, 2}, Ints{-1, 0, 1, 2, 3});
  count.report("conv_transpose2d");
  BOOST_CHECK(count.legal > 400 && count.refused > 100);
}

BOOST_AUTO_TEST_CASE(max_pools) {
  Count count;
  const TensorList operands{integers({2, 3, 7, 8}, 1)};
  each(
      [&](int64_t kernel, int64_t stride, int64_t padding, int64_t dilation, int64_t ceil) {
        const int64_t other = kernel == 2 ? 3 : 2;
        compare(
            text("max_pool2d", {kernel, stride, padding, dilation, ceil}),
            [&](const TensorList& in) {
              return max_pool2d(in[0], {kernel, other}, {stride, 2}, {padding, 1}, {dilation, 1}, ceil != 0);
            },
            operands, 0, count);
      },
      Ints{0, 1, 2, 3, 5, 9}, Ints{0, 1, 2, 3}, Ints{-1, 0, 1, 2}, Ints{0, 1, 2, 3}, Ints{0, 1});
  count.report("max_pool2d");
  BOOST_CHECK(count.legal > 100 && count.refused > 100);
}

BOOST_AUTO_TEST_CASE(average_pools) {
  Count count, adaptive;
  const TensorList operands{integers({2, 3, 7, 8}, 1)};
  each(
      [&](int64_t kernel, int64_t stride, int64_t padding, int64_t ceil, int64_t with_padding, int64_t divisor) {
        const std::optional<int64_t> given = divisor == 1 ? std::nullopt : std::optional(divisor);
        compare(
            text("avg_pool2d", {kernel, stride, padding, ceil, with_padding, divisor}),
            [&](const TensorList& in) {
              return avg_pool2d(in[0], {kernel, 2}, {stride, 3}, {padding, 1}, ceil != 0, with_padding != 0, given);
            },
            operands, 1e-6, count);
      },
      Ints{0, 1, 2, 3, 5}, Ints{0, 1, 2, 3}, Ints{-1, 0, 1, 2}, Ints{0, 1}, Ints{0, 1}, Ints{0, 1, 3});
  each(
      [&](int64_t h, int64_t w, int64_t greatest) {
        compare(
            text("adaptive pool", {h, w, greatest}),
            [&](const TensorList& in) {
              return greatest ? adaptive_max_pool2d(in[0], {h, w}) : adaptive_avg_pool2d(in[0], {h, w});
            },
            operands, 1e-6, adaptive);
      },
      Ints{-1, 0, 1, 2, 3, 5, 7, 9}, Ints{0, 1, 3, 4, 8, 11}, Ints{0, 1});
  count.report("avg_pool2d"), adaptive.report("adaptive pools");
  BOOST_CHECK(count.legal > 100 && count.refused > 100 && adaptive.legal > 50 && adaptive.refused > 20);
}

BOOST_AUTO_TEST_CASE(paddings) {
  Count count;
  const TensorList operands{integers({2, 3, 4, 5}, 1)};
  for (const char* mode : {"constant", "reflect", "replicate", "circular"})
    each(
        [&](int64_t left, int64_t right, int64_t top, int64_t bottom) {
          compare(
              text(mode, {left, right, top, bottom}),
              [&](const TensorList& in) {
                return pad(in[0], {left, right, top, bottom}, mode);
              },
              operands, 0, count);
        },
        Ints{-6, -1, 0, 2, 4}, Ints{-2, 0, 1, 6}, Ints{-1, 0, 3}, Ints{-5, 0, 2, 4});
  count.report("pad");
  BOOST_CHECK(count.legal > 300 && count.refused > 100);
}

BOOST_AUTO_TEST_SUITE_END()
