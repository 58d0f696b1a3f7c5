// The handle: creation, dtypes and promotion, views, conversion, memory.
#include <boost/test/unit_test.hpp>
#include <sstream>

#include "weft/tensor/allocator.h"
#include "weft/weft.h"

using namespace weft;

BOOST_AUTO_TEST_SUITE(handle)

BOOST_AUTO_TEST_CASE(is_one_pointer) { BOOST_TEST(sizeof(Tensor) == sizeof(void*)); }

BOOST_AUTO_TEST_CASE(creation) {
  BOOST_TEST(tensor({1, 2, 3}).dtype() == kInt64);
  BOOST_TEST(tensor({1., 2.}).dtype() == kFloat32);
  BOOST_TEST(tensor({true, false}).dtype() == kBool);
  BOOST_TEST(tensor({{1, 2}, {3, 4}}).sizes() == IntArrayRef({2, 2}));
  BOOST_TEST(tensor({{1, 2}, {3, 4}}, kFloat64)[1][0].item<double>() == 3);
  BOOST_TEST(tensor(3.5).dim() == 0);
  BOOST_CHECK_THROW(tensor({{1, 2}, {3}}), ShapeError);
  BOOST_TEST(tensor({{1, 2}, {3, 4.5}}).equal(tensor({{1., 2.}, {3., 4.5}})));
  BOOST_CHECK_THROW(tensor({{true, 2.0}}), DtypeError);
  BOOST_CHECK_THROW(tensor({1, false}), DtypeError);
  BOOST_CHECK_THROW(tensor({{1, 2}, {true, false}}, kFloat32), DtypeError);
  BOOST_TEST(full({2}, 7).dtype() == kInt64);
  BOOST_TEST(full({2}, 7.5).dtype() == kFloat32);
  BOOST_TEST(eye(3).sum().item<float>() == 3);
  BOOST_TEST(arange(5).equal(tensor({0, 1, 2, 3, 4})));
  BOOST_TEST(arange(1, 2, 0.25).equal(tensor({1., 1.25, 1.5, 1.75})));
  BOOST_TEST(arange(5, 0, -2).equal(tensor({5, 3, 1})));
  BOOST_CHECK_THROW(arange(0, 5, 0), ValueError);
  BOOST_CHECK_THROW(arange(0, 5, -1), ValueError);
  BOOST_TEST(linspace(0, 1, 5).equal(tensor({0., 0.25, 0.5, 0.75, 1.})));
  BOOST_CHECK_THROW(zeros({2, -1}), ShapeError);
  BOOST_CHECK_THROW(empty({int64_t{1} << 40, int64_t{1} << 40}), ShapeError);
  float data[] = {1, 2, 3, 4};
  bool freed = false;
  {
    Tensor t = from_blob(data, {2, 2}, [&](void*) { freed = true; });
    t.mul_(2);
    BOOST_TEST(data[3] == 8);
  }
  BOOST_TEST(freed);
}

BOOST_AUTO_TEST_CASE(promotion_follows_pytorch) {
  Tensor b = ones({2}, kBool), u = ones({2}, kUInt8), i = ones({2}, kInt32), l = ones({2}, kInt64), f = ones({2}),
         d = ones({2}, kFloat64);
  const std::tuple<Tensor, Dtype> rows[] = {{b + u, kUInt8},
                                            {u + i, kInt32},
                                            {i + l, kInt64},
                                            {l + f, kFloat32},
                                            {f + d, kFloat64},
                                            {b + b, kBool},
                                            {b + 1, kInt64},
                                            {u + 1, kUInt8},
                                            {i + 1.5, kFloat32},
                                            {l / l, kFloat32},
                                            {f + 1.5, kFloat32},
                                            {f + tensor(2.0, kFloat64), kFloat32},
                                            {l + tensor(2.5), kFloat32},
                                            {i + tensor(3), kInt32},
                                            {b + tensor(3), kInt64},
                                            {l.exp(), kFloat32},
                                            {l.sum(), kInt64},
                                            {u.sum(), kInt64},
                                            {l == f, kBool},
                                            {where(b, f, 0.0), kFloat32}};
  int row = 0;
  for (auto& [got, want] : rows) BOOST_TEST_CONTEXT("row " << row++) BOOST_TEST((got.dtype() == want));
}

BOOST_AUTO_TEST_CASE(views_share_memory) {
  Tensor x = arange(24, kFloat32).view({2, 3, 4});
  const Tensor views[] = {x.view({6, 4}),    x.permute({2, 0, 1}), x.transpose(0, 2), x.select(1, 2),
                          x.narrow(2, 1, 2), x.slice(2, 0, 4, 2),  x.unsqueeze(1),    x.expand({5, 2, 3, 4}),
                          x.flatten(),       x.diagonal(0, 1, 2)};
  for (const Tensor& v : views) BOOST_TEST(v.is_alias_of(x));
  BOOST_TEST(x.permute({2, 0, 1})[3][1][2].item<float>() == 23);
  BOOST_TEST(x.transpose(0, 2).reshape({-1})[1].item<float>() == 12);
  BOOST_TEST(!x.transpose(0, 2).reshape({-1}).is_alias_of(x));
  BOOST_TEST(x.permute({1, 2, 0}).view({12, 2}).is_alias_of(x));
  BOOST_TEST(x.narrow(0, 0, 1).squeeze(0).sizes() == IntArrayRef({3, 4}));
  BOOST_TEST(x.unfold(2, 2, 1).sizes() == IntArrayRef({2, 3, 3, 2}));
  BOOST_CHECK_THROW(x.transpose(0, 2).view({-1}), ShapeError);
  BOOST_CHECK_THROW(x.view({5, -1}), ShapeError);
  BOOST_CHECK_THROW(x.select(1, 3), IndexError);
  BOOST_CHECK_THROW(x.narrow(2, 3, 2), IndexError);
  BOOST_CHECK_THROW(x.permute({0, 1}), ShapeError);
  BOOST_CHECK_THROW(x.transpose(0, 3), IndexError);
  BOOST_CHECK_THROW(x.expand({2, 2, 4}), ShapeError);
  BOOST_CHECK_THROW(x.as_strided({100}, {1}), IndexError);
}

BOOST_AUTO_TEST_CASE(reading_elements) {
  Tensor x = tensor({{1., 2.}, {3., 4.}});
  auto a = x.accessor<float, 2>();
  a[1][0] = 9;
  BOOST_TEST(x[1][0].item<float>() == 9);
  auto one_dimension = [&] { return x.accessor<float, 1>().size(0); };
  BOOST_CHECK_THROW(one_dimension(), ShapeError);
  BOOST_CHECK_THROW(x.data_ptr<double>(), DtypeError);
  BOOST_CHECK_THROW(x.item(), ShapeError);
  BOOST_CHECK_THROW(Tensor().sizes(), StateError);
  BOOST_TEST((x.t().accessor<float, 2>()[0][1] == 9));
}

BOOST_AUTO_TEST_CASE(conversion) {
  Tensor x = tensor({-1.7, 0.0, 2.9});
  BOOST_TEST(x.to(kInt64).equal(tensor({-1, 0, 2})));
  BOOST_TEST(x.to(kBool).equal(tensor({true, false, true})));
  BOOST_TEST(x.to(kFloat32).is_same(x));
  BOOST_TEST(!x.to(kFloat32, false, true).is_same(x));
  BOOST_TEST((x.to(kFloat64).dtype() == kFloat64));
  Tensor image = arange(48, kFloat32).view({2, 3, 2, 4});
  Tensor last = image.contiguous(MemoryFormat::ChannelsLast);
  BOOST_TEST(last.is_contiguous(MemoryFormat::ChannelsLast));
  BOOST_TEST(last.stride(1) == 1);
  BOOST_TEST(last.equal(image));
  BOOST_TEST((last * 2).is_contiguous(MemoryFormat::ChannelsLast));
  BOOST_TEST((last + image).equal(image * 2));
  BOOST_TEST(last.contiguous().equal(image));
}

// Arguments in libtorch's order: dtype or options or device, non_blocking, copy, memory format.
BOOST_AUTO_TEST_CASE(forms_of_to) {
  const Tensor x = arange(16, kFloat32).view({1, 2, 2, 4});
  BOOST_TEST(x.to(kFloat32, true).is_same(x));
  BOOST_TEST(!x.to(kFloat32, false, true).is_alias_of(x));
  BOOST_TEST(x.to(kCPU).is_same(x));
  BOOST_TEST(x.to(Device("cpu")).is_same(x));
  BOOST_TEST(x.to(Device(kCPU), true).is_same(x));
  BOOST_TEST(!x.to(x.options(), false, true).is_alias_of(x));
  BOOST_TEST((x.to(kCPU, kInt64).dtype() == kInt64));
  BOOST_TEST(!x.to(kCPU, kFloat32, true, true).is_alias_of(x));
  BOOST_TEST((x.to(arange(2), true).dtype() == kInt64));
  const Tensor last = x.to(kFloat64, false, false, MemoryFormat::ChannelsLast);
  BOOST_TEST((last.dtype() == kFloat64));
  BOOST_TEST(last.is_contiguous(MemoryFormat::ChannelsLast));
  BOOST_TEST(!x.to(kFloat32, false, true, MemoryFormat::Contiguous).is_alias_of(x));
  BOOST_TEST(x.to(kFloat32, false, false, MemoryFormat::Contiguous).is_same(x));
}

BOOST_AUTO_TEST_CASE(devices) {
  std::ostringstream out;
  out << Device("cpu") << ' ' << Device("cpu:0") << ' ' << kCPU << ' ' << zeros({1}).device() << ' '
      << MemoryFormat::ChannelsLast;
  BOOST_TEST(out.str() == "cpu cpu:0 cpu cpu ChannelsLast");
  BOOST_TEST((Device("cpu:0").type() == kCPU));
  BOOST_TEST(int{Device("cpu:0").index()} == 0);
  BOOST_TEST(int{Device(kCPU).index()} == -1);
  BOOST_TEST(!Device("cpu").has_index());
  BOOST_TEST((Device(kCPU, 0) == Device("cpu:0") && Device("cpu") == kCPU && Device("cpu") != Device("cpu:0")));
  for (const char* text : {"", "cpu:", "cpu:1", "cpu:00", "cpu:-1", "CPU", "cuda", "cuda:0"})
    BOOST_CHECK_THROW(Device{text}, ValueError);
  BOOST_CHECK_THROW(Device(kCPU, 1), ValueError);
}

BOOST_AUTO_TEST_CASE(contiguity_of_empty_tensors) {
  BOOST_TEST(zeros({0, 3}).as_strided({0, 3}, {5, 7}).is_contiguous());
  BOOST_TEST(zeros({3, 0, 2}).transpose(0, 2).is_contiguous());
  BOOST_TEST(zeros({4, 4}).slice(0, 2, 2).t().is_contiguous());
  BOOST_TEST(zeros({4, 4}).slice(0, 2, 2).t().view({0, 9}).numel() == 0);
  BOOST_TEST(!zeros({4, 4}).t().is_contiguous());
}

BOOST_AUTO_TEST_CASE(broadcasting_matches_plain_loops) {
  Tensor a = rand({4, 1, 5}), b = rand({3, 1}), c = rand({5});
  Tensor got = (a + b) * c - a.transpose(0, 2).transpose(0, 2);
  auto pa = a.accessor<float, 3>();
  auto pb = b.accessor<float, 2>();
  auto pc = c.accessor<float, 1>();
  auto pg = got.accessor<float, 3>();
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 5; ++k)
        BOOST_TEST(pg[i][j][k] == (pa[i][0][k] + pb[j][0]) * pc[k] - pa[i][0][k], boost::test_tools::tolerance(1e-4f));
  BOOST_TEST((a.expand({4, 3, 5}) + b.expand({4, 3, 5})).equal(a + b));
  BOOST_TEST((a.slice(2, 0, 5, 2) * 2).equal(a.slice(2, 0, 5, 2).contiguous() * 2));
  BOOST_CHECK_THROW(a + rand({2, 4}), ShapeError);
  BOOST_TEST((zeros({0, 3}) + 1).numel() == 0);
}

BOOST_AUTO_TEST_CASE(integer_arithmetic) {
  Tensor a = tensor({7, -7, 7, -7}), b = tensor({2, 2, -2, -2});
  BOOST_TEST(a.floor_divide(b).equal(tensor({3, -4, -4, 3})));
  BOOST_TEST((a % b).equal(tensor({1, 1, -1, -1})));
  BOOST_TEST(a.fmod(b).equal(tensor({1, -1, 1, -1})));
  BOOST_CHECK_THROW(a.floor_divide(0), ValueError);
  BOOST_CHECK_THROW(a % 0, ValueError);
  BOOST_TEST(tensor({2, 3}).pow(3).equal(tensor({8, 27})));
  BOOST_CHECK_THROW(a.pow(-1), ValueError);
  BOOST_TEST((tensor({6, 5}) & 3).equal(tensor({2, 1})));
  BOOST_TEST((~tensor({true, false})).equal(tensor({false, true})));
  BOOST_CHECK_THROW(rand({2}) & rand({2}), DtypeError);
}

BOOST_AUTO_TEST_CASE(float32_functions_hold_to_libm) {
  Tensor x = cat({linspace(-100, 100, 4001), tensor({0., -0., 1e-30, 88.7, 88.8, -87.4, 1e38, -1e38})});
  const std::pair<const char*, Tensor (Tensor::*)() const> rows[] = {
      {"exp", &Tensor::exp}, {"tanh", &Tensor::tanh},   {"sigmoid", &Tensor::sigmoid},
      {"sin", &Tensor::sin}, {"expm1", &Tensor::expm1}, {"atan", &Tensor::atan}};
  for (auto& [name, f] : rows)
    BOOST_TEST_CONTEXT(name) BOOST_TEST((x.*f)().allclose((x.to(kFloat64).*f)().to(kFloat32), 2e-6, 1e-37, true));
  Tensor p = cat({linspace(-80, 80, 2001).exp(), tensor({0., 1.})});
  BOOST_TEST(p.log().allclose(p.to(kFloat64).log().to(kFloat32), 2e-6, 1e-7, true));
  double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  Tensor special = tensor({nan, inf, -inf});
  BOOST_TEST(special.exp().isnan().equal(tensor({true, false, false})));
  BOOST_TEST(special.exp()[1].item<float>() == inf);
  BOOST_TEST(special.exp()[2].item<float>() == 0);
  BOOST_TEST(special.log().isnan().equal(tensor({true, false, true})));
  BOOST_TEST(special.relu().isnan().equal(tensor({true, false, false})));
  BOOST_TEST(special.tanh()[2].item<float>() == -1);
}

BOOST_AUTO_TEST_CASE(same_bits_for_any_number_of_threads) {
  Tensor a = randn({300, 517}), b = randn({517});
  int before = get_num_threads();
  set_num_threads(1);
  Tensor want = ((a + b).exp() * a).tanh();
  for (int n : {2, 3, 8}) {
    set_num_threads(n);
    BOOST_TEST(((a + b).exp() * a).tanh().equal(want));
  }
  set_num_threads(before);
  BOOST_CHECK_THROW(set_num_threads(0), ValueError);
}

BOOST_AUTO_TEST_CASE(errors_of_pieces_reach_the_caller) {
  auto body = [](int64_t begin, int64_t) {
    if (begin > 0) throw ValueError("[test] piece");
  };
  BOOST_CHECK_THROW(parallel_for(1 << 20, 10, body), ValueError);
}

#ifdef WEFT_MEMORY_CACHE
BOOST_AUTO_TEST_CASE(repeated_work_takes_nothing_from_the_system) {
  auto work = [] { return (randn({300, 300}) * 2 + 1).exp().sum(); };
  for (int i = 0; i < 3; ++i) work();
  int64_t before = memory_stats().system_calls;
  for (int i = 0; i < 20; ++i) work();
  BOOST_TEST(memory_stats().system_calls == before);
}
#endif

BOOST_AUTO_TEST_SUITE_END()
