// Rows of convolution, pooling and the norms.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "tests/op_rows.h"
#include "tests/plain.h"
#include "weft/autograd/nn_ops.h"

using namespace weft;
using namespace weft::test;

namespace {

using In = const TensorList&;
using T = const Tensor&;
using P = const Position&;

/// Height and width.
struct Pair {
  int64_t h = 1, w = 1;
  Dims dims() const { return {h, w}; }
};
struct ConvOptions {
  Pair stride = {}, padding = {0, 0}, dilation = {};
  int64_t groups = 1;
  bool bias = true;
};

Tensor slow_conv2d(T x, T weight, const Tensor& bias, const ConvOptions& o) {
  const int64_t in = weight.size(1), out = weight.size(0), kh = weight.size(2), kw = weight.size(3);
  const int64_t oh = (x.size(2) + 2 * o.padding.h - o.dilation.h * (kh - 1) - 1) / o.stride.h + 1;
  const int64_t ow = (x.size(3) + 2 * o.padding.w - o.dilation.w * (kw - 1) - 1) / o.stride.w + 1;
  return build({x.size(0), out, oh, ow}, [&](P i) {
    double s = bias.defined() ? at(bias, {i[1]}) : 0;
    for (int64_t c = 0; c < in; ++c)
      for (int64_t a = 0; a < kh; ++a)
        for (int64_t b = 0; b < kw; ++b)
          s += at(weight, {i[1], c, a, b}) *
               at_or(x,
                     {i[0], i[1] / (out / o.groups) * in + c, i[2] * o.stride.h - o.padding.h + a * o.dilation.h,
                      i[3] * o.stride.w - o.padding.w + b * o.dilation.w},
                     0);
    return s;
  });
}

OpRow conv_row(const std::string& name, Dims x, Dims weight, ConvOptions o, Dims large_x = {}, Dims large_weight = {}) {
  const auto inputs = [bias = o.bias](Dims x, Dims w) {
    TensorList list = {spread(x), spread(w, -1, 1.2, 2)};
    if (bias) list.push_back(spread({w[0]}, -1, 1, 3));
    return list;
  };
  OpRow row = {name, returns([o](In in) {
                 return conv2d(in[0], in[1], o.bias ? in[2] : Tensor(), o.stride.dims(), o.padding.dims(),
                               o.dilation.dims(), o.groups);
               }),
               [=] { return inputs(x, weight); },
               returns([o](In in) { return slow_conv2d(in[0], in[1], o.bias ? in[2] : Tensor(), o); }),
               [=] {
                 Dims wrong = x;
                 ++wrong[1];
                 conv2d(zeros(wrong), zeros(weight), {}, 1, 0, 1, o.groups);
               }};
  if (!large_x.empty()) row.large = [=] { return inputs(large_x, large_weight); };
  return row;
}

std::vector<OpRow> conv_rows() {
  const Pair two = {2, 2}, none = {0, 0}, one = {1, 1};
  return {
      conv_row("conv2d", {2, 3, 6, 5}, {4, 3, 3, 3}, {}, {9, 16, 14, 15}, {24, 16, 3, 3}),
      conv_row("conv2d of one channel", {3, 1, 7, 7}, {4, 1, 5, 5}, {one, two}, {19, 1, 28, 28}, {32, 1, 5, 5}),
      conv_row("conv2d of one image", {1, 3, 5, 6}, {2, 3, 3, 3}, {one, one}, {1, 16, 30, 30}, {32, 16, 5, 5}),
      conv_row("conv2d of strides", {2, 2, 7, 6}, {3, 2, 3, 2}, {{2, 1}, {1, 0}}, {9, 8, 27, 26}, {16, 8, 3, 2}),
      conv_row("conv2d of stride 3", {2, 2, 8, 8}, {3, 2, 2, 2}, {{3, 3}, none}),
      conv_row("conv2d dilated", {2, 2, 7, 7}, {3, 2, 3, 3}, {one, two, two}, {9, 8, 20, 20}, {16, 8, 3, 3}),
      conv_row("conv2d of groups", {2, 4, 5, 5}, {6, 2, 3, 3}, {one, one, one, 2}, {9, 8, 14, 14}, {12, 4, 3, 3}),
      conv_row("conv2d depthwise", {2, 3, 5, 5}, {3, 1, 3, 3}, {one, one, one, 3}, {9, 3, 30, 30}, {3, 1, 3, 3}),
      conv_row("conv2d 1x1", {2, 5, 3, 4}, {4, 5, 1, 1}, {}, {9, 20, 14, 14}, {30, 20, 1, 1}),
      conv_row("conv2d without bias", {2, 3, 5, 5}, {4, 3, 3, 3}, {one, none, one, 1, false}),
      {"conv2d without batch", returns([](In in) { return conv2d(in[0], in[1]); }),
       [] {
         return TensorList{spread({3, 5, 5}), spread({2, 3, 3, 3}, -1, 1, 2)};
       },
       returns([](In in) { return slow_conv2d(in[0].unsqueeze(0), in[1], {}, {}).squeeze(0); }),
       [] {
         conv2d(zeros({5, 5}), zeros({2, 1, 3, 3}));
       }},
      {"conv1d", returns([](In in) { return conv1d(in[0], in[1], in[2], 2, 1, 1, 2); }),
       [] {
         return TensorList{spread({2, 4, 9}), spread({6, 2, 3}, -1, 1, 2), spread({6}, -1, 1, 3)};
       },
       returns([](In in) {
         return slow_conv2d(in[0].unsqueeze(2), in[1].unsqueeze(2), in[2], {{1, 2}, {0, 1}, {1, 1}, 2}).squeeze(2);
       }),
       [] {
         conv1d(zeros({2, 4, 9}), zeros({6, 3, 3}));
       }},
  };
}

/// Adds each input element times the kernel at its position of the output.
Tensor slow_transpose(T x, T weight, T bias, Pair stride, Pair padding, Pair more, Pair dilation, int64_t groups) {
  const int64_t kh = weight.size(2), kw = weight.size(3), in = x.size(1) / groups, out = weight.size(1);
  const int64_t oh = (x.size(2) - 1) * stride.h - 2 * padding.h + dilation.h * (kh - 1) + more.h + 1;
  const int64_t ow = (x.size(3) - 1) * stride.w - 2 * padding.w + dilation.w * (kw - 1) + more.w + 1;
  return build({x.size(0), out * groups, oh, ow}, [&](P i) {
    double s = at(bias, {i[1]});
    for (int64_t c = 0; c < in; ++c)
      for (int64_t a = 0; a < kh; ++a)
        for (int64_t b = 0; b < kw; ++b) {
          const int64_t y = i[2] + padding.h - a * dilation.h, z = i[3] + padding.w - b * dilation.w,
                        from = i[1] / out * in + c;
          if (y % stride.h == 0 && z % stride.w == 0)
            s += at(weight, {from, i[1] % out, a, b}) * at_or(x, {i[0], from, y / stride.h, z / stride.w}, 0);
        }
    return s;
  });
}

OpRow transpose_row(const std::string& name, Dims x, Dims weight, Pair stride, Pair padding, Pair more, Pair dilation,
                    int64_t groups, Dims large_x, Dims large_weight) {
  const auto inputs = [=](Dims x, Dims w) {
    return TensorList{spread(x), spread(w, -1, 1.2, 2), spread({w[1] * groups}, -1, 1, 3)};
  };
  return {name,
          returns([=](In in) {
            return conv_transpose2d(in[0], in[1], in[2], stride.dims(), padding.dims(), more.dims(), groups,
                                    dilation.dims());
          }),
          [=] { return inputs(x, weight); },
          returns([=](In in) { return slow_transpose(in[0], in[1], in[2], stride, padding, more, dilation, groups); }),
          [] {
            conv_transpose2d(zeros({2, 3, 4, 4}), zeros({4, 2, 3, 3}));
          },
          [=] { return inputs(large_x, large_weight); }};
}

std::vector<OpRow> transpose_rows() {
  const Pair one = {1, 1}, two = {2, 2}, none = {0, 0};
  return {
      transpose_row("conv_transpose2d", {2, 3, 4, 5}, {3, 2, 3, 3}, one, none, none, one, 1, {9, 16, 12, 13},
                    {16, 8, 3, 3}),
      transpose_row("conv_transpose2d of stride", {2, 3, 3, 4}, {3, 2, 2, 2}, two, none, none, one, 1, {9, 16, 12, 13},
                    {16, 8, 2, 2}),
      transpose_row("conv_transpose2d of all options", {2, 4, 3, 3}, {4, 2, 3, 3}, two, one, one, one, 2,
                    {9, 16, 12, 13}, {16, 4, 3, 3}),
      transpose_row("conv_transpose2d dilated", {1, 2, 3, 3}, {2, 2, 2, 3}, {2, 1}, {0, 1}, none, {2, 2}, 1,
                    {9, 8, 12, 13}, {8, 8, 2, 3}),
  };
}

/// Pooling by plain loops: `fold` takes the values of each window inside the image, and the divisor.
struct PoolOptions {
  Pair kernel = {}, stride = {}, padding = {0, 0}, dilation = {};
  bool ceil = false, count_pad = true;
};
int64_t pooled(int64_t n, int64_t k, int64_t stride, int64_t pad, int64_t dilation, bool ceil) {
  const int64_t span = n + 2 * pad - dilation * (k - 1) - 1;
  int64_t out = (ceil ? (span + stride - 1) / stride : span / stride) + 1;
  if (ceil && (out - 1) * stride >= n + pad) --out;  // the last window must start inside
  return out;
}
Tensor slow_pool(T x, const PoolOptions& o, bool max) {
  const int64_t h = x.size(2), w = x.size(3);
  const int64_t oh = pooled(h, o.kernel.h, o.stride.h, o.padding.h, o.dilation.h, o.ceil);
  const int64_t ow = pooled(w, o.kernel.w, o.stride.w, o.padding.w, o.dilation.w, o.ceil);
  return build({x.size(0), x.size(1), oh, ow}, [&](P i) {
    double best = -INFINITY, sum = 0;
    int64_t inside = 0, padded = 0;
    for (int64_t a = 0; a < o.kernel.h; ++a)
      for (int64_t b = 0; b < o.kernel.w; ++b) {
        const int64_t y = i[2] * o.stride.h - o.padding.h + a * o.dilation.h,
                      z = i[3] * o.stride.w - o.padding.w + b * o.dilation.w;
        padded += y < h + o.padding.h && z < w + o.padding.w;
        if (y < 0 || z < 0 || y >= h || z >= w) continue;
        ++inside;
        sum += at(x, {i[0], i[1], y, z});
        best = std::max(best, at(x, {i[0], i[1], y, z}));
      }
    return max ? best : sum / static_cast<double>(o.count_pad ? padded : inside);
  });
}
OpRow pool_row(const std::string& name, bool max, PoolOptions o) {
  const auto f = [=](T x) {
    return max ? max_pool2d(x, o.kernel.dims(), o.stride.dims(), o.padding.dims(), o.dilation.dims(), o.ceil)
               : avg_pool2d(x, o.kernel.dims(), o.stride.dims(), o.padding.dims(), o.ceil, o.count_pad);
  };
  return {name,
          returns([f](In in) { return f(in[0]); }),
          [] {
            return TensorList{spread({2, 3, 7, 8})};
          },
          returns([=](In in) { return slow_pool(in[0], o, max); }),
          [f] {
            f(zeros({3, 4}));
          },
          [] {
            return TensorList{spread({9, 24, 27, 28})};
          }};
}
/// Windows from floor(i n / out) to ceil((i + 1) n / out).
Tensor slow_adaptive(T x, int64_t oh, int64_t ow, bool max) {
  const int64_t h = x.size(2), w = x.size(3);
  return build({x.size(0), x.size(1), oh, ow}, [&](P i) {
    double best = -INFINITY, sum = 0, n = 0;
    for (int64_t y = i[2] * h / oh; y < ((i[2] + 1) * h + oh - 1) / oh; ++y)
      for (int64_t z = i[3] * w / ow; z < ((i[3] + 1) * w + ow - 1) / ow; ++z, ++n) {
        sum += at(x, {i[0], i[1], y, z});
        best = std::max(best, at(x, {i[0], i[1], y, z}));
      }
    return max ? best : sum / n;
  });
}
std::vector<OpRow> pool_rows() {
  const Pair one = {1, 1}, two = {2, 2}, three = {3, 3}, none = {0, 0};
  const auto images = [] { return TensorList{spread({2, 3, 7, 5})}; };
  const auto many = [] { return TensorList{spread({9, 24, 27, 28})}; };
  return {
      pool_row("max_pool2d", true, {two, two}),
      pool_row("max_pool2d that overlaps", true, {three, two, one}),
      pool_row("max_pool2d ceil", true, {three, two, none, one, true}),
      pool_row("max_pool2d dilated", true, {two, one, none, two}),
      pool_row("max_pool2d rectangular", true, {{3, 1}, {1, 2}}),
      pool_row("avg_pool2d", false, {two, two}),
      pool_row("avg_pool2d that overlaps", false, {three, two, one}),
      pool_row("avg_pool2d without padding in the mean", false, {three, two, one, one, false, false}),
      pool_row("avg_pool2d ceil", false, {three, two, one, one, true}),
      {"avg_pool2d of a divisor", returns([](In in) { return avg_pool2d(in[0], 2, {}, 0, false, true, 3); }), images,
       returns([=](In in) {
         return slow_pool(in[0], {two, two}, false) * (4. / 3);
       }),
       [] {
         avg_pool2d(zeros({1, 1, 4, 4}), 2, {}, 0, false, true, 0);
       },
       many},
      {"max_pool2d_with_indices",
       [](In in) {
         auto [values, indices] = max_pool2d_with_indices(in[0], 3, 2, 1);
         return TensorList{values, indices};
       },
       images,
       [=](In in) {
         const Tensor values = slow_pool(in[0], {three, two, one}, true);
         return TensorList{values, build(values.sizes(), [&](P i) {
                                     for (int64_t n = 0; n < 35; ++n)
                                       if (at(in[0], {i[0], i[1], n / 5, n % 5}) == at(values, i))
                                         return static_cast<double>(n);
                                     return -1.;
                                   }).to(kInt64)};
       },
       [] {
         max_pool2d_with_indices(zeros({1, 1, 4, 4}), 2, 2, 2);
       },
       many},
      {"adaptive_avg_pool2d", returns([](In in) {
         return adaptive_avg_pool2d(in[0], {3, 2});
       }),
       images, returns([](In in) { return slow_adaptive(in[0], 3, 2, false); }),
       [] {
         adaptive_avg_pool2d(zeros({3, 4}), 2);
       },
       many},
      {"adaptive_max_pool2d", returns([](In in) {
         return adaptive_max_pool2d(in[0], {3, 2});
       }),
       images, returns([](In in) { return slow_adaptive(in[0], 3, 2, true); }),
       [] {
         adaptive_max_pool2d(zeros({2, 3, 4, 4}), 0);
       },
       many},
  };
}

/// (x - mean) / sqrt(variance + eps) of the elements along `dims`.
Tensor standardised(T x, P dims, double eps = 1e-5) {
  const auto mean = [](const std::vector<double>& v) {
    double s = 0;
    for (double e : v) s += e;
    return s / static_cast<double>(v.size());
  };
  const Tensor centred = map2(x, reduce(x, dims, true, mean), [](double a, double m) { return a - m; });
  return map2(centred, reduce(map(centred, [](double c) { return c * c; }), dims, true, mean),
              [eps](double c, double v) { return c / std::sqrt(v + eps); });
}
/// weight and bias by channel, for x of 4 dimensions.
Tensor by_channel(T x, T weight, T bias) {
  return x * weight.detach().view({1, -1, 1, 1}) + bias.detach().view({1, -1, 1, 1});
}

OpRow norm_row(const std::string& name, std::function<Tensor(In)> f, std::function<Tensor(In)> slow, Dims x,
               Dims weight, Dims large, Dims large_weight, std::function<void()> bad) {
  const auto inputs = [](Dims x, Dims w) { return TensorList{spread(x), spread(w, 0.4, 1.6, 2), spread(w, -1, 1, 3)}; };
  return {name,
          returns(std::move(f)),
          [=] { return inputs(x, weight); },
          returns(std::move(slow)),
          std::move(bad),
          [=] { return inputs(large, large_weight); }};
}

std::vector<OpRow> norm_rows() {
  const auto train = [](In in) { return batch_norm(in[0], in[1], in[2], {}, {}, true); };
  const auto bad = [] { batch_norm(zeros({2, 3}), ones({2}), zeros({2}), {}, {}, true); };
  const auto eval = [](In in) {
    const Tensor m = fixed(in[1].sizes(), -1, 1, 8).to(in[0].dtype()),
                 v = fixed(in[1].sizes(), 0.5, 2, 9).to(in[0].dtype());
    return batch_norm(in[0], in[1], in[2], m, v, false);
  };
  return {
      norm_row(
          "batch_norm of images", train,
          [](In in) {
            return by_channel(standardised(in[0], {0, 2, 3}), in[1], in[2]);
          },
          {3, 4, 3, 2}, {4}, {19, 24, 14, 14}, {24}, bad)
          .with_tolerance(5e-5),
      norm_row(
          "batch_norm of rows", train, [](In in) { return standardised(in[0], {0}) * in[1] + in[2]; }, {7, 5}, {5},
          {301, 257}, {257}, bad)
          .with_tolerance(5e-5),
      norm_row(
          "batch_norm of sequences", train,
          [](In in) {
            return standardised(in[0], {0, 2}) * in[1].unsqueeze(1) + in[2].unsqueeze(1);
          },
          {3, 4, 5}, {4}, {19, 24, 90}, {24},
          [] {
            batch_norm(zeros({1, 3}), ones({3}), zeros({3}), {}, {}, true);
          })
          .with_tolerance(5e-5),
      norm_row(
          "batch_norm in evaluation", eval,
          [](In in) {
            const Tensor m = fixed({4}, -1, 1, 8), v = fixed({4}, 0.5, 2, 9);
            return by_channel((in[0] - m.view({1, -1, 1, 1})) / (v + 1e-5).sqrt().view({1, -1, 1, 1}), in[1], in[2]);
          },
          {3, 4, 3, 2}, {4}, {19, 24, 14, 14}, {24},
          [] {
            batch_norm(zeros({2, 3}), ones({3}), zeros({3}), {}, {}, false);
          }),
      norm_row(
          "layer_norm", [](In in) { return layer_norm(in[0], in[1].sizes(), in[1], in[2]); },
          [](In in) {
            return standardised(in[0], {1, 2}) * in[1] + in[2];
          },
          {3, 4, 5}, {4, 5}, {301, 12, 33}, {12, 33},
          [] {
            layer_norm(zeros({3, 4}), 3);
          })
          .with_tolerance(5e-5),
      norm_row(
          "group_norm", [](In in) { return group_norm(in[0], 2, in[1], in[2]); },
          [](In in) {
            const Tensor groups = in[0].detach().view({3, 2, 2 * 3 * 2});
            return by_channel(standardised(groups, {2}).view({3, 4, 3, 2}), in[1], in[2]);
          },
          {3, 4, 3, 2}, {4}, {19, 24, 14, 14}, {24},
          [] {
            group_norm(zeros({2, 3, 4, 4}), 2);
          })
          .with_tolerance(5e-5),
      norm_row(
          "instance_norm", [](In in) { return instance_norm(in[0], in[1], in[2]); },
          [](In in) {
            return by_channel(standardised(in[0], {2, 3}), in[1], in[2]);
          },
          {3, 4, 3, 2}, {4}, {19, 24, 14, 14}, {24},
          [] {
            instance_norm(zeros({2, 3}));
          })
          .with_tolerance(5e-5),
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rows_image)

BOOST_AUTO_TEST_SUITE(convolution)
WEFT_ROW_TESTS(conv_rows)
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(transposed)
WEFT_ROW_TESTS(transpose_rows)
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(pooling)
WEFT_ROW_TESTS(pool_rows)
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(norms)
WEFT_ROW_TESTS(norm_rows)
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
