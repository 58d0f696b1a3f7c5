// Reductions against plain loops over every set of dimensions, dtype and memory layout.
#include "weft/tensor/kernels/reduce/reduce.h"

#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "weft/tensor/random.h"
#include "weft/tests/tensor/plain.h"

using namespace weft;
using namespace weft::plain;

BOOST_AUTO_TEST_SUITE(reduce)

namespace {

using Shape = std::vector<int64_t>;
const std::vector<Shape> kShapes = {{},       {1},          {7},       {2100},       {3, 5},         {65, 40},
                                    {4, 300}, {130, 9, 33}, {3, 0, 4}, {2, 5, 3, 4}, {2, 3, 4, 5, 2}};

// The elements behind each result, in row-major order of the results.
std::vector<std::vector<double>> groups(const std::vector<double>& values, const Shape& sizes, const DimMask& mask) {
  const Dims out = reduced_sizes(sizes, mask, true), strides = contiguous_strides(out);
  std::vector<std::vector<double>> result(numel_of(out));
  size_t i = 0;
  for_each_index(sizes, [&](const std::vector<int64_t>& at) {
    int64_t o = 0;
    for (size_t d = 0; d < at.size(); ++d) o += mask[d] ? 0 : at[d] * strides[d];
    result[o].push_back(values[i++]);
  });
  return result;
}

struct Row {
  const char* name;
  std::function<Tensor(const Tensor&, const DimMask&, bool)> got;
  std::function<double(const std::vector<double>&)> want;
  bool float_only, needs_elements;
  double tolerance;
  int low = -3, high = 3;
};

auto kind(kernel::Reduce r) {
  return [r](const Tensor& x, const DimMask& mask, bool keepdim) { return kernel::reduce(r, x, mask, keepdim); };
}

double fold(const std::vector<double>& v, double start, double (*f)(double, double)) {
  return std::accumulate(v.begin(), v.end(), start, f);
}

double variance(const std::vector<double>& v, double correction) {
  const double n = static_cast<double>(v.size()), mean = fold(v, 0, [](double a, double b) { return a + b; }) / n;
  double m2 = 0;
  for (double x : v) m2 += (x - mean) * (x - mean);
  return m2 / std::max(0.0, n - correction);
}

const std::vector<Row>& rows() {
  using kernel::Reduce;
  constexpr double inf = std::numeric_limits<double>::infinity();
  static const std::vector<Row> table = {
      {"sum", kind(Reduce::Sum), [](auto& v) { return fold(v, 0, [](double a, double b) { return a + b; }); }, false,
       false, 0},
      {"mean", kind(Reduce::Mean),
       [](auto& v) { return fold(v, 0, [](double a, double b) { return a + b; }) / static_cast<double>(v.size()); },
       true, false, 1e-6},
      {"norm2", kind(Reduce::Norm2),
       [](auto& v) { return std::sqrt(fold(v, 0, [](double a, double b) { return a + b * b; })); }, true, false, 1e-7},
      {"sum_abs", kind(Reduce::SumAbs),
       [](auto& v) { return fold(v, 0, [](double a, double b) { return a + std::fabs(b); }); }, true, false, 0},
      {"count_nonzero", kind(Reduce::CountNonzero),
       [](auto& v) { return fold(v, 0, [](double a, double b) { return a + (b != 0); }); }, false, false, 0},
      {"prod", kind(Reduce::Prod), [](auto& v) { return fold(v, 1, [](double a, double b) { return a * b; }); }, false,
       false, 0, -1, 1},
      {"max", kind(Reduce::Max),
       [](auto& v) { return fold(v, -inf, [](double a, double b) { return std::max(a, b); }); }, false, true, 0},
      {"min", kind(Reduce::Min),
       [](auto& v) { return fold(v, inf, [](double a, double b) { return std::min(a, b); }); }, false, true, 0},
      {"max_abs", kind(Reduce::MaxAbs),
       [](auto& v) { return fold(v, 0, [](double a, double b) { return std::max(a, std::fabs(b)); }); }, true, true, 0},
      {"min_abs", kind(Reduce::MinAbs),
       [](auto& v) { return fold(v, inf, [](double a, double b) { return std::min(a, std::fabs(b)); }); }, true, true,
       0},
      {"any", kind(Reduce::Any),
       [](auto& v) { return fold(v, 0, [](double a, double b) { return a || b ? 1. : 0.; }); }, false, false, 0},
      {"all", kind(Reduce::All),
       [](auto& v) { return fold(v, 1, [](double a, double b) { return a && b ? 1. : 0.; }); }, false, false, 0, 0, 9},
      {"norm3", [](auto& x, auto& mask, bool keep) { return kernel::power_norm(x, 3, mask, keep); },
       [](auto& v) { return std::cbrt(fold(v, 0, [](double a, double b) { return a + std::pow(std::fabs(b), 3); })); },
       true, false, 1e-6},
      {"var", [](auto& x, auto& mask, bool keep) { return kernel::variance(x, mask, 1, keep, false); },
       [](auto& v) { return variance(v, 1); }, true, false, 1e-6},
      {"std", [](auto& x, auto& mask, bool keep) { return kernel::variance(x, mask, 0, keep, true); },
       [](auto& v) { return std::sqrt(variance(v, 0)); }, true, false, 1e-6},
  };
  return table;
}

bool close(double got, double want, double tolerance) {
  if (std::isnan(want)) return std::isnan(got);
  return got == want || std::fabs(got - want) <= tolerance * (1 + std::fabs(want));
}

void check_row(const Row& row, const Shape& shape, Dtype dtype, Layout layout, const DimMask& mask) {
  const bool natural = dtype == kBool || dtype == kUInt8;
  const int high = dtype == kBool ? 1 : row.high;
  const std::vector<double> values = some_integers(numel_of(shape), natural ? std::max(row.low, 0) : row.low, high);
  const auto behind = groups(values, shape, mask);
  if (row.needs_elements && !behind.empty() && behind[0].empty()) return;
  const Tensor x = tensor_of(values, shape, dtype, layout);
  for (bool keepdim : {false, true}) {
    const Tensor y = row.got(x, mask, keepdim);
    BOOST_REQUIRE(y.sizes() == IntArrayRef(reduced_sizes(shape, mask, keepdim)));
    const std::vector<double> got = numbers(y);
    for (size_t i = 0; i < behind.size(); ++i) {
      const double want = row.want(behind[i]);
      if (close(got[i], want, row.tolerance)) continue;
      BOOST_ERROR(row.name << " of " << name(dtype) << " " << to_string(IntArrayRef(shape)) << " over " << mask
                           << " layout " << static_cast<int>(layout) << ", result " << i << ": " << got[i] << ", not "
                           << want);
      return;
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(against_plain_loops) {
  for (const Row& row : rows())
    for (const Shape& shape : kShapes)
      for (Layout layout : kLayouts)
        for (Dtype dtype : kDtypes) {
          if (row.float_only && !is_floating_point(dtype)) continue;
          for (uint64_t bits = 0; bits < (uint64_t{1} << shape.size()); ++bits)
            check_row(row, shape, dtype, layout, DimMask(bits));
        }
}

BOOST_AUTO_TEST_CASE(dtypes_of_results) {
  for (Dtype dtype : kDtypes) {
    const Tensor x = zeros({2, 3}, dtype);
    BOOST_TEST((x.sum().dtype() == (is_floating_point(dtype) ? dtype : kInt64)));
    BOOST_TEST((x.prod(0).dtype() == (is_floating_point(dtype) ? dtype : kInt64)));
    BOOST_TEST((x.cumsum(0).dtype() == (is_floating_point(dtype) ? dtype : kInt64)));
    BOOST_TEST((x.max().dtype() == dtype));
    BOOST_TEST((x.any().dtype() == (dtype == kUInt8 ? kUInt8 : kBool)));
    if (dtype != kBool) BOOST_TEST((x.argmax().dtype() == kInt64));
    BOOST_TEST((x.sum(kFloat64).dtype() == kFloat64));
  }
  BOOST_TEST((zeros({2}, kInt64).mean(kFloat32).dtype() == kFloat32));
}

// Bits do not depend on the number of threads, and are as exact as float allows.
BOOST_AUTO_TEST_CASE(threads_and_accuracy) {
  manual_seed(3);
  for (const Shape& shape :
       {Shape{3000000}, Shape{20000, 100}, Shape{100, 20000}, Shape{64, 24, 30, 30}, Shape{5, 300000}}) {
    const Tensor x = rand(shape);
    std::vector<Dims> choices = {{0}, {-1}};
    if (shape.size() == 4) choices = {{0, 2, 3}, {1}, {0, 1, 2, 3}};
    for (const Dims& dims : choices) {
      BOOST_TEST(same_at_any_threads([&] { return x.sum(dims); }));
      BOOST_TEST(same_at_any_threads([&] { return x.var(dims); }));
      BOOST_TEST(same_at_any_threads([&] { return x.amax(dims); }));
      BOOST_TEST(same_at_any_threads([&] { return x.norm(2, dims); }));
      const Tensor exact = x.to(kFloat64).sum(dims);
      BOOST_TEST((x.sum(dims).to(kFloat64) - exact).abs().div(exact).max().item<double>() < 1e-6);
    }
    BOOST_TEST(same_at_any_threads([&] { return x.argmax(); }));
    BOOST_TEST(same_at_any_threads([&] { return x.cumsum(0); }));
  }
  const Tensor far = rand({100000}) + 10000;
  BOOST_TEST(std::fabs(far.var().item<double>() / far.to(kFloat64).var().item<double>() - 1) < 1e-5);
}

BOOST_AUTO_TEST_CASE(infinities_and_nan) {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  for (Dtype dtype : {kFloat32, kFloat64}) {
    for (int64_t n : {3, 100, 5000}) {
      for (int64_t at : {int64_t{0}, n / 2, n - 1}) {
        const Tensor x = ones({n, 40}, dtype);
        x.select(0, at).fill_(nan);
        BOOST_TEST(x.amax({0}).isnan().all().item<bool>());
        BOOST_TEST(x.amin({0}).isnan().all().item<bool>());
        BOOST_TEST(std::isnan(x.t().contiguous().max().item<double>()));
        auto [values, indices] = x.max(0);
        BOOST_TEST(values.isnan().all().item<bool>());
        BOOST_TEST(indices.eq(at).all().item<bool>());
        BOOST_TEST(x.t().contiguous().argmin(1).eq(at).all().item<bool>());
        BOOST_TEST(x.select(1, 0).argmax().item<int64_t>() == at);
      }
    }
    BOOST_TEST(full({3}, -inf, dtype).max().item<double>() == -inf);
    BOOST_TEST(full({3}, -inf, dtype).logsumexp(0).item<double>() == -inf);
    BOOST_TEST(tensor({1000., 1000.}, dtype).logsumexp(0).item<double>() == 1000 + std::log(2.),
               boost::test_tools::tolerance(1e-6));
    BOOST_TEST(tensor({inf, 1.}, dtype).logsumexp(0).item<double>() == inf);
  }
}

BOOST_AUTO_TEST_CASE(empty_tensors) {
  const Tensor none = empty({0, 3});
  BOOST_TEST(none.sum().item<float>() == 0);
  BOOST_TEST(none.prod(0).eq(1).all().item<bool>());
  BOOST_TEST(std::isnan(none.mean().item<float>()));
  BOOST_TEST(none.mean(0).isnan().all().item<bool>());
  BOOST_TEST(none.all().item<bool>());
  BOOST_TEST(!none.any().item<bool>());
  BOOST_TEST(std::isnan(none.var().item<float>()));
  BOOST_TEST(none.amax(1).numel() == 0);
  BOOST_TEST(none.cumsum(0).numel() == 0);
  BOOST_TEST(none.argmax(1).numel() == 0);
  BOOST_CHECK_THROW(none.amax(0), ShapeError);
  BOOST_CHECK_THROW(none.max(), ShapeError);
  BOOST_CHECK_THROW(none.max(0), ShapeError);
  BOOST_CHECK_THROW(none.argmin(), ShapeError);
}

BOOST_AUTO_TEST_CASE(positions_of_extremes) {
  for (Dtype dtype : kDtypes)
    for (Layout layout : kLayouts)
      for (const Shape& shape : {Shape{}, Shape{9}, Shape{4, 300}, Shape{300, 4}, Shape{2, 5, 3, 4}}) {
        const bool natural = dtype == kBool || dtype == kUInt8;
        const auto values = some_integers(numel_of(shape), natural ? 0 : -9, dtype == kBool ? 1 : 9, 7);
        const Tensor x = tensor_of(values, shape, dtype, layout);
        for (int64_t dim = 0; dim < std::max<int64_t>(1, x.dim()); ++dim) {
          DimMask mask;
          mask.set(dim);
          const auto behind = groups(values, shape, mask);
          const auto [top, top_at] = x.max(dim);
          const auto [low, low_at] = x.min(dim, true);
          BOOST_TEST(low.dim() == x.dim());
          const auto tv = numbers(top), ti = numbers(top_at), lv = numbers(low), li = numbers(low_at);
          for (size_t i = 0; i < behind.size(); ++i) {
            const auto& v = behind[i];
            const auto big = std::max_element(v.begin(), v.end()), small = std::min_element(v.begin(), v.end());
            BOOST_REQUIRE(tv[i] == *big);
            BOOST_REQUIRE(ti[i] == static_cast<double>(big - v.begin()));
            BOOST_REQUIRE(lv[i] == *small);
            BOOST_REQUIRE(li[i] == static_cast<double>(small - v.begin()));
          }
          if (dtype != kBool) BOOST_TEST(same_bits(x.argmax(dim), top_at));
        }
        if (dtype == kBool) continue;
        BOOST_TEST(x.argmax().item<int64_t>() == std::max_element(values.begin(), values.end()) - values.begin());
        BOOST_TEST(x.argmin().item<int64_t>() == std::min_element(values.begin(), values.end()) - values.begin());
      }
}

BOOST_AUTO_TEST_CASE(running_sums) {
  for (Dtype dtype : kDtypes)
    for (const Shape& shape : {Shape{}, Shape{50}, Shape{3, 700}, Shape{700, 3}, Shape{2, 5, 3}}) {
      const auto values = some_integers(numel_of(shape), 0, dtype == kBool ? 1 : 3);
      const Tensor x = tensor_of(values, shape, dtype, Layout::Reversed);
      for (int64_t dim = 0; dim < std::max<int64_t>(1, x.dim()); ++dim) {
        const auto got = numbers(x.cumsum(dim));
        int64_t i = 0;
        for_each_index(shape, [&](std::vector<int64_t> at) {
          double want = shape.empty() ? values[0] : 0;
          for (int64_t last = shape.empty() ? -1 : at[dim], k = 0; k <= last; ++k) {
            at[dim] = k;
            want += values[offset_of(at, contiguous_strides(shape))];
          }
          BOOST_REQUIRE(got[i++] == want);
        });
      }
    }
}

BOOST_AUTO_TEST_CASE(summing_to_what_was_broadcast) {
  const auto values = some_integers(2 * 3 * 4, -5, 5);
  const Tensor x = tensor_of(values, {2, 3, 4}, kFloat32);
  BOOST_TEST(kernel::sum_to(x, {2, 3, 4}).is_same(x));
  BOOST_TEST(kernel::sum_to(x, {}).sizes().empty());
  BOOST_TEST(same_bits(kernel::sum_to(x, {3, 1}), x.sum({0, 2}).reshape({3, 1})));
  BOOST_TEST(same_bits(kernel::sum_to(x, {4}), x.sum({0, 1})));
  BOOST_TEST(same_bits(kernel::sum_to(x, {1, 1, 4}), x.sum({0, 1}).reshape({1, 1, 4})));
  BOOST_CHECK_THROW(kernel::sum_to(x, {5}), ShapeError);
  BOOST_CHECK_THROW(kernel::sum_to(x, {1, 2, 3, 4}), ShapeError);
}

BOOST_AUTO_TEST_CASE(comparing_and_counting) {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  const Tensor a = tensor({1., 2., nan, inf}), b = tensor({1., 2.00001, nan, inf});
  BOOST_TEST((numbers(a.isclose(b)) == std::vector<double>{1, 1, 0, 1}));
  BOOST_TEST((numbers(a.isclose(b, 0, 0)) == std::vector<double>{1, 0, 0, 1}));
  BOOST_TEST((numbers(a.isclose(b, 0, 0, true)) == std::vector<double>{1, 0, 1, 1}));
  // Integers exactly.
  const int64_t big = int64_t{1} << 53, least = std::numeric_limits<int64_t>::min(), most = ~least;
  const auto close = [](const Tensor& x, const Tensor& y, double rtol, double atol) {
    BOOST_TEST(x.allclose(y, rtol, atol) == x.isclose(y, rtol, atol).all().item<bool>());
    return x.allclose(y, rtol, atol);
  };
  BOOST_TEST(!close(tensor({big}), tensor({big + 1}), 0, 0));
  BOOST_TEST(!close(tensor({big}), tensor({big + 1}), 0, 0.5));
  BOOST_TEST(close(tensor({big}), tensor({big + 1}), 0, 1));
  BOOST_TEST(!close(tensor({big * 512}), tensor({big * 512 + 3}), 0, 2));
  BOOST_TEST(!close(tensor({least}), tensor({most}), 0, 1e19));
  BOOST_TEST(close(tensor({least}), tensor({most}), 0, 1.9e19));
  BOOST_TEST(close(tensor({100}, kInt32), tensor({110}, kInt32), 0.1, 0));
  BOOST_TEST(!close(tensor({110}, kInt32), tensor({98}, kInt32), 0.1, 0));
  BOOST_TEST(close(tensor({3}, kUInt8), tensor({250}, kUInt8), 0, 247));
  BOOST_TEST(!close(tensor({3}, kUInt8), tensor({250}, kUInt8), 0, 246));
  BOOST_TEST(!close(tensor({true}), tensor({false}), 0, 0.5));
  BOOST_TEST(close(tensor({true}), tensor({false}), 0, 1));
  // float32 is compared in float32: bound and distance are rounded as in PyTorch.
  const Tensor one = tensor({1.f}), next = tensor({std::nextafter(1.f, 2.f)});
  BOOST_TEST(close(next, one, 0, 1.19209289e-7));  // below the distance 2^-23 in float64, equal to it in float32
  BOOST_TEST(!close(next.to(kFloat64), one.to(kFloat64), 0, 1.19209289e-7));
  BOOST_TEST(!close(tensor({3e38f}), tensor({-3e38f}), 0, HUGE_VAL));
  BOOST_TEST(!close(tensor({HUGE_VAL}), tensor({1.}), HUGE_VAL, 0));
  BOOST_TEST(close(tensor({HUGE_VAL}), tensor({HUGE_VAL}), 0, 0));
  BOOST_TEST(!a.allclose(b));
  BOOST_TEST(a.allclose(b, 1e-5, 1e-8, true));
  BOOST_TEST(!tensor({inf}).allclose(tensor({-inf})));
  BOOST_TEST(!tensor({inf}).allclose(tensor({1.})));
  BOOST_TEST(tensor({1, 2}).equal(tensor({1, 2})));
  BOOST_TEST(!tensor({1, 2}).equal(tensor({1, 3})));
  BOOST_TEST(!tensor({1, 2}).equal(tensor({{1, 2}})));
  BOOST_TEST((numbers(tensor({1, 3, 1, 0}).bincount()) == std::vector<double>{1, 2, 0, 1}));
  BOOST_TEST((numbers(tensor({1}).bincount(4)) == std::vector<double>{0, 1, 0, 0}));
  BOOST_CHECK_THROW(tensor({-1}).bincount(), ValueError);
  BOOST_CHECK_THROW(tensor({1.5}).bincount(), DtypeError);
}

BOOST_AUTO_TEST_CASE(norms) {
  const Tensor x = tensor({{3., -4.}, {0., 1.}}, kFloat64);
  const double inf = std::numeric_limits<double>::infinity();
  const std::vector<std::pair<double, std::vector<double>>> wanted = {
      {0, {2, 1}}, {1, {7, 1}}, {2, {5, 1}}, {3, {std::cbrt(91.), 1}}, {inf, {4, 1}}, {-inf, {3, 0}}};
  for (const auto& [p, want] : wanted) {
    const auto got = numbers(x.norm(p, {1}));
    BOOST_TEST(got[0] == want[0], boost::test_tools::tolerance(1e-12));
    BOOST_TEST(got[1] == want[1], boost::test_tools::tolerance(1e-12));
  }
  BOOST_TEST(x.norm().item<double>() == std::sqrt(26.), boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(errors) {
  const Tensor x = zeros({2, 3});
  BOOST_CHECK_THROW(x.sum({2}), IndexError);
  BOOST_CHECK_THROW(x.sum({-3}), IndexError);
  BOOST_CHECK_THROW(x.sum({1, -1}), ValueError);
  BOOST_CHECK_THROW(x.max(2), IndexError);
  BOOST_CHECK_THROW(x.cumsum(5), IndexError);
  BOOST_CHECK_THROW(x.to(kInt64).mean(), DtypeError);
  BOOST_CHECK_THROW(x.to(kInt64).var(), DtypeError);
  BOOST_CHECK_THROW(x.to(kInt32).norm(), DtypeError);
  BOOST_CHECK_THROW(x.equal(x.to(kInt64)), DtypeError);
  BOOST_CHECK_THROW(x.isclose(x, -1), ValueError);
}

BOOST_AUTO_TEST_SUITE_END()
