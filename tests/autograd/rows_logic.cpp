// Rows of ops without gradients: comparison, logic, tests of elements, positions and counts.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "tests/op_rows.h"
#include "tests/plain.h"
#include "weft/autograd/functions.h"

using namespace weft;
using namespace weft::test;

namespace {

using In = const TensorList&;
using T = const Tensor&;
using Pair = Tensor (*)(T, T);

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Values in [-2, 2] in steps of 1: many are equal.
Tensor steps(IntArrayRef sizes, unsigned seed) { return fixed(sizes, -2.5, 2.5, seed).round(); }

OpRow compares(const std::string& name, Pair f, double (*value)(double, double)) {
  return {name,
          returns([f](In in) { return f(in[0], in[1]); }),
          [] {
            return TensorList{steps({4, 5}, 1), steps({5}, 2)};
          },
          returns([value](In in) { return map2(in[0], in[1], value).to(kBool); }),
          [f] {
            f(zeros({2, 3}), zeros({4}));
          },
          [] {
            return TensorList{steps({311, 207}, 1), steps({207}, 2)};
          }};
}

OpRow compares_number(const std::string& name, Tensor (*f)(T), double (*value)(double)) {
  return {name,
          returns([f](In in) { return f(in[0]); }),
          [] {
            return TensorList{steps({4, 5}, 1)};
          },
          returns([value](In in) { return map(in[0], value).to(kBool); }),
          [f] { f(Tensor()); },
          [] {
            return TensorList{steps({311, 207}, 1)};
          }};
}

/// An op of two int64 tensors.
OpRow bits(const std::string& name, Pair f, int64_t (*value)(int64_t, int64_t)) {
  return {name, returns([f](In in) { return f(in[0], in[1]); }),
          [] {
            return TensorList{arange(-7, 8), arange(15) * 3 - 20};
          },
          returns([value](In in) {
            Tensor out = empty({15}, kInt64);
            for (int64_t i = 0; i < 15; ++i)
              out.data_ptr<int64_t>()[i] = value(in[0].data_ptr<int64_t>()[i], in[1].data_ptr<int64_t>()[i]);
            return out;
          }),
          [f] { f(zeros({3}), zeros({3})); }};
}

OpRow row(const std::string& name, std::function<Tensor(T)> f, MakeInputs inputs, std::function<Tensor(T)> slow,
          std::function<void()> bad) {
  return {name, returns([f](In in) { return f(in[0]); }), std::move(inputs),
          returns([slow](In in) { return slow(in[0]); }), std::move(bad)};
}

TensorList specials() { return {tensor({0.5, kInf, -kInf, kNaN, -0.0}, kFloat64)}; }
TensorList some_steps() { return {steps({4, 6}, 3)}; }
TensorList spread_rows() { return {fixed({4, 6})}; }
/// Position of the first best element of a group.
template <class Better>
double first_best(const std::vector<double>& v, Better better) {
  size_t best = 0;
  for (size_t i = 1; i < v.size(); ++i)
    if (better(v[i], v[best])) best = i;
  return static_cast<double>(best);
}
double largest_at(const std::vector<double>& v) { return first_best(v, std::greater<>()); }
double smallest_at(const std::vector<double>& v) { return first_best(v, std::less<>()); }
double any_of(const std::vector<double>& v) {
  return std::count(v.begin(), v.end(), 0.) < static_cast<int64_t>(v.size());
}
double all_of(const std::vector<double>& v) { return std::count(v.begin(), v.end(), 0.) == 0; }

std::vector<OpRow> comparison_rows() {
  return {
      compares(
          "eq", [](T a, T b) { return a == b; }, [](double a, double b) { return double(a == b); }),
      compares(
          "ne", [](T a, T b) { return a != b; }, [](double a, double b) { return double(a != b); }),
      compares(
          "lt", [](T a, T b) { return a < b; }, [](double a, double b) { return double(a < b); }),
      compares(
          "le", [](T a, T b) { return a <= b; }, [](double a, double b) { return double(a <= b); }),
      compares(
          "gt", [](T a, T b) { return a > b; }, [](double a, double b) { return double(a > b); }),
      compares(
          "ge", [](T a, T b) { return a >= b; }, [](double a, double b) { return double(a >= b); }),
      compares(
          "logical_and", [](T a, T b) { return a.logical_and(b); }, [](double a, double b) { return double(a && b); }),
      compares(
          "logical_or", [](T a, T b) { return a.logical_or(b); }, [](double a, double b) { return double(a || b); }),
      compares(
          "logical_xor", [](T a, T b) { return a.logical_xor(b); },
          [](double a, double b) { return double(!a != !b); }),
      compares(
          "isclose", [](T a, T b) { return a.isclose(b, 0.5, 0.5); },
          [](double a, double b) { return double(std::fabs(a - b) <= 0.5 + 0.5 * std::fabs(b)); }),
      compares_number(
          "eq number", [](T x) { return x == 1; }, [](double x) { return double(x == 1); }),
      compares_number(
          "ne number", [](T x) { return x != 1; }, [](double x) { return double(x != 1); }),
      compares_number(
          "lt number", [](T x) { return x < 1; }, [](double x) { return double(x < 1); }),
      compares_number(
          "le number", [](T x) { return 1 >= x; }, [](double x) { return double(x <= 1); }),
      compares_number(
          "gt number", [](T x) { return 0.5 < x; }, [](double x) { return double(x > 0.5); }),
      compares_number(
          "ge number", [](T x) { return x >= 1; }, [](double x) { return double(x >= 1); }),
      compares_number(
          "logical_not", [](T x) { return x.logical_not(); }, [](double x) { return double(x == 0); }),
      bits(
          "bitwise_and", [](T a, T b) { return a & b; }, [](int64_t a, int64_t b) { return a & b; }),
      bits(
          "bitwise_or", [](T a, T b) { return a | b; }, [](int64_t a, int64_t b) { return a | b; }),
      bits(
          "bitwise_xor", [](T a, T b) { return a ^ b; }, [](int64_t a, int64_t b) { return a ^ b; }),
      bits(
          "bitwise_not", [](T a, T b) { return ~a + 0 * b; }, [](int64_t a, int64_t) { return ~a; }),
      bits(
          "remainder of integers", [](T a, T b) { return a.remainder(b); },
          [](int64_t a, int64_t b) { return ((a % b) + b) % b; })
          .with_bad([] { zeros({2}) % zeros({3}); }),
      bits(
          "fmod of integers", [](T a, T b) { return a.fmod(b); }, [](int64_t a, int64_t b) { return a % b; })
          .with_bad([] { zeros({2}).fmod(zeros({3})); }),
  };
}

std::vector<OpRow> position_rows() {
  return {
      row(
          "isnan", [](T x) { return x.isnan(); }, specials,
          [](T x) { return map(x, [](double v) { return double(std::isnan(v)); }).to(kBool); },
          [] { Tensor().isnan(); }),
      row(
          "isinf", [](T x) { return x.isinf(); }, specials,
          [](T x) { return map(x, [](double v) { return double(std::isinf(v)); }).to(kBool); },
          [] { Tensor().isinf(); }),
      row(
          "isfinite", [](T x) { return x.isfinite(); },
          [] {
            return TensorList{tensor({0.5, kInf, -kInf, kNaN}, kFloat64)};
          },
          [](T x) { return map(x, [](double v) { return double(std::isfinite(v)); }).to(kBool); },
          [] { Tensor().isfinite(); }),
      row(
          "allclose",
          [](T x) {
            return stack({scalar_tensor(x.allclose(x + 1e-9)), scalar_tensor(x.allclose(x + 1e-3))});
          },
          spread_rows,
          [](T) {
            return tensor({true, false});
          },
          [] { zeros({2}).allclose(zeros({3})); }),
      row(
          "equal",
          [](T x) {
            return tensor({x.equal(x.clone()), x.equal(x + 1), x.equal(x.t())});
          },
          spread_rows,
          [](T) {
            return tensor({true, false, false});
          },
          [] { Tensor().equal(zeros({2})); }),
      row(
          "argmax", [](T x) { return x.argmax(1); }, some_steps,
          [](T x) { return reduce(x, {1}, false, largest_at).to(kInt64); }, [] { zeros({2}).argmax(1); }),
      row(
          "argmax kept", [](T x) { return x.argmax(0, true); }, some_steps,
          [](T x) { return reduce(x, {0}, true, largest_at).to(kInt64); }, [] { zeros({2}).argmax(-2); }),
      row(
          "argmax of all", [](T x) { return x.argmax(); }, some_steps,
          [](T x) {
            return reduce(x, {0, 1}, false, largest_at).to(kInt64);
          },
          [] { zeros({0}).argmax(); }),
      row(
          "argmin", [](T x) { return x.argmin(1); }, some_steps,
          [](T x) { return reduce(x, {1}, false, smallest_at).to(kInt64); }, [] { zeros({2}).argmin(1); }),
      row(
          "argsort", [](T x) { return x.argsort(1); }, spread_rows,
          [](T x) {
            return build({4, 6},
                         [&](const Position& i) {  // the element with exactly i[1] smaller ones
                           for (int64_t k = 0;; ++k) {
                             int64_t smaller = 0;
                             for (int64_t j = 0; j < 6; ++j) smaller += at(x, {i[0], j}) < at(x, {i[0], k});
                             if (smaller == i[1]) return static_cast<double>(k);
                           }
                         })
                .to(kInt64);
          },
          [] { zeros({2}).argsort(1); }),
      row(
          "any", [](T x) { return x.any(1); }, some_steps, [](T x) { return reduce(x, {1}, false, any_of).to(kBool); },
          [] { zeros({2}).any(1); }),
      row(
          "any of all", [](T x) { return x.any(); }, some_steps,
          [](T x) {
            return reduce(x, {0, 1}, false, any_of).to(kBool);
          },
          [] { Tensor().any(); }),
      row(
          "all", [](T x) { return x.all(0, true); }, some_steps,
          [](T x) { return reduce(x, {0}, true, all_of).to(kBool); }, [] { zeros({2}).all(1); }),
      row(
          "all of all", [](T x) { return x.all(); }, some_steps,
          [](T x) {
            return reduce(x, {0, 1}, false, all_of).to(kBool);
          },
          [] { Tensor().all(); }),
      row(
          "nonzero", [](T x) { return x.nonzero(); }, some_steps,
          [](T x) {
            std::vector<int64_t> found;
            for (int64_t i = 0; i < 24; ++i)
              if (x.data_ptr<double>()[i] != 0) found.insert(found.end(), {i / 6, i % 6});
            return tensor(found).view({-1, 2});
          },
          [] { Tensor().nonzero(); }),
      row(
          "bincount", [](T x) { return x.abs().to(kInt64).flatten().bincount(5); }, some_steps,
          [](T x) {
            std::vector<int64_t> counts(5, 0);
            for (int64_t i = 0; i < 24; ++i) ++counts[static_cast<size_t>(std::fabs(x.data_ptr<double>()[i]))];
            return tensor(counts);
          },
          [] { tensor({-1}).bincount(); }),
      row(
          "one_hot", [](T x) { return one_hot(x.abs().to(kInt64), 4); }, some_steps,
          [](T x) {
            return build({4, 6, 4},
                         [&](const Position& i) {
                           return double(std::fabs(at(x, {i[0], i[1]})) == static_cast<double>(i[2]));
                         })
                .to(kInt64);
          },
          [] { one_hot(tensor({4}), 4); }),
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rows_logic)

BOOST_AUTO_TEST_SUITE(comparison)
WEFT_ROW_TESTS(comparison_rows)
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(positions)
WEFT_ROW_TESTS(position_rows)
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
