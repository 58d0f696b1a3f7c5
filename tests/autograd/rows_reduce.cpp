// Rows of the reductions, sort and topk.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numeric>

#include "tests/op_rows.h"
#include "tests/plain.h"
#include "weft/tensor/creation.h"

using namespace weft;
using namespace weft::test;

namespace {

using In = const TensorList&;
using T = const Tensor&;
using Group = const std::vector<double>&;

double sum_of(Group v) { return std::accumulate(v.begin(), v.end(), 0.); }
double mean_of(Group v) { return sum_of(v) / static_cast<double>(v.size()); }
double squares_of(Group v) {
  const double m = mean_of(v);
  return std::accumulate(v.begin(), v.end(), 0., [m](double s, double x) { return s + (x - m) * (x - m); });
}
double var_of(Group v) { return squares_of(v) / static_cast<double>(v.size() - 1); }
double biased_of(Group v) { return squares_of(v) / static_cast<double>(v.size()); }
double std_of(Group v) { return std::sqrt(var_of(v)); }
double prod_of(Group v) { return std::accumulate(v.begin(), v.end(), 1., std::multiplies<>()); }
double max_of(Group v) { return *std::max_element(v.begin(), v.end()); }
double min_of(Group v) { return *std::min_element(v.begin(), v.end()); }
double logsumexp_of(Group v) {
  return std::log(std::accumulate(v.begin(), v.end(), 0., [](double s, double x) { return s + std::exp(x); }));
}
template <int P>
double norm_of(Group v) {
  return std::pow(
      std::accumulate(v.begin(), v.end(), 0., [](double s, double x) { return s + std::pow(std::fabs(x), P); }),
      1. / P);
}
double largest_of(Group v) {
  return std::accumulate(v.begin(), v.end(), 0., [](double s, double x) { return std::max(s, std::fabs(x)); });
}
double smallest_of(Group v) {
  return std::accumulate(v.begin(), v.end(), 1e9, [](double s, double x) { return std::min(s, std::fabs(x)); });
}

const Position kAll = {0, 1, 2};

/// A reduction of [4, 3, 5] over `dims`.
OpRow row(const std::string& name, std::function<Tensor(T)> f, double (*value)(Group), Position dims,
          bool keepdim = false) {
  return {name,
          returns([f](In in) { return f(in[0]); }),
          [] {
            return TensorList{spread({4, 3, 5})};
          },
          returns([=](In in) { return reduce(in[0], dims, keepdim, value); }),
          [f] { f(zeros({})[0]); },
          [] {
            return TensorList{spread({37, 41, 129})};
          }};
}

/// Rows of an op over all dimensions, one, the last kept, and two.
template <class All, class Some>
void add_rows(std::vector<OpRow>& rows, const std::string& name, All all, Some some, double (*value)(Group)) {
  rows.push_back(row(name, all, value, kAll).with_bad([all] { all(Tensor()); }));
  const auto bad = [some] { some(zeros({2, 3}), Dims{2}, false); };
  rows.push_back(row(name + " first", [some](T x) { return some(x, Dims{0}, false); }, value, {0}).with_bad(bad));
  rows.push_back(row(
                     name + " last kept", [some](T x) { return some(x, Dims{-1}, true); }, value, {2}, true)
                     .with_bad(bad));
  rows.push_back(row(name + " two",
                     [some](T x) {
                       return some(x, Dims{0, 2}, false);
                     },
                     value, {0, 2})
                     .with_bad([some] {
                       some(zeros({2, 3}), Dims{0, 0}, false);
                     }));
}

/// Values and indices of the extreme element over the middle dimension.
OpRow indexed(const std::string& name, std::function<Tensor2(T)> f, bool largest) {
  return {name,
          [f](In in) {
            auto [values, indices] = f(in[0]);
            return TensorList{values, indices};
          },
          [] {
            return TensorList{spread({4, 3, 5})};
          },
          [largest](In in) {
            const auto pick = [largest](Group v) { return largest ? max_of(v) : min_of(v); };
            const auto where = [pick](Group v) {
              return static_cast<double>(std::find(v.begin(), v.end(), pick(v)) - v.begin());
            };
            return TensorList{reduce(in[0], {1}, false, pick), reduce(in[0], {1}, false, where).to(kInt64)};
          },
          [f] { f(zeros({2})); },
          [] {
            return TensorList{spread({37, 41, 129})};
          }};
}

/// Each row of [4, 6] in the order of `before`, cut to `count`: values and indices.
OpRow ordered(const std::string& name, std::function<Tensor2(T)> f, bool descending, int64_t count) {
  return {name,
          [f](In in) {
            auto [values, indices] = f(in[0]);
            return TensorList{values, indices};
          },
          [] {
            return TensorList{spread({4, 6})};
          },
          [=](In in) {
            Tensor values = empty({4, count}, kFloat64), indices = empty({4, count}, kInt64);
            for (int64_t r = 0; r < 4; ++r) {
              std::vector<int64_t> order = {0, 1, 2, 3, 4, 5};
              const double* x = in[0].data_ptr<double>() + 6 * r;
              std::stable_sort(order.begin(), order.end(),
                               [=](int64_t a, int64_t b) { return descending ? x[a] > x[b] : x[a] < x[b]; });
              for (int64_t k = 0; k < count; ++k) {
                values.data_ptr<double>()[r * count + k] = x[order[static_cast<size_t>(k)]];
                indices.data_ptr<int64_t>()[r * count + k] = order[static_cast<size_t>(k)];
              }
            }
            return TensorList{values, indices};
          },
          [f] { f(zeros({2})); },
          [] {
            return TensorList{spread({60, 513})};
          }};
}

std::vector<OpRow> rows() {
  std::vector<OpRow> all;
  using D = const Dims&;
  add_rows(
      all, "sum", [](T x) { return x.sum(); }, [](T x, D d, bool keep) { return x.sum(d, keep); }, sum_of);
  add_rows(
      all, "mean", [](T x) { return x.mean(); }, [](T x, D d, bool keep) { return x.mean(d, keep); }, mean_of);
  add_rows(
      all, "var", [](T x) { return x.var(); }, [](T x, D d, bool keep) { return x.var(d, true, keep); }, var_of);
  add_rows(
      all, "std", [](T x) { return x.std(); }, [](T x, D d, bool keep) { return x.std(d, true, keep); }, std_of);
  add_rows(
      all, "amax", [](T x) { return x.amax(); }, [](T x, D d, bool keep) { return x.amax(d, keep); }, max_of);
  add_rows(
      all, "amin", [](T x) { return x.amin(); }, [](T x, D d, bool keep) { return x.amin(d, keep); }, min_of);
  add_rows(
      all, "norm", [](T x) { return x.norm(); }, [](T x, D d, bool keep) { return x.norm(2, d, keep); }, norm_of<2>);
  add_rows(
      all, "norm 1", [](T x) { return x.norm(1); }, [](T x, D d, bool keep) { return x.norm(1, d, keep); }, norm_of<1>);
  add_rows(
      all, "norm 3", [](T x) { return x.norm(3); }, [](T x, D d, bool keep) { return x.norm(3, d, keep); }, norm_of<3>);
  add_rows(
      all, "norm inf", [](T x) { return x.norm(INFINITY); },
      [](T x, D d, bool keep) { return x.norm(INFINITY, d, keep); }, largest_of);
  add_rows(
      all, "norm -inf", [](T x) { return x.norm(-INFINITY); },
      [](T x, D d, bool keep) { return x.norm(-INFINITY, d, keep); }, smallest_of);
  add_rows(
      all, "logsumexp",
      [](T x) {
        return x.logsumexp(Dims{0, 1, 2});
      },
      [](T x, D d, bool keep) { return x.logsumexp(d, keep); }, logsumexp_of);
  all.push_back(
      row("var biased", [](T x) { return x.var(1, false); }, biased_of, {1}).with_bad([] { zeros({2}).var(1); }));
  all.push_back(row(
                    "prod", [](T x) { return x.prod(); }, prod_of, kAll)
                    .with_bad([] { Tensor().prod(); }));
  all.push_back(row("prod dim", [](T x) { return x.prod(1); }, prod_of, {1}).with_bad([] { zeros({2}).prod(1); }));
  all.push_back(row(
                    "prod keep", [](T x) { return x.prod(-1, true); }, prod_of, {2}, true)
                    .with_bad([] { zeros({2}).prod(-2); }));
  // One zero, and two, among the factors: a quotient by the element would be a NaN.
  all.push_back(row(
                    "prod of zeros", [](T x) { return (x * (x.detach() > -1.5) * (x.detach() < 1.5)).prod(1); },
                    [](Group v) {
                      return std::accumulate(v.begin(), v.end(), 1.,
                                             [](double p, double x) { return x > -1.5 && x < 1.5 ? p * x : 0; });
                    },
                    {1})
                    .with_bad([] { zeros({2}).prod(1); }));
  all.push_back(row(
                    "max", [](T x) { return x.max(); }, max_of, kAll)
                    .with_bad([] { zeros({0}).max(); }));
  all.push_back(row(
                    "min", [](T x) { return x.min(); }, min_of, kAll)
                    .with_bad([] { zeros({0}).min(); }));
  all.push_back(indexed(
      "max dim", [](T x) { return x.max(1); }, true));
  all.push_back(indexed(
      "min dim", [](T x) { return x.min(1); }, false));
  all.push_back(ordered(
      "sort", [](T x) { return x.sort(1); }, false, 6));
  all.push_back(ordered(
      "sort descending", [](T x) { return x.sort(1, true); }, true, 6));
  all.push_back(ordered(
      "topk", [](T x) { return x.topk(4, 1); }, true, 4));
  all.push_back(ordered(
                    "topk smallest", [](T x) { return x.topk(2, 1, false); }, false, 2)
                    .with_bad([] {
                      zeros({2, 3}).topk(4, 1);
                    }));
  all.push_back({"cumsum", returns([](In in) { return in[0].cumsum(1); }),
                 [] {
                   return TensorList{spread({2, 4, 3})};
                 },
                 returns([](In in) {
                   return build({2, 4, 3}, [&](const Position& i) {
                     double s = 0;
                     for (int64_t k = 0; k <= i[1]; ++k) s += at(in[0], {i[0], k, i[2]});
                     return s;
                   });
                 }),
                 [] { zeros({2}).cumsum(1); },
                 [] {
                   return TensorList{spread({37, 401, 29})};
                 }});
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rows_reduce)
WEFT_ROW_TESTS(rows)
BOOST_AUTO_TEST_SUITE_END()
