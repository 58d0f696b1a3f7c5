// Compares float32 convolution with the float64 reference; its threads, and the cache of plans.
#include <boost/test/unit_test.hpp>
#include <thread>

#include "tests/tensor/kernel_support.h"
#include "weft/autograd/functions.h"
#include "weft/tensor/kernels/conv/conv.h"
#include "weft/tensor/kernels/matmul/gemm.h"
#include "weft/tensor/onednn/onednn.h"

using namespace weft;
using namespace weft::test;
using kernel::ConvOptions;

namespace {

struct Case {
  const char* name;
  int64_t n, c, h, w, o, kh, kw;
  ConvOptions options;
  int64_t height() const { return out(h, kh, 0); }
  int64_t width() const { return out(w, kw, 1); }
  int64_t out(int64_t in, int64_t k, size_t i) const {
    return (in + 2 * options.padding[i] - options.dilation[i] * (k - 1) - 1) / options.stride[i] + 1;
  }
};

const Case kCases[] = {
    {"first layer", 10, 1, 28, 28, 24, 5, 5, {{1, 1}, {0, 0}, {1, 1}, 1}},
    {"same 5x5", 50, 8, 14, 14, 16, 5, 5, {{1, 1}, {2, 2}, {1, 1}, 1}},
    {"batch 1", 1, 32, 14, 14, 64, 5, 5, {{1, 1}, {2, 2}, {1, 1}, 1}},
    {"odd everything", 3, 7, 13, 11, 13, 3, 3, {{1, 1}, {1, 1}, {1, 1}, 1}},
    {"rectangular", 5, 3, 9, 17, 6, 3, 5, {{2, 1}, {1, 2}, {1, 1}, 1}},
    {"stride leaves rows", 9, 16, 12, 15, 20, 3, 3, {{2, 2}, {0, 0}, {1, 1}, 1}},
    {"stride above kernel", 4, 8, 11, 11, 8, 1, 1, {{3, 3}, {0, 0}, {1, 1}, 1}},
    {"dilated", 4, 16, 14, 14, 16, 3, 3, {{1, 1}, {2, 2}, {2, 2}, 1}},
    {"dilated, strided", 2, 5, 15, 13, 9, 3, 2, {{2, 1}, {3, 1}, {3, 2}, 1}},
    {"groups", 6, 32, 10, 10, 64, 3, 3, {{1, 1}, {1, 1}, {1, 1}, 2}},
    {"odd groups", 3, 15, 9, 9, 6, 3, 3, {{1, 1}, {1, 1}, {1, 1}, 3}},
    {"depthwise", 4, 24, 12, 12, 24, 3, 3, {{1, 1}, {1, 1}, {1, 1}, 24}},
    {"depthwise, strided", 2, 6, 12, 12, 6, 3, 3, {{2, 2}, {1, 1}, {1, 1}, 6}},
    {"1x1", 8, 64, 7, 7, 32, 1, 1, {{1, 1}, {0, 0}, {1, 1}, 1}},
    {"whole image", 5, 16, 6, 6, 10, 6, 6, {{1, 1}, {0, 0}, {1, 1}, 1}},
    {"one row", 7, 12, 1, 40, 10, 1, 5, {{1, 2}, {0, 2}, {1, 1}, 1}},
    {"wide padding", 2, 4, 5, 5, 4, 3, 3, {{1, 1}, {4, 5}, {1, 1}, 1}},
    {"prime batch", 17, 4, 10, 10, 8, 3, 3, {{1, 1}, {1, 1}, {1, 1}, 1}},
};

struct Operands {
  explicit Operands(const Case& k, Dtype dtype = kFloat32)
      : x(randn({k.n, k.c, k.h, k.w})),
        weight(randn({k.o, k.c / k.options.groups, k.kh, k.kw})),
        bias(randn({k.o})),
        input_bias(randn({k.c})),
        dy(randn({k.n, k.o, k.height(), k.width()})) {
    for (Tensor* t : {&x, &weight, &bias, &input_bias, &dy}) *t = t->to(dtype);
  }
  Operands to(Dtype dtype, Order order = Order::Standard) const {
    Operands o = *this;
    for (Tensor* t : {&o.x, &o.weight, &o.bias, &o.input_bias, &o.dy}) *t = t->to(dtype);
    o.x = laid_out(o.x, order), o.dy = laid_out(o.dy, order);
    return o;
  }
  Tensor x, weight, bias, input_bias, dy;
};

// All passes: y with and without bias, dx with and without added bias, dw alone, dw and db.
std::vector<Tensor> all_passes(const Case& k, const Operands& o) {
  const auto [dw, none] = kernel::conv2d_weight_grad(o.dy, o.x, k.kh, k.kw, k.options, false);
  const auto [dw2, db] = kernel::conv2d_weight_grad(o.dy, o.x, k.kh, k.kw, k.options, true);
  if (none.defined()) throw std::logic_error("a bias gradient nobody asked for");  // may run on any thread
  return {kernel::conv2d(o.x, o.weight, o.bias, k.height(), k.width(), k.options),
          kernel::conv2d(o.x, o.weight, {}, k.height(), k.width(), k.options),
          kernel::conv2d_input_grad(o.dy, o.weight, {}, k.h, k.w, k.options),
          kernel::conv2d_input_grad(o.dy, o.weight, o.input_bias, k.h, k.w, k.options),
          dw,
          dw2,
          db,
          kernel::conv2d_bias_grad(o.dy)};
}

onednn::ConvShape small_shape(int64_t width) {
  return {1, 2, 3, width, 2, 3, width, 1, 1, 1, {1, 1}, {1, 1}, {}, {}, false};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(conv_kernels)

BOOST_AUTO_TEST_CASE(float32_agrees_with_the_float64_reference_in_every_memory_order) {
  manual_seed(1);
  for (const Case& k : kCases) {
    const Operands o(k);
    const auto want = all_passes(k, o.to(kFloat64));
    for (Order order : kOrders) {
      const auto got = all_passes(k, o.to(kFloat32, order));
      for (size_t i = 0; i < want.size(); ++i)
        BOOST_TEST(difference(got[i], want[i]) < 2e-6,
                   k.name << ", pass " << i << ", order " << int(order) << ": " << difference(got[i], want[i]));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_reference_is_the_definition) {
  manual_seed(2);
  const Case k{"", 2, 4, 6, 5, 6, 3, 2, {{2, 1}, {1, 1}, {1, 2}, 2}};
  const Operands o(k, kFloat64);
  const Tensor y = kernel::conv2d(o.x, o.weight, o.bias, k.height(), k.width(), k.options);
  const auto x = o.x.accessor<double, 4>(), w = o.weight.accessor<double, 4>(), got = y.accessor<double, 4>();
  const auto b = o.bias.accessor<double, 1>();
  for (int64_t n = 0; n < k.n; ++n)
    for (int64_t out = 0; out < k.o; ++out)
      for (int64_t i = 0; i < k.height(); ++i)
        for (int64_t j = 0; j < k.width(); ++j) {
          double sum = b[out];
          for (int64_t c = 0; c < 2; ++c)
            for (int64_t p = 0; p < k.kh; ++p)
              for (int64_t q = 0; q < k.kw; ++q) {
                const int64_t r = i * 2 + p - 1, s = j + q * 2 - 1;
                if (r >= 0 && r < k.h && s >= 0 && s < k.w) sum += w[out][c][p][q] * x[n][out / 3 * 2 + c][r][s];
              }
          BOOST_TEST(std::abs(got[n][out][i][j] - sum) < 1e-12);
        }
}

BOOST_AUTO_TEST_CASE(results_keep_the_order_of_the_user_and_are_private_otherwise) {
  manual_seed(3);
  const Case& k = kCases[3];
  const Operands o(k);
  auto forward = [&](const Tensor& x) { return kernel::conv2d(x, o.weight, {}, k.height(), k.width(), k.options); };
  const Tensor y = forward(o.x), kept = forward(laid_out(o.x, Order::ChannelsLast));
  BOOST_TEST(y.impl().storage->channels_last());
  BOOST_TEST((y.strides() == IntArrayRef(contiguous_strides(y.sizes()))));
  BOOST_TEST(!kept.impl().storage->channels_last());
  BOOST_TEST(kept.is_contiguous(MemoryFormat::ChannelsLast));
  BOOST_TEST(same_bits(y, kept));
  BOOST_TEST(!y.impl().storage->channels_last());  // reading it converted it to standard order
}

BOOST_AUTO_TEST_CASE(the_same_bits_at_any_number_of_threads) {
  manual_seed(4);
  for (const Case& k : kCases) {
    const Operands o(k);
    BOOST_TEST(same_at_any_thread_count([&] { return all_passes(k, o); }), k.name);
  }
}

BOOST_AUTO_TEST_CASE(plans_run_side_by_side_give_the_same_bits) {
  manual_seed(5);
  for (const Case& k : kCases) {
    const Operands o(k);
    BOOST_TEST(same_side_by_side([&] { return all_passes(k, o); }), k.name);
  }
}

BOOST_AUTO_TEST_CASE(a_view_of_a_batch_and_strided_operands_are_read_as_they_are) {
  manual_seed(6);
  const Case& k = kCases[3];
  const Operands o(k);
  const Tensor many = cat({randn({2, k.c, k.h, k.w}), o.x, randn({1, k.c, k.h, k.w})});
  const auto forward = [&](const Tensor& x, const Tensor& w) {
    return kernel::conv2d(x, w, o.bias, k.height(), k.width(), k.options);
  };
  const Tensor want = forward(o.x, o.weight);
  BOOST_TEST(same_bits(forward(many.narrow(0, 2, k.n), o.weight), want));
  BOOST_TEST(same_bits(forward(o.x.transpose(2, 3).contiguous().transpose(2, 3), o.weight), want));
  BOOST_TEST(same_bits(forward(o.x, o.weight.transpose(0, 1).contiguous().transpose(0, 1)), want));
}

BOOST_AUTO_TEST_CASE(nothing_in_gives_zeros_or_nothing_out) {
  const ConvOptions o;
  const Tensor none = zeros({0, 3, 8, 8}), weight = ones({4, 3, 3, 3});
  BOOST_TEST(to_string(kernel::conv2d(none, weight, {}, 6, 6, o).sizes()) == "[0, 4, 6, 6]");
  const auto [dw, db] = kernel::conv2d_weight_grad(zeros({0, 4, 6, 6}), none, 3, 3, o, true);
  BOOST_TEST(same_bits(dw, zeros({4, 3, 3, 3})));
  BOOST_TEST(same_bits(db, zeros({4})));
}

BOOST_AUTO_TEST_CASE(no_thread_but_wefts_own_is_started) {
  manual_seed(7);
  const int before = get_num_threads();
  set_num_threads(3);
  auto everything = [&] {
    for (const Case& k : kCases) all_passes(k, Operands(k));
    kernel::matmul("test", randn({256, 256}), randn({256, 256}));
  };
  parallel_pieces(64, 1e7,
                  [](int64_t) { std::this_thread::sleep_for(std::chrono::milliseconds(2)); });  // starts weft's
  const int64_t own = std::max<int64_t>(process_threads(), 3);
  parallel_pieces(12, 1e7, [&](int64_t) { everything(); });
  BOOST_TEST(process_threads() <= own);
  std::thread user([&] {
    everything();
    BOOST_TEST(process_threads() <= own + 1);
  });
  user.join();
  set_num_threads(before);
}

BOOST_AUTO_TEST_CASE(the_number_of_plans_is_bounded_and_the_recent_ones_stay) {
  const auto first = onednn::conv_plan(onednn::ConvPass::Forward, small_shape(1));
  for (int64_t i = 2; i <= 1000; ++i) {
    const auto plan = onednn::conv_plan(onednn::ConvPass::Forward, small_shape(i));
    BOOST_REQUIRE(plan == onednn::conv_plan(onednn::ConvPass::Forward, small_shape(i)));
    BOOST_REQUIRE(onednn::plan_count() <= onednn::kMaxPlans);
  }
  BOOST_TEST(onednn::plan_count() == onednn::kMaxPlans);
  BOOST_TEST((first != onednn::conv_plan(onednn::ConvPass::Forward, small_shape(1))));
  // A plan dropped from the cache still works for its owners.
  float x[6] = {1, 10, 2, 20, 3, 30}, weight[4] = {1, 0, 1, 1}, y[6] = {};
  std::vector<float> packed(static_cast<size_t>(first->packed_bytes) / 4 + 16);
  std::vector<char> scratch(static_cast<size_t>(first->scratch_bytes) + 64);
  first->pack(weight, packed.data());
  first->run({x, packed.data(), nullptr, y, scratch.data()});
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(y[2 * i] == x[2 * i]);
    BOOST_TEST(y[2 * i + 1] == x[2 * i] + x[2 * i + 1]);
  }
}

BOOST_AUTO_TEST_CASE(reorders_are_inverse_and_exact_for_every_item_size) {
  for (Dtype dtype : {kUInt8, kFloat32, kFloat64})
    for (auto [n, c, hw] : {std::array<int64_t, 3>{1, 1, 9}, {3, 5, 7}, {2, 33, 65}, {4, 64, 49}, {1, 3, 4000}}) {
      const Tensor x = randint(0, 200, {n, c, hw, 1}).to(dtype), y = empty({n, hw, c}, dtype), z = empty_like(x);
      kernel::nchw_to_nhwc(x.data_ptr(), y.data_ptr(), n, c, hw, 1, item_size(dtype));
      kernel::nhwc_to_nchw(y.data_ptr(), z.data_ptr(), n, c, hw, 1, item_size(dtype));
      BOOST_TEST(same_bits(y, x.view({n, c, hw}).permute({0, 2, 1})));
      BOOST_TEST(same_bits(z, x));
    }
}

BOOST_AUTO_TEST_SUITE_END()
