// In-place ops whose operands share memory with their destination: they behave as if the operand had been cloned first.
#include "weft/tensor/overlap.h"

#include <boost/test/unit_test.hpp>

#include "tests/layouts.h"
#include "weft/autograd/autograd.h"
#include "weft/optim/sgd.h"

using namespace weft;
using namespace weft::test;

BOOST_AUTO_TEST_SUITE(overlap)

namespace {

using View = Tensor (*)(const Tensor&);

/// Views of a square matrix used as destinations.
const std::pair<const char*, View> kTargets[] = {
    {"all", [](const Tensor& x) { return x; }},
    {"flat", [](const Tensor& x) { return x.view({-1}); }},
    {"transposed", [](const Tensor& x) { return x.t(); }},
    {"upper rows", [](const Tensor& x) { return x.slice(0, 0, x.size(0) - 1); }},
    {"lower rows", [](const Tensor& x) { return x.slice(0, 1); }},
    {"left columns", [](const Tensor& x) { return x.slice(1, 0, x.size(1) - 1); }},
    {"right columns", [](const Tensor& x) { return x.slice(1, 1); }},
    {"every second column", [](const Tensor& x) { return x.slice(1, 0, {}, 2); }},
    {"flat without the first", [](const Tensor& x) { return x.view({-1}).slice(0, 1); }},
};
/// Views used as operands: also smaller ones, which broadcast.
const std::pair<const char*, View> kOperands[] = {
    {"all", [](const Tensor& x) { return x; }},
    {"flat", [](const Tensor& x) { return x.view({-1}); }},
    {"transposed", [](const Tensor& x) { return x.t(); }},
    {"first row", [](const Tensor& x) { return x[0]; }},
    {"last row", [](const Tensor& x) { return x[-1]; }},
    {"first column", [](const Tensor& x) { return x.slice(1, 0, 1); }},
    {"last column", [](const Tensor& x) { return x.slice(1, x.size(1) - 1); }},
    {"first element", [](const Tensor& x) { return x[0][0]; }},
    {"last element", [](const Tensor& x) { return x[-1][-1]; }},
    {"first row, expanded", [](const Tensor& x) { return x[0].expand_as(x); }},
    {"upper rows", [](const Tensor& x) { return x.slice(0, 0, x.size(0) - 1); }},
    {"lower rows", [](const Tensor& x) { return x.slice(0, 1); }},
    {"left columns", [](const Tensor& x) { return x.slice(1, 0, x.size(1) - 1); }},
    {"right columns", [](const Tensor& x) { return x.slice(1, 1); }},
    {"every second column", [](const Tensor& x) { return x.slice(1, 0, {}, 2); }},
    {"every other column", [](const Tensor& x) { return x.slice(1, 1, {}, 2); }},
    {"flat without the last", [](const Tensor& x) { return x.view({-1}).slice(0, 0, x.numel() - 1); }},
    {"diagonal", [](const Tensor& x) { return x.diagonal(); }},
};

/// The first element, as a view.
Tensor first(Tensor x) {
  while (x.dim() > 0) x = x[0];
  return x;
}

struct Form {
  const char* name;
  void (*change)(const Tensor& self, const Tensor& other);
  bool integers = true;
};
const Form kForms[] = {
    {"add_", [](const Tensor& a, const Tensor& b) { a.add_(b, 2); }},
    {"sub_", [](const Tensor& a, const Tensor& b) { a.sub_(b); }},
    {"mul_", [](const Tensor& a, const Tensor& b) { a.mul_(b); }},
    {"div_", [](const Tensor& a, const Tensor& b) { a.div_(b); }, false},
    {"pow_", [](const Tensor& a, const Tensor& b) { a.pow_(b); }, false},
    {"fmod_", [](const Tensor& a, const Tensor& b) { a.fmod_(b); }},
    {"remainder_", [](const Tensor& a, const Tensor& b) { a.remainder_(b); }},
    {"floor_divide_", [](const Tensor& a, const Tensor& b) { a.floor_divide_(b); }},
    {"atan2_", [](const Tensor& a, const Tensor& b) { a.atan2_(b); }, false},
    {"lerp_", [](const Tensor& a, const Tensor& b) { a.lerp_(b, 0.25); }, false},
    {"addcmul_", [](const Tensor& a, const Tensor& b) { a.addcmul_(b, b); }},
    {"addcmul_ with self", [](const Tensor& a, const Tensor& b) { a.addcmul_(a, b); }},
    {"addcdiv_", [](const Tensor& a, const Tensor& b) { a.addcdiv_(b, b); }, false},
    {"copy_", [](const Tensor& a, const Tensor& b) { a.copy_(b); }},
    {"masked_fill_", [](const Tensor& a, const Tensor& b) { a.masked_fill_(b.gt(0.5), first(b)); }},
    {"index_put_",
     [](const Tensor& a, const Tensor& b) { Tensor(a).index_put_({arange(a.size(0)).flip({0})}, b.expand_as(a)); }},
    {"index_put_ accumulating",
     [](const Tensor& a, const Tensor& b) {
       Tensor(a).index_put_({zeros({a.size(0)}, kInt64)}, b.expand_as(a), true);
     }},
    {"scatter_", [](const Tensor& a, const Tensor& b) { a.scatter_(0, zeros(a.sizes(), kInt64), b.expand_as(a)); }},
    {"scatter_add_",
     [](const Tensor& a, const Tensor& b) { a.scatter_add_(0, zeros(a.sizes(), kInt64), b.expand_as(a)); }},
    {"index_add_",
     [](const Tensor& a, const Tensor& b) { a.index_add_(0, arange(a.size(0)).flip({0}), b.expand_as(a)); }},
    {"compound", [](const Tensor& a, const Tensor& b) { Tensor(a) -= b; }},
};

bool broadcasts(const Tensor& b, const Tensor& a) {
  if (b.dim() > a.dim()) return false;
  for (int64_t d = 1; d <= b.dim(); ++d)
    if (b.size(-d) != 1 && b.size(-d) != a.size(-d)) return false;
  return true;
}

}  // namespace

BOOST_AUTO_TEST_CASE(in_place_ops_read_their_operand_first) {
  int64_t checks = 0;
  for (Dtype dtype : {kFloat32, kFloat64, kInt64})
    for (int64_t n : {4, 40, 350}) {
      for (const auto& [target, write] : kTargets)
        for (const auto& [operand, read] : kOperands)
          for (const Form& form : kForms) {
            if (dtype == kInt64 && !form.integers) continue;
            if (n == 350 && (dtype != kFloat32 || form.change == kForms[4].change)) continue;
            const Tensor x = filled({n, n}, dtype, 1), y = x.clone();
            const Tensor self = write(x), apart = write(y);
            if (!broadcasts(read(x), self)) continue;
            form.change(self, read(x));
            form.change(apart, read(y).clone());
            ++checks;
            BOOST_CHECK_MESSAGE(same_elements(x, y),
                                fmt::format("{} {} {}: {} by {}", dtype, n, form.name, target, operand));
          }
    }
  BOOST_TEST_MESSAGE(checks << " overlapping in-place ops");
  BOOST_TEST(checks > 4000);
}

// User memory shared by two tensors.
BOOST_AUTO_TEST_CASE(blobs_that_overlap) {
  std::vector<float> memory(1000), apart;
  for (size_t i = 0; i < memory.size(); ++i) memory[i] = static_cast<float>(i);
  apart = memory;
  from_blob(memory.data() + 1, {999}).add_(from_blob(memory.data(), {999}));
  from_blob(apart.data() + 1, {999}).add_(from_blob(apart.data(), {999}).clone());
  BOOST_TEST(memory == apart);
  from_blob(memory.data(), {999}).copy_(from_blob(memory.data() + 1, {999}));
  from_blob(apart.data(), {999}).copy_(from_blob(apart.data() + 1, {999}).clone());
  BOOST_TEST(memory == apart);
}

// The elements of a destination must be distinct.
BOOST_AUTO_TEST_CASE(destinations_that_overlap_themselves_are_refused) {
  const Tensor row = ones({4});
  for (const Tensor& self : {row.expand({3, 4}), row.as_strided({3, 2}, {1, 1}), row.slice(0, 0, 1).expand({4}),
                             row.as_strided({2, 2, 1}, {1, 1, 7})}) {
    BOOST_CHECK_THROW(self.add_(1), StateError);
    BOOST_CHECK_THROW(self.copy_(ones_like(self)), StateError);
    BOOST_CHECK_THROW(self.mul_(self), StateError);
    BOOST_CHECK_THROW(self.fill_(2), StateError);
    BOOST_CHECK_THROW(self.zero_(), StateError);
    BOOST_CHECK_THROW(self.uniform_(), StateError);
    BOOST_CHECK_THROW(self.scatter_(0, zeros({1, 1}, kInt64), 1), Error);
    BOOST_CHECK_THROW(Tensor(self).index_put_({tensor({0})}, 3), StateError);
  }
  BOOST_TEST(row.equal(ones({4})));
}

BOOST_AUTO_TEST_CASE(how_views_lie_to_each_other) {
  const Tensor x = arange(24).view({4, 6});
  const auto is = [](const Tensor& a, const Tensor& b, Overlap what) {
    BOOST_TEST((overlap_of(a, b) == what && overlap_of(b, a) == what));
  };
  is(x, x, Overlap::Same);
  is(x, x.view({4, 6}), Overlap::Same);
  is(x[1], x.select(0, 1), Overlap::Same);
  is(x, x.clone(), Overlap::None);
  is(x[0], x[1], Overlap::None);
  is(x.slice(0, 0, 2), x.slice(0, 2), Overlap::None);
  is(x.select(1, 0), x.select(1, 1), Overlap::None);
  is(x.slice(1, 0, {}, 2), x.slice(1, 1, {}, 2), Overlap::None);
  is(x.slice(1, 0, 0), x, Overlap::None);
  is(x, x[0], Overlap::Partial);
  is(x.slice(0, 1), x.slice(0, 0, 3), Overlap::Partial);
  is(x.slice(0, 0, 4, 2), x.slice(1, 2, 4), Overlap::Partial);
  BOOST_TEST(overlaps_itself(x[0].expand({2, 6}).impl()));
  BOOST_TEST(!overlaps_itself(x.t().impl()));
  BOOST_TEST(!overlaps_itself(x.as_strided({3, 3}, {2, 3}).impl()));  // interleaved, all different
  BOOST_TEST(overlaps_itself(x.as_strided({4, 3}, {2, 3}).impl()));   // 6 is reached twice
  BOOST_TEST(!overlaps_itself(x.slice(0, 0, 1).expand({1, 6}).impl()));
}

// Gradients equal those of the op on a clone of the operand.
BOOST_AUTO_TEST_CASE(gradients_of_overlapping_operands) {
  int64_t checks = 0;
  for (const auto& [target, write] : kTargets)
    for (const auto& [operand, read] : kOperands)
      for (const Form& form : kForms) {
        const Tensor start = filled({4, 4}, kFloat64, 1).abs();
        Tensor gradients[2];
        bool fits = true;
        for (bool apart : {false, true}) {
          const Tensor x = start.clone().set_requires_grad(true), a = x * 1, self = write(a);
          fits = broadcasts(read(a), self) && overlap_of(self, read(a)) != Overlap::Same;
          if (!fits) break;
          form.change(self, apart ? read(a).clone() : read(a));
          gradients[apart] = autograd::grad({(a * a).sum()}, {x})[0];
        }
        if (!fits) continue;
        ++checks;
        BOOST_CHECK_MESSAGE(gradients[0].allclose(gradients[1], 1e-12, 1e-12, true),
                            fmt::format("{}: {} by {}", form.name, target, operand));
      }
  BOOST_TEST_MESSAGE(checks << " gradients of overlapping operands");
  BOOST_TEST(checks > 800);
}

// A recorded op saves the operands of its gradient, or reports that they changed.
BOOST_AUTO_TEST_CASE(recorded_ops) {
  const Tensor x = arange(6, kFloat64).view({2, 3}).set_requires_grad(true);
  const Tensor a = x * 1;
  a.add_(a[0], 2);  // reads nothing in backward
  a.sum().backward();
  BOOST_TEST(x.grad().equal(tensor({{5.0, 5.0, 5.0}, {1.0, 1.0, 1.0}}, kFloat64)));
  BOOST_TEST(a[0].detach().equal(tensor({0.0, 3.0, 6.0}, kFloat64)));
  BOOST_TEST(a[1].detach().equal(tensor({3.0, 6.0, 9.0}, kFloat64)));
}

BOOST_AUTO_TEST_SUITE_END()
