// Ops of two and three tensors over every pair of layouts: they give the same bits as on standard memory, including
// gradients.
#include "tests/layouts.h"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <random>

#include "weft/autograd/autograd.h"
#include "weft/autograd/functions.h"
#include "weft/autograd/nn_ops.h"
#include "weft/tensor/shape.h"

using namespace weft;
using namespace weft::test;

BOOST_AUTO_TEST_SUITE(layouts)

namespace {

using Op2 = std::function<Tensor(const Tensor&, const Tensor&)>;

enum class Takes { Any, Numbers, Integers, Floats };
struct Row {
  const char* name;
  Op2 f;
  Takes takes = Takes::Any;
  bool differentiable = false;
};

bool takes(Takes what, Dtype d) {
  switch (what) {
    case Takes::Numbers:
      return d != kBool;
    case Takes::Integers:
      return !is_floating_point(d);
    case Takes::Floats:
      return is_floating_point(d);
    default:
      return true;
  }
}

#define WEFT_ROW(call, ...)                                                        \
  {                                                                                \
#call, [](const Tensor& a, const Tensor& b) { return a.call(b); }, __VA_ARGS__ \
  }
const std::vector<Row> kBinary = {
    WEFT_ROW(add, Takes::Numbers, true),
    WEFT_ROW(sub, Takes::Numbers, true),
    WEFT_ROW(rsub, Takes::Numbers, true),
    WEFT_ROW(mul, Takes::Numbers, true),
    WEFT_ROW(div, Takes::Numbers, true),
    WEFT_ROW(floor_divide, Takes::Numbers),
    WEFT_ROW(remainder, Takes::Numbers),
    WEFT_ROW(fmod, Takes::Numbers),
    WEFT_ROW(pow, Takes::Floats),
    WEFT_ROW(atan2, Takes::Numbers, true),
    WEFT_ROW(hypot, Takes::Numbers, true),
    WEFT_ROW(logaddexp, Takes::Numbers, true),
    WEFT_ROW(xlogy, Takes::Numbers),
    WEFT_ROW(copysign, Takes::Numbers),
    WEFT_ROW(maximum, Takes::Numbers),
    WEFT_ROW(minimum, Takes::Numbers),
    WEFT_ROW(eq, Takes::Any),
    WEFT_ROW(ne, Takes::Any),
    WEFT_ROW(lt, Takes::Any),
    WEFT_ROW(le, Takes::Any),
    WEFT_ROW(gt, Takes::Any),
    WEFT_ROW(ge, Takes::Any),
    WEFT_ROW(logical_and, Takes::Any),
    WEFT_ROW(logical_or, Takes::Any),
    WEFT_ROW(logical_xor, Takes::Any),
    WEFT_ROW(bitwise_and, Takes::Integers),
    WEFT_ROW(bitwise_or, Takes::Integers),
    WEFT_ROW(bitwise_xor, Takes::Integers),
    WEFT_ROW(isclose, Takes::Numbers),
    {"where", [](const Tensor& a, const Tensor& b) { return where(a.ne(5), a, b); }, Takes::Any, true},
    {"where of a condition", [](const Tensor& a, const Tensor& b) { return where(b.gt(0), a, b); }, Takes::Any},
    {"masked_fill",
     [](const Tensor& a, const Tensor& b) {
       return a.expand(broadcast_sizes("test", a.sizes(), b.sizes())).masked_fill(b.gt(0), 3);
     },
     Takes::Any, true},
    {"lerp", [](const Tensor& a, const Tensor& b) { return a.lerp(b, 0.25); }, Takes::Floats, true},
};
#undef WEFT_ROW

/// Counts checks, and reports results that differ.
struct Tally {
  int64_t checks = 0;
  void check(bool ok, const std::string& what) {
    ++checks;
    BOOST_CHECK_MESSAGE(ok, what);
  }
};

// Every operand broadcast to `sizes` in standard order, by a plain loop: the reference for the op.
void check_pairs(Tally& tally, const std::vector<Laid>& as, const std::vector<Laid>& bs,
                 const std::vector<const Row*>& rows) {
  for (const Laid& a : as)
    for (const Laid& b : bs) {
      const Dims sizes = broadcast_sizes("test", a.t.sizes(), b.t.sizes());
      const Tensor x = by_strides(a.t, sizes), y = by_strides(b.t, sizes);
      for (const Row* row : rows) {
        if (!takes(row->takes, a.t.dtype())) continue;
        tally.check(same_elements(row->f(a.t, b.t), row->f(x, y)),
                    fmt::format("{} of {}: {} with {} as {}", row->name, a.t.dtype(), a.layout, b.layout, sizes));
      }
    }
}

std::vector<const Row*> all_rows() {
  std::vector<const Row*> rows;
  for (const Row& row : kBinary) rows.push_back(&row);
  return rows;
}
std::vector<const Row*> rows_named(std::initializer_list<std::string_view> names) {
  std::vector<const Row*> rows;
  for (const Row& row : kBinary)
    if (std::find(names.begin(), names.end(), row.name) != names.end()) rows.push_back(&row);
  return rows;
}

constexpr Dtype kDtypes[] = {kBool, kUInt8, kInt32, kInt64, kFloat32, kFloat64};

// The sum of g over broadcast dimensions, one element at a time.
Tensor summed_to(const Tensor& g, IntArrayRef sizes) {
  Tensor out = zeros(sizes, kFloat64);
  const double* from = g.data_ptr<double>();
  double* to = out.data_ptr<double>();
  const size_t missing = g.sizes().size() - sizes.size();
  std::vector<int64_t> at(g.sizes().size(), 0);
  for (int64_t n = 0; n < g.numel(); ++n) {
    int64_t offset = 0;
    for (size_t d = missing; d < at.size(); ++d)
      offset = offset * sizes[d - missing] + (sizes[d - missing] == 1 ? 0 : at[d]);
    to[offset] += from[n];
    for (size_t d = at.size(); d-- > 0 && ++at[d] == g.sizes()[d];) at[d] = 0;
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(pairs_of_matrices) {
  Tally tally;
  for (Dtype dtype : kDtypes) {
    // Less than one vector; several with a remainder; one column and one row.
    for (const auto& [r, c] : {std::pair<int64_t, int64_t>{3, 4}, {5, 37}, {6, 1}, {1, 9}})
      check_pairs(tally, matrices(r, c, dtype, 1), matrices(r, c, dtype, 2), all_rows());
  }
  // More than one piece and one thread.
  const auto few = rows_named({"add", "lt", "where", "maximum"});
  for (Dtype dtype : kDtypes) check_pairs(tally, matrices(300, 90, dtype, 1), matrices(300, 90, dtype, 2), few);
  BOOST_TEST_MESSAGE(tally.checks << " pairs of matrices");
  BOOST_TEST(tally.checks > 40000);
}

BOOST_AUTO_TEST_CASE(pairs_of_images) {
  Tally tally;
  for (Dtype dtype : kDtypes) check_pairs(tally, images(dtype, 1), images(dtype, 2), all_rows());
  BOOST_TEST_MESSAGE(tally.checks << " pairs of images");
  BOOST_TEST(tally.checks > 15000);
}

BOOST_AUTO_TEST_CASE(pairs_without_elements) {
  Tally tally;
  for (Dtype dtype : kDtypes) check_pairs(tally, empties(dtype, 1), empties(dtype, 2), all_rows());
  BOOST_TEST_MESSAGE(tally.checks << " pairs without elements");
}

// Operands of two dtypes, which are converted first.
BOOST_AUTO_TEST_CASE(pairs_of_two_dtypes) {
  Tally tally;
  const auto few = rows_named({"add", "mul", "lt", "maximum"});
  for (Dtype a : kDtypes)
    for (Dtype b : kDtypes)
      if (a != kBool || b != kBool)
        for (const Laid& x : matrices(3, 4, a, 1))
          for (const Laid& y : matrices(3, 4, b, 2)) {
            if (x.t.dim() == 0 || y.t.dim() == 0) continue;  // a tensor without dimensions promotes in another way
            const Dims sizes = broadcast_sizes("test", x.t.sizes(), y.t.sizes());
            if (sizes.empty()) continue;
            for (const Row* row : few)
              tally.check(same_elements(row->f(x.t, y.t), row->f(by_strides(x.t, sizes), by_strides(y.t, sizes))),
                          fmt::format("{} of {} {} with {} {}", row->name, a, x.layout, b, y.layout));
          }
  BOOST_TEST_MESSAGE(tally.checks << " pairs of two dtypes");
}

BOOST_AUTO_TEST_CASE(gradients_of_pairs) {
  Tally tally;
  const auto check = [&](const std::vector<Laid>& as, const std::vector<Laid>& bs) {
    for (const Laid& a : as)
      for (const Laid& b : bs)
        for (const Row& row : kBinary) {
          if (!row.differentiable) continue;
          const Tensor x = a.t.detach().set_requires_grad(true), y = b.t.detach().set_requires_grad(true);
          const Dims sizes = broadcast_sizes("test", x.sizes(), y.sizes());
          const Tensor dx = by_strides(a.t, sizes).set_requires_grad(true),
                       dy = by_strides(b.t, sizes).set_requires_grad(true);
          const Tensor g = filled(sizes, kFloat64, 4);
          const TensorList got = autograd::grad({row.f(x, y)}, {x, y}, {g}, {}, false, true);
          const TensorList want = autograd::grad({row.f(dx, dy)}, {dx, dy}, {g}, {}, false, true);
          for (size_t i = 0; i < 2; ++i) {
            if (!want[i].defined() && !got[i].defined()) continue;
            const Tensor whole = want[i].defined() ? by_strides(want[i], sizes) : zeros(sizes, kFloat64);
            const Tensor right = summed_to(whole, (i ? y : x).sizes());
            tally.check(got[i].defined() && got[i].sizes() == right.sizes() && got[i].allclose(right, 1e-12, 1e-12),
                        fmt::format("gradient {} of {}: {} with {}", i, row.name, a.layout, b.layout));
          }
        }
  };
  check(matrices(3, 4, kFloat64, 1), matrices(3, 4, kFloat64, 2));
  check(images(kFloat64, 1), images(kFloat64, 2));
  BOOST_TEST_MESSAGE(tally.checks << " gradients");
  BOOST_TEST(tally.checks > 5000);
}

BOOST_AUTO_TEST_CASE(in_place_pairs) {
  Tally tally;
  using InPlace = void (*)(const Tensor&, const Tensor&);
  struct Form {
    const char* name;
    Op2 plain;
    InPlace change;
  };
#define WEFT_FORM(call)                                                                                      \
  {                                                                                                          \
#call, [](const Tensor& a, const Tensor& b) { return a.call(b); }, [](const Tensor& a,                   \
                                                                          const Tensor& b) { a.call##_(b); } \
  }
  const Form forms[] = {WEFT_FORM(add),
                        WEFT_FORM(sub),
                        WEFT_FORM(mul),
                        WEFT_FORM(floor_divide),
                        WEFT_FORM(remainder),
                        {"copy", [](const Tensor& a, const Tensor& b) { return b.expand_as(a).clone(); },
                         [](const Tensor& a, const Tensor& b) { a.copy_(b); }},
                        {"masked_fill", [](const Tensor& a, const Tensor& b) { return a.masked_fill(b.gt(0), 2); },
                         [](const Tensor& a, const Tensor& b) { a.masked_fill_(b.gt(0), 2); }}};
#undef WEFT_FORM
  for (Dtype dtype : {kUInt8, kInt32, kInt64, kFloat32, kFloat64})
    for (const auto& [r, c] : {std::pair<int64_t, int64_t>{3, 4}, {5, 37}, {300, 90}}) {
      const std::vector<Laid> selves = matrices(r, c, dtype, 1);
      for (size_t i = 0; i < selves.size(); ++i) {
        const Dims sizes{r, c};
        const bool whole = selves[i].t.sizes() == IntArrayRef(sizes);
        const bool expanded = selves[i].layout.find("expanded") != std::string::npos;
        if (!whole || expanded) continue;
        for (const Laid& b : matrices(r, c, dtype, 2))
          for (const Form& form : forms) {
            const Tensor a = matrices(r, c, dtype, 1)[i].t;  // recreated for each change
            const Tensor want = form.plain(by_strides(a, sizes), by_strides(b.t, sizes));
            form.change(a, b.t);
            tally.check(same_elements(a, want),
                        fmt::format("{}_ of {}: {} with {}", form.name, dtype, selves[i].layout, b.layout));
          }
      }
    }
  BOOST_TEST_MESSAGE(tally.checks << " in-place pairs");
}

// Three operands, drawn with a seed.
BOOST_AUTO_TEST_CASE(triples) {
  using Op3 = Tensor (*)(const Tensor&, const Tensor&, const Tensor&);
  const std::pair<const char*, Op3> ops[] = {
      {"where", [](const Tensor& a, const Tensor& b, const Tensor& c) { return where(a.gt(0), b, c); }},
      {"addcmul", [](const Tensor& a, const Tensor& b, const Tensor& c) { return a.addcmul(b, c, 2); }},
      {"addcdiv", [](const Tensor& a, const Tensor& b, const Tensor& c) { return a.addcdiv(b, c, 2); }},
      {"masked_fill", [](const Tensor& a, const Tensor& b,
                         const Tensor& c) { return (a + b + c).masked_fill(b.gt(0), c.reshape({-1})[0]); }},
      {"binary_cross_entropy",
       [](const Tensor& a, const Tensor& b, const Tensor& c) {
         const Dims sizes = broadcast_sizes("test", broadcast_sizes("test", a.sizes(), b.sizes()), c.sizes());
         return binary_cross_entropy(a.expand(sizes).sigmoid(), b.expand(sizes), c, Reduction::None);
       }},
      {"binary_cross_entropy_with_logits", [](const Tensor& a, const Tensor& b, const Tensor& c) {
         const Dims sizes = broadcast_sizes("test", broadcast_sizes("test", a.sizes(), b.sizes()), c.sizes());
         return binary_cross_entropy_with_logits(a.expand(sizes), b.expand(sizes), c, c, Reduction::None);
       }}};
  Tally tally;
  std::mt19937 generator(7);
  const auto check = [&](const std::vector<Laid>& as, const std::vector<Laid>& bs, const std::vector<Laid>& cs) {
    const Laid &a = as[generator() % as.size()], &b = bs[generator() % bs.size()], &c = cs[generator() % cs.size()];
    const Dims sizes = broadcast_sizes("test", broadcast_sizes("test", a.t.sizes(), b.t.sizes()), c.t.sizes());
    const Tensor x = by_strides(a.t, sizes), y = by_strides(b.t, sizes), z = by_strides(c.t, sizes);
    for (const auto& [name, f] : ops)
      if (a.t.is_floating_point() || std::string_view(name) == "where")
        tally.check(f(a.t, b.t, c.t).equal(f(x, y, z)),
                    fmt::format("{}: {}, {}, {} as {}", name, a.layout, b.layout, c.layout, sizes));
  };
  for (Dtype dtype : kDtypes) {
    const auto a = matrices(5, 37, dtype, 1), b = matrices(5, 37, dtype, 2), c = matrices(5, 37, dtype, 3);
    for (int i = 0; i < 600; ++i) check(a, b, c);
    const auto p = images(dtype, 1), q = images(dtype, 2), r = images(dtype, 3);
    for (int i = 0; i < 300; ++i) check(p, q, r);
  }
  BOOST_TEST_MESSAGE(tally.checks << " triples");
}

// Calls that once gave wrong results.
BOOST_AUTO_TEST_CASE(a_number_and_an_expanded_row) {
  BOOST_TEST((full({}, 1.f) + full({1}, 2.f).expand({6})).equal(full({6}, 3.f)));
  BOOST_TEST((full({}, 1.f) + full({3, 1}, 2.f).expand({3, 4})).equal(full({3, 4}, 3.f)));
  BOOST_TEST((full({3, 1}, 1.f) + full({3, 1}, 2.f).expand({3, 4})).equal(full({3, 4}, 3.f)));
  BOOST_TEST((full({1}, 1.f) + full({1}, 2.f).expand({10'000'000})).eq(3).all().item<bool>());
}

BOOST_AUTO_TEST_SUITE_END()
