// In-place ops whose operands are self or other views of its memory: they have the gradients of the op on copies, and
// no node keeps itself alive.
#include <boost/test/unit_test.hpp>
#include <set>

#include "weft/weft.h"

using namespace weft;

namespace {

using InPlace = std::function<void(const Tensor& self, const Tensor& a, const Tensor& b)>;
struct Row {
  const char* name;
  InPlace f;
};
// Every in-place op that takes a tensor of values; masks and positions are fixed.
const Row kRows[] = {
    {"add", [](const Tensor& x, const Tensor& a, const Tensor&) { x.add_(a, 0.5); }},
    {"sub", [](const Tensor& x, const Tensor& a, const Tensor&) { x.sub_(a, 0.5); }},
    {"mul", [](const Tensor& x, const Tensor& a, const Tensor&) { x.mul_(a); }},
    {"div", [](const Tensor& x, const Tensor& a, const Tensor&) { x.div_(a); }},
    {"floor_divide", [](const Tensor& x, const Tensor& a, const Tensor&) { x.floor_divide_(a); }},
    {"remainder", [](const Tensor& x, const Tensor& a, const Tensor&) { x.remainder_(a); }},
    {"fmod", [](const Tensor& x, const Tensor& a, const Tensor&) { x.fmod_(a); }},
    {"pow", [](const Tensor& x, const Tensor& a, const Tensor&) { x.pow_(a); }},
    {"atan2", [](const Tensor& x, const Tensor& a, const Tensor&) { x.atan2_(a); }},
    {"hypot", [](const Tensor& x, const Tensor& a, const Tensor&) { x.hypot_(a); }},
    {"logaddexp", [](const Tensor& x, const Tensor& a, const Tensor&) { x.logaddexp_(a); }},
    {"xlogy", [](const Tensor& x, const Tensor& a, const Tensor&) { x.xlogy_(a); }},
    {"copysign", [](const Tensor& x, const Tensor& a, const Tensor&) { x.copysign_(a); }},
    {"lerp", [](const Tensor& x, const Tensor& a, const Tensor&) { x.lerp_(a, 0.25); }},
    {"addcmul", [](const Tensor& x, const Tensor& a, const Tensor& b) { x.addcmul_(a, b, 2); }},
    {"addcdiv", [](const Tensor& x, const Tensor& a, const Tensor& b) { x.addcdiv_(a, b, 2); }},
    {"copy", [](const Tensor& x, const Tensor& a, const Tensor&) { x.copy_(a); }},
    {"scatter",
     [](const Tensor& x, const Tensor& a, const Tensor&) {
       x.scatter_(0, zeros({1, 3}, kInt64), a);
     }},
    {"scatter_add",
     [](const Tensor& x, const Tensor& a, const Tensor&) {
       x.scatter_add_(0, ones({2, 3}, kInt64), a);
     }},
    {"index_add",
     [](const Tensor& x, const Tensor& a, const Tensor&) {
       x.index_add_(0, tensor({1, 0}), a, 2);
     }},
    {"masked_fill", [](const Tensor& x, const Tensor& a,
                       const Tensor&) { x.masked_fill_(x.detach() > 1.5, a.select(0, 1).select(0, 2)); }},
    {"fill", [](const Tensor& x, const Tensor& a, const Tensor&) { x.fill_(a.select(0, 1).select(0, 2)); }},
    {"index_put",
     [](const Tensor& x, const Tensor& a, const Tensor&) {
       Tensor(x).index_put_({tensor({1, 0})}, a);
     }},
    {"index_put of a slice",
     [](const Tensor& x, const Tensor& a, const Tensor&) { Tensor(x).index_put_({Slice()}, a); }},
};

// A relation of an operand to self, [2, 3], or its memory.
struct Alias {
  const char* name;
  Tensor (*of)(const Tensor& x);
};
const Alias kAliases[] = {
    {"itself", [](const Tensor& x) { return x; }},
    {"a view of all",
     [](const Tensor& x) {
       return x.view({2, 3});
     }},
    {"the detached", [](const Tensor& x) { return x.detach(); }},
    {"a row",
     [](const Tensor& x) {
       return x.select(0, 1).expand({2, 3});
     }},
    {"a column",
     [](const Tensor& x) {
       return x.slice(1, 1, 2).expand({2, 3});
     }},
    {"another order",
     [](const Tensor& x) {
       return x.t().reshape({2, 3});
     }},
    {"a transposed view",
     [](const Tensor& x) {
       return x.view({3, 2}).t();
     }},
};

Tensor start() { return tensor({{0.5, 1.25, 2.0}, {1.5, 0.75, 3.0}}, TensorOptions(kFloat64).requires_grad(true)); }

// The gradient of sum(w y) for y = change(2 x); with `separate`, operands are copies.
Tensor gradient(const Row& row, const Alias& alias, bool of_view, bool separate, Tensor* value) {
  const Tensor x = start(), base = of_view ? cat({x * 2, x}) : x * 2;
  const Tensor self = of_view ? base.slice(0, 0, 2) : base;
  Tensor a = alias.of(self);
  if (separate) a = a.clone();
  row.f(self, a, a);
  *value = base.detach();
  const Tensor weights = (arange(base.numel()).to(kFloat64) * 0.7).sin().reshape(base.sizes());
  return autograd::grad({(base * weights).sum()}, {x})[0];
}

}  // namespace

BOOST_AUTO_TEST_SUITE(aliases)

BOOST_AUTO_TEST_CASE(no_op_is_missing) {
  std::set<std::string> names;
  for (const Row& row : kRows) names.insert(row.name);
  const auto listed = [&](const char* name, std::string_view parameters) {
    if (parameters.find("const Tensor&") != parameters.npos) BOOST_TEST(names.contains(name), name);
  };
#define WEFT_DEFAULT(value)
#define WEFT_OP(result, name, params, args)
#define WEFT_METHOD(result, name, params, args)
#define WEFT_OP_INPLACE(name, params, args) listed(#name, #params);
#define WEFT_FILL(name, params, args)
#include "weft/tensor/ops.def"
}

BOOST_AUTO_TEST_CASE(have_the_gradients_of_copies) {
  for (const Row& row : kRows)
    for (const Alias& alias : kAliases)
      for (const bool of_view : {false, true}) {
        BOOST_TEST_CONTEXT(row.name << " with " << alias.name << (of_view ? " of a view" : "")) {
          Tensor value, expected_value;
          const Tensor got = gradient(row, alias, of_view, false, &value);
          const Tensor expected = gradient(row, alias, of_view, true, &expected_value);
          BOOST_TEST(value.equal(expected_value));
          BOOST_TEST(got.allclose(expected, 1e-12, 1e-12));
        }
      }
}

BOOST_AUTO_TEST_CASE(leave_nothing_behind) {
  for (const Row& row : kRows)
    for (const Alias& alias : kAliases) {
      BOOST_TEST_CONTEXT(row.name << " with " << alias.name) {
        const int64_t before = TensorImpl::live();
        {
          const Tensor x = start(), y = x * 2, a = alias.of(y);
          row.f(y, a, a);  // dropped without backward
          const Tensor z = x * 2, b = alias.of(z);
          row.f(z.slice(0, 0, 2), b, b);  // through a view of the base
          const Tensor w = x * 3;
          const Tensor c = alias.of(w);
          row.f(w, c, c);
          w.sum().backward();
        }
        BOOST_TEST(TensorImpl::live() == before);
      }
    }
}

BOOST_AUTO_TEST_CASE(without_operands_leave_nothing_behind) {
  const std::pair<const char*, void (*)(const Tensor&)> rows[] = {
#define WEFT_DEFAULT(value)
#define WEFT_OP(result, name, params, args)
#define WEFT_METHOD(result, name, params, args)
#define WEFT_OP_INPLACE(name, params, args)
#define WEFT_ELEMENTWISE(name, params, args)               \
  {#name, [](const auto& x) {                              \
     if constexpr (requires { x.name##_(); }) x.name##_(); \
   }},
#define WEFT_FILL(name, params, args)
#include "weft/tensor/ops.def"
  };
  for (const auto& [name, f] : rows) {
    BOOST_TEST_CONTEXT(name) {
      const int64_t before = TensorImpl::live();
      {
        const Tensor x = start(), y = x * 2, z = x * 2;
        f(y);
        f(z.select(0, 1));
        (y * z).sum().backward();
      }
      BOOST_TEST(TensorImpl::live() == before);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
