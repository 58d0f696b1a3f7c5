#include "tests/op_rows.h"

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <random>

#include "tests/golden.h"
#include "tests/plain.h"
#include "weft/autograd/autograd.h"
#include "weft/autograd/functions.h"
#include "weft/autograd/gradcheck.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/parallel.h"

namespace weft::test {

Fn returns(std::function<Tensor(const TensorList&)> f) {
  return [f](const TensorList& in) { return TensorList{f(in)}; };
}

Tensor fixed(IntArrayRef sizes, double low, double high, unsigned seed) {
  Tensor t = empty(sizes, kFloat64);
  double* p = t.data_ptr<double>();
  const int64_t n = t.numel();
  for (int64_t i = 0; i < n; ++i) p[i] = low + (high - low) * (static_cast<double>(i) + 0.37) / static_cast<double>(n);
  std::mt19937 generator(seed);
  for (int64_t i = n - 1; i > 0; --i) std::swap(p[i], p[generator() % static_cast<uint64_t>(i + 1)]);
  return t;
}

Tensor spread(IntArrayRef sizes, double low, double high, unsigned seed) {
  return fixed(sizes, low, high, seed).requires_grad_();
}

OpRow moves(const std::string& name, std::function<Tensor(const Tensor&)> f, Dims sizes, Dims out_sizes,
            std::function<Position(const Position&)> from, std::function<void()> bad) {
  return {name, returns([f](const TensorList& in) { return f(in[0]); }), [=] { return TensorList{spread(sizes)}; },
          returns([=](const TensorList& in) {
            return build(out_sizes, [&](const Position& i) { return at(in[0].detach(), from(i)); });
          }),
          std::move(bad)};
}

namespace {

enum class Memory { Standard, ChannelsLast, Strided };

/// A leaf with the same values in `dtype` and in another memory order.
Tensor leaf(const Tensor& t, Dtype dtype, Memory memory) {
  if (!t.defined()) return t;
  NoGradGuard no_grad;
  Tensor c = t.is_floating_point() ? t.detach().to(dtype, false, true) : t.detach().clone();
  if (memory == Memory::ChannelsLast && t.dim() == 4) c = c.contiguous(MemoryFormat::ChannelsLast);
  if (memory == Memory::Strided && t.dim() == 1) c = stack({c, c}, 1).select(1, 0);
  if (memory == Memory::Strided && t.dim() > 1) c = c.transpose(0, -1).contiguous().transpose(0, -1);
  return c.detach().set_requires_grad(t.requires_grad());
}

TensorList leaves(const TensorList& inputs, Dtype dtype, Memory memory = Memory::Standard) {
  TensorList list;
  for (const Tensor& t : inputs) list.push_back(leaf(t, dtype, memory));
  return list;
}

TensorList differentiable(const TensorList& list) {
  TensorList some;
  for (const Tensor& t : list)
    if (t.defined() && t.requires_grad()) some.push_back(t);
  return some;
}

/// Everything that a row computes from `inputs`: results, then gradients, then the results of double backward.
struct Computed {
  TensorList tensors;
  std::vector<std::string> names;
  void add(const char* what, const TensorList& list) {
    for (const Tensor& t : list) {
      tensors.push_back(t.defined() ? t.detach() : t);
      names.push_back(fmt::format("{} {}", what, names.size()));
    }
  }
};

Computed compute(const OpRow& row, const TensorList& inputs, bool second) {
  Computed all;
  const TensorList outs = row.f(inputs), from = differentiable(outs), to = differentiable(inputs);
  all.add("result", outs);
  if (from.empty() || to.empty()) return all;
  TensorList grad_outs;
  for (const Tensor& t : from)
    grad_outs.push_back(fixed(t.sizes(), -1, 1.1, 5).to(t.dtype()).set_requires_grad(second));
  const TensorList grads = autograd::grad(from, to, grad_outs, second, second, true);
  all.add("gradient", grads);
  if (!second) return all;
  const TensorList from2 = differentiable(grads);
  if (from2.empty()) return all;
  TensorList to2 = to, grad_outs2;
  to2.insert(to2.end(), grad_outs.begin(), grad_outs.end());
  for (const Tensor& t : from2) grad_outs2.push_back(fixed(t.sizes(), -1.2, 0.9, 9).to(t.dtype()));
  all.add("second derivative", autograd::grad(from2, to2, grad_outs2, {}, false, true));
  return all;
}

/// The row's function without its integer results, for the gradient checks.
autograd::DifferentiableFn real_results(const OpRow& row) {
  return [f = row.f](const TensorList& in) {
    TensorList outs = f(in);
    std::erase_if(outs, [](const Tensor& t) { return !t.is_floating_point(); });
    return outs;
  };
}

/// Describes the difference of two lists, or "".
std::string difference(const Computed& got, const Computed& want, double tolerance) {
  if (got.tensors.size() != want.tensors.size())
    return fmt::format("{} tensors instead of {}", got.tensors.size(), want.tensors.size());
  for (size_t i = 0; i < want.tensors.size(); ++i) {
    const Tensor &g = got.tensors[i], &w = want.tensors[i];
    if (!w.defined() && !g.defined()) continue;
    const std::string d = test::difference(w.defined() ? g : w, w.defined() ? w : g, tolerance);
    if (!d.empty()) return want.names[i] + ": " + d;
  }
  return "";
}

bool same_bits(const Tensor& a, const Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() == b.defined();
  const Tensor x = a.contiguous(), y = b.contiguous();
  return x.sizes() == y.sizes() && x.dtype() == y.dtype() &&
         std::memcmp(x.data_ptr(), y.data_ptr(), static_cast<size_t>(x.nbytes())) == 0;
}

}  // namespace

std::string check_values(const OpRow& row) {
  if (!row.reference) return "";
  const TensorList in = row.inputs();
  Computed got, want;
  got.add("result", row.f(in));
  want.add("result", row.reference(in));
  return difference(got, want, 1e-9);
}

std::string check_gradients(const OpRow& row) {
  const TensorList in = row.inputs();
  if (differentiable(in).empty()) return "";
  return autograd::gradcheck(real_results(row), in) ? "" : "gradcheck returned false";
}

std::string check_second_order(const OpRow& row) {
  const TensorList in = row.inputs();
  if (differentiable(in).empty() || !row.first_order_only.empty()) return "";
  return autograd::gradgradcheck(real_results(row), in) ? "" : "gradgradcheck returned false";
}

std::string check_error(const OpRow& row) {
  if (!row.bad) return "";
  try {
    row.bad();
  } catch (const Error& e) {
    const std::string text = e.what();
    return text.starts_with("[") && text.size() > 12 ? "" : "the error says only '" + text + "'";
  }
  return "no error was thrown";
}

namespace {

/// Versions of t of another dtype or other sizes.
TensorList misfits(const Tensor& t) {
  const Tensor x = t.detach();
  TensorList all{x.to(kBool), x.to(kFloat32), x.to(kBFloat16), x.to(kInt8), x.unsqueeze(0)};
  if (x.is_floating_point()) all.push_back(x.to(kInt64));
  if (x.dim() > 0) {
    all.push_back(x.select(0, 0));
    all.push_back(cat({x, x.narrow(-1, 0, 1)}, -1));
    all.push_back(x.narrow(0, 0, 0));
  }
  return all;
}

/// True if the text names the dtype, the sizes or a size of one of the inputs.
bool names_a_fact(const std::string& text, const TensorList& inputs) {
  for (const Tensor& t : inputs) {
    if (!t.defined()) continue;
    if (text.find(name(t.dtype())) != std::string::npos || text.find(to_string(t.sizes())) != std::string::npos)
      return true;
    for (int64_t size : t.sizes())
      if (text.find(std::to_string(size)) != std::string::npos) return true;
    if (text.find(std::to_string(t.dim())) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

std::string check_refusals(const OpRow& row) {
  if (!row.inputs) return "";
  const TensorList right = row.inputs();
  for (size_t i = 0; i < right.size(); ++i) {
    if (!right[i].defined() || right[i].numel() == 0) continue;
    for (const Tensor& misfit : misfits(right[i])) {
      TensorList inputs = right;
      inputs[i] = misfit;
      try {
        row.f(inputs);
      } catch (const Error& e) {
        const std::string text = e.what();
        if (!text.starts_with("[") || !names_a_fact(text, inputs))
          return fmt::format("input {} of {} {}: the error says only '{}'", i, misfit.dtype(), misfit.sizes(), text);
      } catch (const std::out_of_range&) {  // of the row itself: it takes an element of a list that is shorter now
      } catch (const std::exception& e) {
        return fmt::format("input {} of {} {}: not an Error: '{}'", i, misfit.dtype(), misfit.sizes(), e.what());
      }
    }
  }
  return "";
}

std::string check_leaks(const OpRow& row) {
  const auto forward = [&] { row.f(row.inputs()); };
  const auto backward = [&] { compute(row, row.inputs(), row.first_order_only.empty()); };
  forward(), backward();  // created once and kept
  const int64_t before = TensorImpl::live();
  forward();
  if (const int64_t n = TensorImpl::live() - before) return fmt::format("{} tensors live on after a forward", n);
  backward();
  if (const int64_t n = TensorImpl::live() - before) return fmt::format("{} tensors live on after a backward", n);
  return "";
}

std::string check_float32(const OpRow& row) {
  const TensorList in = row.inputs();
  const bool second = row.first_order_only.empty();
  const Computed want = compute(row, leaves(in, kFloat64), second);
  const std::pair<Memory, const char*> orders[] = {
      {Memory::Standard, ""}, {Memory::ChannelsLast, "channels-last "}, {Memory::Strided, "strided "}};
  for (const auto& [memory, name] : orders) {
    if (memory != Memory::Standard && !row.standard_strides_only.empty()) continue;
    for (Dtype dtype : {kFloat32, kFloat64}) {
      const double tolerance = dtype == kFloat32 ? row.tolerance : 1e-9;
      const std::string d = difference(compute(row, leaves(in, dtype, memory), second), want, tolerance);
      if (!d.empty()) return fmt::format("{}{}: {}", name, dtype, d);
    }
  }
  return "";
}

std::string check_float16(const OpRow& row) {
  // An op of several steps rounds after each.
  const std::pair<Dtype, double> dtypes[] = {{kBFloat16, 0x1p-8}, {kFloat16, 0x1p-11}};
  for (const auto& [dtype, rounding] : dtypes) {
    const TensorList in = leaves(row.inputs(), dtype);
    Computed got = compute(row, in, false);
    Computed want = compute(row, leaves(in, kFloat32), false);
    for (size_t i = 0; i < std::min(got.tensors.size(), want.tensors.size()); ++i) {
      Tensor &t = got.tensors[i], &w = want.tensors[i];
      if (!t.defined() || !w.defined() || w.dtype() != kFloat32) continue;
      if (t.dtype() != dtype) return fmt::format("{} of {} is {}", got.names[i], dtype, t.dtype());
      // A few steps of float16's denormals have no precision: 0 in both.
      const auto rounded = [](const Tensor& x) { return x.masked_fill(x.abs().lt(0x1p-20), 0); };
      t = rounded(t.to(kFloat32)), w = rounded(w);
    }
    const std::string d = difference(got, want, row.float16_steps * rounding);
    if (!d.empty()) return fmt::format("{}: {}", dtype, d);
  }
  return "";
}

std::string check_threads(const OpRow& row) {
  const TensorList in = leaves(row.large ? row.large() : row.inputs(), kFloat32);
  const int before = get_num_threads();
  Computed one;
  std::string wrong;
  for (int threads : {1, 2, 3}) {
    set_num_threads(threads);
    const Computed now = compute(row, in, row.first_order_only.empty());
    if (threads == 1) one = now;
    for (size_t i = 0; i < one.tensors.size() && wrong.empty(); ++i)
      if (!same_bits(now.tensors[i], one.tensors[i])) wrong = fmt::format("{} at {} threads", one.names[i], threads);
  }
  set_num_threads(before);
  return wrong;
}

std::vector<Table>& tables() {
  static std::vector<Table> all;
  return all;
}

void run_rows(const std::vector<OpRow>& rows, std::string (*check)(const OpRow&)) {
  BOOST_REQUIRE(!rows.empty());
  for (const OpRow& row : rows) {
    std::string wrong;
    try {
      wrong = check(row);
    } catch (const std::exception& e) {
      wrong = e.what();
    }
    BOOST_CHECK_MESSAGE(wrong.empty(), row.name << ": " << wrong);
  }
}

}  // namespace weft::test
