// Calls every op with the least, the greatest and other extreme values of each integer argument. A call throws a
// weft::Error or gives a result that can be read; the sanitizers (preset asan) check that nothing else is touched.
#include <boost/test/unit_test.hpp>
#include <limits>
#include <random>
#include <set>
#include <tuple>

#include "weft/autograd/functions.h"
#include "weft/autograd/grad_mode.h"
#include "weft/autograd/nn_ops.h"
#include "weft/tensor/allocator.h"
#include "weft/tensor/creation.h"

using namespace weft;

namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max(), kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kExtremes[] = {kMax, kMin, -1, 0, 1, 2, int64_t{1} << 32, int64_t{1} << 62};

/// Larger tensors throw during the test.
constexpr int64_t kMemory = 1 << 20;

struct MemoryGuard {
  MemoryGuard() { set_allocation_limit(kMemory); }
  ~MemoryGuard() { set_allocation_limit(0); }
};

// The values tried for an argument of each type
// ------------------------------------------------------------------------

template <class T>
struct Values;

template <>
struct Values<int64_t> {
  static std::vector<int64_t> all() { return {std::begin(kExtremes), std::end(kExtremes)}; }
};
template <>
struct Values<bool> {
  static std::vector<bool> all() { return {false, true}; }
};
template <>
struct Values<double> {
  static std::vector<double> all() { return {1e-5, 0.5, -1, 1e300, std::numeric_limits<double>::infinity()}; }
};
template <>
struct Values<Scalar> {
  static std::vector<Scalar> all() {
    std::vector<Scalar> list{0.5, -1e300, 1e300, std::numeric_limits<double>::quiet_NaN()};
    for (int64_t n : kExtremes) list.emplace_back(n);
    return list;
  }
};
template <>
struct Values<Dtype> {
  static std::vector<Dtype> all() { return {kUInt8, kInt32, kInt64, kFloat32}; }
};
template <>
struct Values<MemoryFormat> {
  static std::vector<MemoryFormat> all() { return {MemoryFormat::Contiguous, MemoryFormat::ChannelsLast}; }
};
template <>
struct Values<Device> {
  static std::vector<Device> all() { return {Device(kCPU)}; }
};
template <>
struct Values<TensorOptions> {
  static std::vector<TensorOptions> all() { return {TensorOptions(kFloat32), TensorOptions(kInt64)}; }
};
template <>
struct Values<Reduction> {
  static std::vector<Reduction> all() { return {Reduction::Mean, Reduction::None}; }
};
template <>
struct Values<std::string_view> {
  static std::vector<std::string_view> all() { return {"constant", "reflect", "replicate", "circular"}; }
};
/// Lists of none to four integers, all extreme or one beside small ones.
template <>
struct Values<IntArrayRef> {
  static std::vector<std::vector<int64_t>> all() {
    std::vector<std::vector<int64_t>> lists{{}, {2, 3}, {3, 1}, {1, 4, 3, 3}, {28, 7905747460161236407}};
    for (int64_t n : kExtremes) {
      lists.push_back({n});
      lists.push_back({2, n});
      lists.push_back({n, 3});
      lists.push_back({n, n});
      lists.push_back({n, 2, 3});
      lists.push_back({0, n, n, 4});
    }
    return lists;
  }
};
template <class T>
struct Values<std::optional<T>> {
  static std::vector<std::optional<T>> all() {
    std::vector<std::optional<T>> list{std::nullopt};
    for (const T& v : Values<T>::all()) list.emplace_back(v);
    return list;
  }
};
/// Tensors without dimensions, without elements, of one to four dimensions, of several dtypes and strides.
template <>
struct Values<Tensor> {
  static std::vector<Tensor> all() {
    const Tensor integers = tensor({kMax, kMin, -1, 0, 2});
    return {full({}, 1.5),
            full({}, 1, kInt64),
            zeros({0, 3}),
            rand({3}),
            rand({2, 3}, requires_grad()),
            rand({3, 2}).t(),
            rand({3, 1}).expand({3, 4}),
            rand({1, 4, 3, 3}, requires_grad()),
            rand({2, 1, 3, 3}, kFloat64),
            integers,
            integers.to(kInt32),
            ones({2, 3}, kInt64),
            tensor({1e300, -1e300, std::numeric_limits<double>::quiet_NaN()}, kFloat64),
            ones({3}, kBool),
            Tensor()};
  }
};

// Calling -------------------------------------------------------------------------------------------------------------

struct Count {
  int64_t calls = 0, results = 0;
  std::set<std::string> ops;
};
Count g_count;

void read_all(const Tensor& t);

/// Reads a result: all of it, or the first and the last element.
void read_result(const Tensor& t) {
  if (!t.defined() || t.numel() == 0) return;
  ++g_count.results;
  if (t.numel() <= 4096) return read_all(t);
  Tensor last = t;
  while (last.dim() > 0) last = last.select(0, -1);
  read_all(last);
}
void read_all(const Tensor& t) {
  NoGradGuard no_grad;
  const double* p = nullptr;
  const Tensor copy = t.to(kFloat64).contiguous();
  p = copy.data_ptr<double>();
  volatile double sink = 0;
  for (int64_t i = 0; i < copy.numel(); ++i) sink = p[i];
  static_cast<void>(sink);
}
void read_result(const TensorList& list) {
  for (const Tensor& t : list) read_result(t);
}
void read_result(const Tensor2& two) { read_result(std::get<0>(two)), read_result(std::get<1>(two)); }
void read_result(bool) {}

void back_propagate(const Tensor& t) {
  if (t.defined() && t.requires_grad() && t.is_floating_point() && t.numel() <= 4096) t.sum().backward();
}
template <class R>
void back_propagate(const R&) {}

std::string text(const Tensor& t) { return t.defined() ? fmt::format("{}{}", t.dtype(), t.sizes()) : "undefined"; }
template <class T>
std::string text(const T& v) {
  if constexpr (std::is_same_v<T, Scalar>)
    return fmt::format("{}", v.to_double());
  else if constexpr (std::is_same_v<T, std::vector<int64_t>>)
    return to_string(IntArrayRef(v));
  else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string_view>)
    return fmt::format("{}", v);
  else if constexpr (requires { v.has_value(); })
    return v.has_value() ? text(*v) : "none";
  else
    return "?";
}

/// One call: any exception but a weft::Error or bad_alloc is a failure.
template <class F, class... A>
void call(const std::string& op, F f, const A&... args) {
  ++g_count.calls;
  std::string wrong;
  try {
    auto result = f(args...);
    read_result(result);
    back_propagate(result);
    return;
  } catch (const Error& e) {
    if (*e.what() != '[') wrong = e.what();
  } catch (const std::bad_alloc&) {
  } catch (const std::exception& e) {
    wrong = e.what();
  }
  if (wrong.empty()) return;
  std::string shown;
  ((shown += " " + text(args)), ...);
  BOOST_CHECK_MESSAGE(wrong.empty(), op << shown << ": " << wrong);
}

/// All combinations of the arguments' values, or a fixed selection if there are many.
template <class... P, class F>
void call_with_all(const std::string& op, F f) {
  constexpr uint64_t kMost = 6000;
  g_count.ops.insert(op);
  const auto lists = std::make_tuple(Values<std::remove_cvref_t<P>>::all()...);
  uint64_t combinations = 1;
  std::apply([&](const auto&... list) { ((combinations *= list.size()), ...); }, lists);
  std::mt19937_64 generator(1);
  for (uint64_t i = 0; i < std::min(combinations, kMost); ++i) {
    uint64_t rest = combinations > kMost ? generator() % combinations : i;
    const auto pick = [&](const auto& list) {
      const auto value = list[rest % list.size()];
      rest /= list.size();
      return value;
    };
    std::apply(
        [&](const auto&... list) {
          const std::tuple chosen{pick(list)...};
          std::apply([&](const auto&... values) { call(op, f, values...); }, chosen);
        },
        lists);
  }
}

template <class R, class... P>
void method(const char* op, R (Tensor::*f)(P...) const) {
  call_with_all<Tensor, P...>(op, [f](const Tensor& x, const auto&... args) -> R { return (x.*f)(args...); });
}
template <class... P>
void in_place(const char* op, const Tensor& (Tensor::*f)(P...) const) {
  call_with_all<Tensor, P...>(op, [f](const Tensor& x, const auto&... args) {
    const Tensor fresh = x.defined() ? x.detach().clone() : x;
    return Tensor((fresh.*f)(args...));
  });
}
template <class R, class... P>
void function(const char* op, R (*f)(P...)) {
  call_with_all<P...>(op, [f](const auto&... args) -> R { return f(args...); });
}

/// Image ops on valid operands, each option alone and all together.
void images() {
  using L = IntArrayRef;
  using One = const std::vector<int64_t>&;
  for (Dtype dtype : {kFloat32, kFloat64}) {
    const Tensor x = rand({1, 4, 6, 6}, TensorOptions(dtype).requires_grad(true)), w = rand({4, 4, 3, 3}, dtype);
    const Tensor line = rand({1, 4, 6}, dtype), w1 = rand({4, 4, 3}, dtype), b;
    call_with_all<L>("conv2d", [&](One v) { return conv2d(x, w, b, v); });
    call_with_all<L>("conv2d", [&](One v) { return conv2d(x, w, b, 1, v); });
    call_with_all<L>("conv2d", [&](One v) { return conv2d(x, w, b, 1, 0, v); });
    call_with_all<L, L, L>("conv2d", [&](One s, One p, One d) { return conv2d(x, w, b, s, p, d); });
    call_with_all<int64_t>("conv2d", [&](int64_t groups) { return conv2d(x, w, b, 1, 0, 1, groups); });
    call_with_all<L, L, L, int64_t>(
        "conv1d", [&](One s, One p, One d, int64_t groups) { return conv1d(line, w1, b, s, p, d, groups); });
    call_with_all<L>("conv_transpose2d", [&](One v) { return conv_transpose2d(x, w, b, v); });
    call_with_all<L>("conv_transpose2d", [&](One v) { return conv_transpose2d(x, w, b, 1, v); });
    call_with_all<L, L>("conv_transpose2d", [&](One s, One v) { return conv_transpose2d(x, w, b, s, 0, v); });
    call_with_all<int64_t>("conv_transpose2d", [&](int64_t v) { return conv_transpose2d(x, w, b, 1, 0, 0, v); });
    call_with_all<L>("conv_transpose2d", [&](One v) { return conv_transpose2d(x, w, b, 1, 0, 0, 1, v); });
    call_with_all<L, L, L, L, bool>(
        "max_pool2d", [&](One k, One s, One p, One d, bool ceil) { return max_pool2d(x, k, s, p, d, ceil); });
    call_with_all<L>("max_pool2d", [&](One v) { return max_pool2d(x, v); });
    call_with_all<L, bool>("max_pool2d", [&](One v, bool ceil) { return max_pool2d(x, 3, v, 1, 1, ceil); });
    call_with_all<L, bool>("max_pool2d", [&](One v, bool ceil) { return max_pool2d(x, 2, 1, 0, v, ceil); });
    call_with_all<L, L, bool>("avg_pool2d", [&](One k, One p, bool ceil) { return avg_pool2d(x, k, 1, p, ceil); });
    call_with_all<L, bool>("avg_pool2d", [&](One v, bool ceil) { return avg_pool2d(x, 3, v, 1, ceil); });
    call_with_all<std::optional<int64_t>>(
        "avg_pool2d", [&](const auto& divisor) { return avg_pool2d(x, 2, 2, 0, false, true, divisor); });
    call_with_all<L>("adaptive_avg_pool2d", [&](One v) { return adaptive_avg_pool2d(x, v); });
    call_with_all<L>("adaptive_max_pool2d", [&](One v) { return adaptive_max_pool2d(x, v); });
    call_with_all<L, std::string_view>("pad", [&](One v, std::string_view mode) { return pad(x, v, mode); });
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(extreme_arguments)

BOOST_AUTO_TEST_CASE(every_method) {
  const MemoryGuard guard;
  g_count = {};
#define WEFT_DEFAULT(value)
#define WEFT_OP(result, name, params, args) method(#name, static_cast<result(Tensor::*) params const>(&Tensor::name));
#define WEFT_OP_INPLACE(name, params, args) \
  WEFT_OP(Tensor, name, params, args)       \
  in_place(#name "_", static_cast<const Tensor&(Tensor::*)params const>(&Tensor::name##_));
#define WEFT_METHOD(result, name, params, args) WEFT_OP(result, name, params, args)
#define WEFT_FILL(name, params, args) in_place(#name, static_cast<const Tensor&(Tensor::*)params const>(&Tensor::name));
#include "weft/tensor/ops.def"
  BOOST_TEST_MESSAGE(g_count.calls << " calls of " << g_count.ops.size() << " methods, " << g_count.results
                                   << " results");
  BOOST_CHECK(g_count.calls > 100'000 && g_count.results > 10'000);
}

BOOST_AUTO_TEST_CASE(every_function) {
  const MemoryGuard guard;
  g_count = {};
#define WEFT_FUNCTION(name) function(#name, &weft::name);
  WEFT_FUNCTION(conv1d)
  WEFT_FUNCTION(conv2d)
  WEFT_FUNCTION(conv_transpose2d)
  WEFT_FUNCTION(max_pool2d)
  WEFT_FUNCTION(max_pool2d_with_indices)
  WEFT_FUNCTION(avg_pool2d)
  WEFT_FUNCTION(adaptive_avg_pool2d)
  WEFT_FUNCTION(adaptive_max_pool2d)
  WEFT_FUNCTION(layer_norm)
  WEFT_FUNCTION(group_norm)
  WEFT_FUNCTION(embedding)
  WEFT_FUNCTION(pad)
  WEFT_FUNCTION(pixel_shuffle)
  WEFT_FUNCTION(glu)
  WEFT_FUNCTION(cross_entropy)
  WEFT_FUNCTION(nll_loss)
  WEFT_FUNCTION(multi_margin_loss)
  WEFT_FUNCTION(one_hot)
  WEFT_FUNCTION(empty)
  WEFT_FUNCTION(full)
  WEFT_FUNCTION(zeros)
  WEFT_FUNCTION(ones)
  WEFT_FUNCTION(rand)
  WEFT_FUNCTION(randn)
  WEFT_FUNCTION(randperm)
  WEFT_FUNCTION(linspace)
#undef WEFT_FUNCTION
  const TensorOptions real(kFloat32);
  function("eye", static_cast<Tensor (*)(int64_t, const TensorOptions&)>(&eye));
  function("eye", static_cast<Tensor (*)(int64_t, int64_t, const TensorOptions&)>(&eye));
  function("arange",
           static_cast<Tensor (*)(const Scalar&, const Scalar&, const Scalar&, const TensorOptions&)>(&arange));
  function("randint", static_cast<Tensor (*)(int64_t, int64_t, IntArrayRef, const TensorOptions&)>(&randint));
  call_with_all<Tensor, Tensor, int64_t>("cat", [](auto& a, auto& b, int64_t dim) { return cat({a, b}, dim); });
  call_with_all<Tensor, Tensor, int64_t>("stack", [](auto& a, auto& b, int64_t dim) { return stack({a, b}, dim); });
  images();
  call_with_all<IntArrayRef, IntArrayRef>("from_blob", [](auto& sizes, auto& strides) {
    static float memory[64] = {};
    const Tensor t = from_blob(memory, sizes, strides, nullptr, kFloat32);
    // The caller is responsible for the memory: only results inside it are read.
    return t.numel() > 0 && span_of("from_blob", t.sizes(), t.strides()) < 64 ? t : Tensor();
  });
  BOOST_TEST_MESSAGE(g_count.calls << " calls of " << g_count.ops.size() << " functions, " << g_count.results
                                   << " results");
  BOOST_CHECK(g_count.calls > 50'000 && g_count.results > 2'000);
}

BOOST_AUTO_TEST_CASE(windows_stay_within_the_elements_asked_for) {
  const Tensor four = full({4}, 7.f);
  BOOST_CHECK_THROW(four.view({28, 7905747460161236407}), ShapeError);
  BOOST_CHECK_THROW(four.as_strided({1}, {1}, (int64_t{1} << 62) - 1), IndexError);
  BOOST_CHECK_THROW(four.as_strided({5}, {int64_t{1} << 61}), IndexError);
  BOOST_CHECK_THROW(four.as_strided({16}, {1}), IndexError);
  BOOST_CHECK_THROW(four.as_strided({5}, {1}), IndexError);
  BOOST_CHECK_THROW(four.as_strided({2}, {1}, 3), IndexError);
  BOOST_CHECK_EQUAL(four.as_strided({1}, {1}, 3).item<float>(), 7);
  BOOST_CHECK_THROW(full({1}, 1.f).expand({int64_t{1} << 32, int64_t{1} << 32}), ShapeError);
  BOOST_CHECK_THROW(Tensor(four.impl().storage, kFloat32, {5}, {1}), IndexError);
  BOOST_CHECK_THROW(Tensor(four.impl().storage, kFloat64, {3}, {1}), IndexError);
}

BOOST_AUTO_TEST_CASE(extreme_arguments_with_a_right_result) {
  const Tensor x = arange(6).view({2, 3}).to(kFloat32);
  const Tensor first = x.slice(0, 0, 2, kMax);
  BOOST_CHECK(first.sizes() == IntArrayRef({1, 3}) && first.equal(x.slice(0, 0, 1)));
  BOOST_CHECK(x.slice(1, kMin, kMax).equal(x));
  BOOST_CHECK(x.tril(kMax).equal(x) && x.triu(kMin).equal(x));
  BOOST_CHECK(x.tril(kMin).equal(zeros_like(x)) && x.triu(kMax).equal(zeros_like(x)));
  BOOST_CHECK(x.roll(kMax, 1).equal(x.roll(kMax % 3, 1)) && x.roll(kMin, 0).equal(x));
  BOOST_CHECK_EQUAL(x.diagonal(kMax).numel() + x.diagonal(kMin).numel(), 0);
  BOOST_CHECK(full({}, 1.f).repeat_interleave(5, -1).equal(ones({5})));
  BOOST_CHECK(arange(kMax - 2, kMax).equal(tensor({kMax - 2, kMax - 1})));
  BOOST_CHECK_THROW(pixel_shuffle(rand({1, 4, 2, 2}), int64_t{1} << 32), ValueError);
  BOOST_CHECK_THROW(max_pool2d(rand({1, 1, 4, 4}), int64_t{1} << 62, 1, int64_t{1} << 61), ValueError);
  BOOST_CHECK_THROW(tensor({kMax}).bincount(), Error);
}

BOOST_AUTO_TEST_CASE(integers_wrap_around) {
  constexpr int64_t kLeast = std::numeric_limits<int32_t>::min();
  const Tensor a = tensor({kMax, kMin}), b = tensor({kLeast, -(kLeast + 1)}, kInt32);
  BOOST_CHECK((a + 1).equal(tensor({kMin, kMin + 1})));
  BOOST_CHECK((a - 2).equal(tensor({kMax - 2, kMax - 1})));
  BOOST_CHECK((a * 2).equal(tensor({int64_t{-2}, int64_t{0}})));
  BOOST_CHECK(a.square().equal(tensor({int64_t{1}, int64_t{0}})));
  BOOST_CHECK(a.neg().equal(tensor({-kMax, kMin})) && a.abs().equal(tensor({kMax, kMin})));
  BOOST_CHECK(a.pow(3).equal(tensor({kMax, int64_t{0}})));
  BOOST_CHECK_EQUAL(tensor({kMax, int64_t{1}}).sum().item<int64_t>(), kMin);
  BOOST_CHECK_EQUAL(tensor({kMax, int64_t{2}}).prod().item<int64_t>(), -2);
  BOOST_CHECK(tensor({kMax, int64_t{1}}).cumsum(0).equal(tensor({kMax, kMin})));
  BOOST_CHECK(a.add(a, 3).equal(a * 4) && a.add(tensor({1, 2}), kMax).equal(a + tensor({kMax, int64_t{-2}})));
  BOOST_CHECK((b * b).equal(tensor({0, 1}, kInt32)));
  BOOST_CHECK(a.view({1, 2}).matmul(a.view({2, 1})).equal(tensor({{1}}, kInt64)));
}

BOOST_AUTO_TEST_CASE(conversion_of_floats_out_of_range) {
  constexpr double kInf = std::numeric_limits<double>::infinity(), kNaN = std::numeric_limits<double>::quiet_NaN();
  for (Dtype from : {kFloat32, kFloat64}) {
    const Tensor x = tensor({3e9, -3e9, 1e300, -kInf, kNaN, 300.7, -1.5}, kFloat64).to(from);
    constexpr int64_t kLeast = std::numeric_limits<int32_t>::min();
    BOOST_CHECK(x.to(kInt64).equal(
        tensor({int64_t{3000000000}, int64_t{-3000000000}, kMin, kMin, kMin, int64_t{300}, int64_t{-1}})));
    BOOST_CHECK(
        x.to(kInt32).equal(tensor({kLeast, kLeast, kLeast, kLeast, kLeast, int64_t{300}, int64_t{-1}}, kInt32)));
    BOOST_CHECK(x.slice(0, 2).to(kUInt8).equal(tensor({0, 0, 0, 44, 255}, kUInt8)));
    BOOST_CHECK(x.to(kBool).equal(ones({7}, kBool)));
  }
  BOOST_CHECK_EQUAL(full({1}, 1e300, kInt32).item<int32_t>(), std::numeric_limits<int32_t>::min());
}

BOOST_AUTO_TEST_CASE(more_than_the_machine_has_is_refused) {
  set_allocation_limit(1 << 20);
  BOOST_CHECK_NO_THROW(zeros({1 << 18}));
  BOOST_CHECK_THROW(zeros({1 << 19}), std::exception);
  set_allocation_limit(0);
  BOOST_CHECK_NO_THROW(zeros({1 << 19}));
  BOOST_CHECK_THROW(set_allocation_limit(-1), ValueError);
  BOOST_CHECK_THROW(empty({int64_t{1} << 50}), std::exception);
}

BOOST_AUTO_TEST_SUITE_END()
