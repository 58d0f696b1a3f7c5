// Compares all float32 sums with float64: next to far means, on steps and alternations, for lengths to 10^7. Errors are
// counted in float32 ulp of a scale given by each row.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>

#include "weft/autograd/autograd.h"
#include "weft/autograd/functions.h"
#include "weft/autograd/nn_ops.h"
#include "weft/autograd/ops/loss/loss.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/parallel.h"
#include "weft/tensor/random.h"

using namespace weft;

namespace {

/// The summands: `offset` and values of size 1.
struct Data {
  const char* name;
  Tensor (*make)(int64_t n);
};
const Data kData[] = {
    {"alternating", [](int64_t n) { return arange(n).remainder(2).to(kFloat32); }},
    {"halves", [](int64_t n) { return arange(n).ge(n / 2).to(kFloat32); }},
    {"random", [](int64_t n) { return rand({n}); }},
};
const double kOffsets[] = {0, 1e3, 1e6};

/// A line of n elements along `dim` of a tensor of `sizes`, whose other lines are copies of it, rolled by a few
/// positions.
struct Place {
  const char* name;
  Tensor (*put)(const Tensor& line);
  int64_t dim;
};
const Place kPlaces[] = {
    {"all", [](const Tensor& x) { return x; }, 0},
    {"inner",
     [](const Tensor& x) {
       return x.expand({3, x.size(0)}).contiguous();
     },
     1},
    {"outer",
     [](const Tensor& x) {
       return x.unsqueeze(1).expand({x.size(0), 3}).contiguous();
     },
     0},
    {"outer, wide",
     [](const Tensor& x) {
       return x.unsqueeze(1).expand({x.size(0), 70}).contiguous();
     },
     0},
    {"middle",
     [](const Tensor& x) {
       return x.unsqueeze(1).expand({2, x.size(0), 3}).contiguous();
     },
     1},
    {"strided",
     [](const Tensor& x) {
       return x.unsqueeze(1).expand({x.size(0), 2}).contiguous().select(1, 1);
     },
     0},
};

std::vector<double> values_of(const Tensor& x) {
  const Tensor d = x.detach().to(kFloat64).contiguous();
  return {d.data_ptr<double>(), d.data_ptr<double>() + d.numel()};
}

long double total(const std::vector<double>& v, const std::function<long double(long double)>& f) {
  long double s = 0;
  for (double x : v) s += f(x);
  return s;
}
long double mean_of(const std::vector<double>& v) {
  return total(v, [](long double x) { return x; }) / static_cast<long double>(v.size());
}
double variance_of(const std::vector<double>& v) {
  const long double m = mean_of(v);
  return static_cast<double>(total(v, [m](long double x) { return (x - m) * (x - m); }) /
                             static_cast<long double>(v.size() - 1));
}

/// An op that reduces a line to one value, and its scale: the value, or the sum of the magnitudes.
struct Row {
  const char* name;
  Tensor (*op)(const Tensor& x, int64_t dim);
  double (*want)(const std::vector<double>& line);
  double bound;        ///< in ulp
  bool heavy = false;  ///< too slow for the longest lines
};
const Row kRows[] = {
    {"sum", [](const Tensor& x, int64_t dim) { return x.sum(dim); },
     [](auto& v) { return static_cast<double>(total(v, [](long double x) { return x; })); }, 1},
    {"mean", [](const Tensor& x, int64_t dim) { return x.mean(dim); },
     [](auto& v) { return static_cast<double>(mean_of(v)); }, 1},
    {"var", [](const Tensor& x, int64_t dim) { return x.var(dim); }, [](auto& v) { return variance_of(v); }, 2},
    {"std", [](const Tensor& x, int64_t dim) { return x.std(dim); }, [](auto& v) { return std::sqrt(variance_of(v)); },
     2},
    {"norm1", [](const Tensor& x, int64_t dim) { return x.norm(1, dim); },
     [](auto& v) { return static_cast<double>(total(v, [](long double x) { return std::abs(x); })); }, 1},
    {"norm2", [](const Tensor& x, int64_t dim) { return x.norm(2, dim); },
     [](auto& v) { return std::sqrt(static_cast<double>(total(v, [](long double x) { return x * x; }))); }, 1},
    {"norm3", [](const Tensor& x, int64_t dim) { return x.norm(3, dim); },
     [](auto& v) {
       return std::cbrt(static_cast<double>(total(v, [](long double x) { return std::abs(x * x * x); })));
     },
     1, true},
    {"logsumexp", [](const Tensor& x, int64_t dim) { return x.logsumexp(dim); },
     [](auto& v) {
       const long double top = *std::max_element(v.begin(), v.end());
       return static_cast<double>(top + std::log(total(v, [top](long double x) { return std::exp(x - top); })));
     },
     1.5, true},
    {"cumsum", [](const Tensor& x, int64_t dim) { return x.cumsum(dim).select(dim, x.size(dim) - 1); },
     [](auto& v) { return static_cast<double>(total(v, [](long double x) { return x; })); }, 1},
    {"softmax", [](const Tensor& x, int64_t dim) { return x.softmax(dim).select(dim, x.size(dim) - 1); },
     [](auto& v) {
       const long double last = v.back();
       return static_cast<double>(1 / total(v, [last](long double x) { return std::exp(x - last); }));
     },
     4, true},
};

double ulp(double scale) { return std::ldexp(1.0, std::max(-126, std::ilogb(scale)) - 23); }

void hold(const std::string& what, const Tensor& got, double want, double bound) {
  for (double g : values_of(got)) {
    const double error = std::abs(g - want) / ulp(want);
    BOOST_CHECK_MESSAGE(error <= bound, what << ": " << g << ", not " << want << ", " << error << " ulp");
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sums)

BOOST_AUTO_TEST_CASE(reductions_of_every_dimension) {
  manual_seed(1);
  int64_t cases = 0;
  for (int64_t n : {2, 10, 37, 1000, 10'000, 100'003, 10'000'000})
    for (const Data& data : kData)
      for (double offset : kOffsets) {
        const Tensor line = data.make(n) + offset;
        const std::vector<double> values = values_of(line);
        for (const Row& row : kRows) {
          if (n > 1'000'000 && row.heavy) continue;
          const double want = row.want(values);
          for (const Place& place : kPlaces) {
            const int64_t elements = place.put(line.narrow(0, 0, 1)).numel() * n;
            if (elements > 1'000'000 && elements > n) continue;
            const std::string what = fmt::format("{} of {} {} at {}, {}", row.name, n, data.name, offset, place.name);
            hold(what, row.op(place.put(line), place.dim), want, row.bound);
            ++cases;
          }
        }
      }
  BOOST_TEST_MESSAGE(cases << " reductions");
}

BOOST_AUTO_TEST_CASE(sums_that_cancel) {
  manual_seed(2);
  for (int64_t n : {1000, 100'000, 10'000'000}) {
    const Tensor x = randn({n}) * 1e3;
    const std::vector<double> v = values_of(x);
    const double scale = static_cast<double>(total(v, [](long double a) { return std::abs(a); }));
    const double want = static_cast<double>(total(v, [](long double a) { return a; }));
    BOOST_CHECK_LE(std::abs(x.sum().item<double>() - want), 0.5 * ulp(scale));
  }
}

BOOST_AUTO_TEST_CASE(values_at_the_ends_of_float32) {
  const Tensor big = full({1000}, 3e38), small = full({1000}, 1e-30);
  BOOST_CHECK_CLOSE(big.mean().item<double>(), 3e38, 1e-4);
  BOOST_CHECK_CLOSE(big.unsqueeze(1).expand({1000, 3}).contiguous().mean(0)[1].item<double>(), 3e38, 1e-4);
  BOOST_CHECK_CLOSE((big / 1e8).norm().item<double>(), 3e30 * std::sqrt(1000), 1e-4);
  BOOST_CHECK_CLOSE(small.norm().item<double>(), 1e-30 * std::sqrt(1000), 1e-4);
  BOOST_CHECK_CLOSE((big / 1e18).norm(3).item<double>(), 3e21, 1e-4);
  const Tensor steps = arange(1000).remainder(2).to(kFloat32);
  BOOST_CHECK_CLOSE((steps * 1e25).std().item<double>(), 1e25 * 0.5 * std::sqrt(1000. / 999), 1e-4);
  BOOST_CHECK_CLOSE((steps * 1e-25).std().item<double>(), 1e-25 * 0.5 * std::sqrt(1000. / 999), 1e-4);
  BOOST_CHECK_EQUAL(full({1000}, 1e-25).std().item<double>(), 0);
}

namespace {

using Fn = std::function<TensorList(const TensorList&)>;

constexpr double kBound = 5;

/// Compares the results of fn, the first of which is differentiated, with those in float64: errors in ulp of the value,
/// or of the root mean square of the result if that is larger. A parameter's gradient is a sum: errors in ulp of its
/// magnitudes.
void hold_to_float64(const std::string& what, const Fn& fn, const TensorList& inputs, double bound) {
  double magnitudes = 0;
  const auto run = [&](Dtype dtype) {
    TensorList in;
    for (const Tensor& t : inputs) in.push_back(t.to(dtype).detach().clone().set_requires_grad(true));
    TensorList out = fn(in);
    manual_seed(99);
    const Tensor weights = randn(out[0].sizes()).to(dtype);
    magnitudes = weights.abs().sum().item<double>();
    (out[0] * weights).sum().backward();
    for (const Tensor& t : in) out.push_back(t.grad());
    return out;
  };
  const TensorList got = run(kFloat32), want = run(kFloat64);
  for (size_t i = 0; i < got.size(); ++i) {
    const auto count = static_cast<double>(want[i].numel());
    double least = want[i].detach().norm().item<double>() / std::sqrt(count);
    if (i + inputs.size() > got.size()) least = std::max(least, magnitudes / count);
    const std::vector<double> a = values_of(got[i]), b = values_of(want[i]);
    double worst = 0;
    for (size_t k = 0; k < a.size(); ++k) {
      const double error = std::abs(a[k] - b[k]) / ulp(std::max(std::abs(b[k]), least));
      if (!(error <= worst)) worst = error;
    }
    BOOST_CHECK_MESSAGE(worst <= bound, what << ", number " << i << ": " << worst << " ulp");
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(normalisation) {
  for (const Data& data : kData)
    for (double offset : kOffsets)
      for (const Dims& s : {Dims{4, 3, 5, 7}, Dims{16, 3, 37, 40}, Dims{1, 2, 300, 301}, Dims{2, 33, 12, 12}}) {
        manual_seed(3);
        const Tensor x = data.make(numel_of(s)).reshape(s) + offset, w = rand({s[1]}) + 0.5, b = randn({s[1]});
        const std::string what = fmt::format("{} at {} {}", data.name, offset, IntArrayRef(s));
        for (bool last : {false, true}) {
          const Tensor in = last ? x.contiguous(MemoryFormat::ChannelsLast) : x;
          const auto place = [last](const Tensor& t) { return last ? t.contiguous(MemoryFormat::ChannelsLast) : t; };
          hold_to_float64(
              what + (last ? " batch_norm, channels-last" : " batch_norm"),
              [&](const TensorList& t) {
                const Tensor mean = zeros({s[1]}, t[0].dtype()), var = ones({s[1]}, t[0].dtype());
                return TensorList{batch_norm(place(t[0]), t[1], t[2], mean, var, true), mean, var};
              },
              {in, w, b}, kBound);
          hold_to_float64(
              what + (last ? " instance_norm, channels-last" : " instance_norm"),
              [&](const TensorList& t) { return TensorList{instance_norm(place(t[0]), t[1], t[2])}; }, {in, w, b},
              kBound);
          if (s[1] == 3)
            hold_to_float64(
                what + (last ? " group_norm, channels-last" : " group_norm"),
                [&](const TensorList& t) { return TensorList{group_norm(place(t[0]), 1, t[1], t[2])}; }, {in, w, b},
                kBound);
        }
        const int64_t n = s[2] * s[3];
        hold_to_float64(
            what + " layer_norm", [&](const TensorList& t) { return TensorList{layer_norm(t[0], {n}, t[1], t[2])}; },
            {x.reshape({-1, n}), rand({n}) + 0.5, randn({n})}, kBound);
      }
}

BOOST_AUTO_TEST_CASE(layer_norm_gradients_of_many_rows) {
  manual_seed(4);
  hold_to_float64(
      "layer_norm", [](const TensorList& t) { return TensorList{layer_norm(t[0], {50}, t[1], t[2])}; },
      {rand({20'000, 50}) + 1e3, rand({50}), rand({50})}, kBound);
}

BOOST_AUTO_TEST_CASE(losses) {
  using Loss = Tensor (*)(const Tensor& x, const Tensor& t);
  const std::pair<const char*, Loss> rows[] = {
      {"mse_loss", [](const Tensor& x, const Tensor& t) { return mse_loss(x, t); }},
      {"mse_loss, sum", [](const Tensor& x, const Tensor& t) { return mse_loss(x, t, Reduction::Sum); }},
      {"l1_loss", [](const Tensor& x, const Tensor& t) { return l1_loss(x, t); }},
      {"smooth_l1_loss", [](const Tensor& x, const Tensor& t) { return smooth_l1_loss(x, t); }},
      {"huber_loss", [](const Tensor& x, const Tensor& t) { return huber_loss(x, t); }},
      {"binary_cross_entropy_with_logits",
       [](const Tensor& x, const Tensor& t) { return binary_cross_entropy_with_logits(x, t); }},
      {"kl_div", [](const Tensor& x, const Tensor& t) { return kl_div(x, t + 1); }},
      {"cross_entropy",
       [](const Tensor& x, const Tensor& t) {
         return cross_entropy(x.reshape({-1, 10}), t.reshape({-1, 10}).select(1, 0).to(kInt64));
       }},
      {"nll_loss",
       [](const Tensor& x, const Tensor& t) {
         return nll_loss(x.reshape({-1, 10}), t.reshape({-1, 10}).select(1, 0).to(kInt64));
       }},
  };
  manual_seed(5);
  for (int64_t n : {1000, 1'000'000})
    for (const Data& data : kData)
      for (double offset : kOffsets) {
        const Tensor x = data.make(n) + offset, t = zeros({n});
        for (const auto& [name, loss] : rows)
          hold(fmt::format("{} of {} {} at {}", name, n, data.name, offset), loss(x, t),
               loss(x.to(kFloat64), t.to(kFloat64)).item<double>(), 2);
      }
}

BOOST_AUTO_TEST_CASE(gradients_of_what_was_broadcast) {
  manual_seed(6);
  for (const Data& data : kData)
    for (double offset : kOffsets) {
      const Tensor g = (data.make(300'000) + offset).reshape({100, 1000, 3});
      for (const Dims& s : {Dims{}, Dims{1}, Dims{3}, Dims{1000, 1}, Dims{100, 1, 1}, Dims{1, 1000, 3}}) {
        const Tensor b = zeros(s).set_requires_grad(true), wide = zeros(s, kFloat64).set_requires_grad(true);
        (g + b).backward(g);
        (g.to(kFloat64) + wide).backward(g.to(kFloat64));
        const std::vector<double> got = values_of(b.grad()), want = values_of(wide.grad());
        for (size_t i = 0; i < got.size(); ++i) BOOST_REQUIRE_LE(std::abs(got[i] - want[i]), ulp(want[i]));
      }
    }
}

BOOST_AUTO_TEST_CASE(the_same_bits_on_any_number_of_threads) {
  manual_seed(7);
  const int before = get_num_threads();
  const Tensor x = randn({1'000'003}) + 1e3, images = randn({16, 8, 40, 40}), rows = randn({3000, 70});
  const auto results = [&] {
    const Tensor r = rows.detach().clone().set_requires_grad(true), w = ones({70}).set_requires_grad(true);
    layer_norm(r, {70}, w, zeros({70})).backward(rows);
    return TensorList{x.sum(),
                      x.var(),
                      x.norm(),
                      x.softmax(0),
                      x.reshape({-1, 1}).expand({x.size(0), 2}).mean(0),
                      batch_norm(images, {}, {}, {}, {}, true),
                      batch_norm(images.contiguous(MemoryFormat::ChannelsLast), {}, {}, {}, {}, true),
                      r.grad(),
                      w.grad(),
                      mse_loss(x, x * 0)};
  };
  set_num_threads(1);
  const TensorList want = results();
  for (int threads : {2, 3, 7}) {
    set_num_threads(threads);
    const TensorList got = results();
    for (size_t i = 0; i < got.size(); ++i)
      BOOST_CHECK_MESSAGE(got[i].equal(want[i]), "number " << i << " at " << threads);
  }
  set_num_threads(before);
}

BOOST_AUTO_TEST_SUITE_END()
