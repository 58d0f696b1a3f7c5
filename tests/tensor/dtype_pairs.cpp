// Tensors of every dtype: conversion between every two, arithmetic of every two against a plain reference, and the
// families of ops on the dtypes without kernels.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <sstream>

#include "tests/temp_folder.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/random.h"
#include "weft/tensor/safetensors.h"
#include "weft/weft.h"

using namespace weft;

BOOST_AUTO_TEST_SUITE(dtype_pairs)

namespace {

constexpr Dtype kAll[] = {kBool, kUInt8, kInt8, kInt16, kInt32, kInt64, kFloat16, kBFloat16, kFloat32, kFloat64};
constexpr Dtype kNarrow[] = {kInt8, kInt16, kFloat16, kBFloat16};

/// v as an element of dtype d: integers wrap, floating point rounds.
double stored(Dtype d, double v) {
  switch (d) {
    case kBool:
      return v != 0;
    case kUInt8:
      return static_cast<uint8_t>(static_cast<int64_t>(v));
    case kInt8:
      return static_cast<int8_t>(static_cast<int64_t>(v));
    case kInt16:
      return static_cast<int16_t>(static_cast<int64_t>(v));
    case kFloat16:
      return Half(static_cast<float>(v));
    case kBFloat16:
      return BFloat16(static_cast<float>(v));
    case kFloat32:
      return static_cast<float>(v);
    default:
      return v;
  }
}

std::vector<double> stored(Dtype d, std::vector<double> values) {
  for (double& v : values) v = stored(d, v);
  return values;
}

Tensor made(const std::vector<double>& values, Dtype d) { return tensor(values, kFloat64).to(kInt64).to(d); }

/// The elements of x, which are exact in double.
std::vector<double> elements(const Tensor& x) {
  const Tensor flat = x.to(kFloat64).contiguous();
  return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
}

struct Op {
  const char* name;
  Tensor (*run)(const Tensor&, const Tensor&);
  double (*value)(double, double);
  bool divides = false;  ///< gives floating point
  bool of_bool = true;   ///< defined on bool
};

const Op kOps[] = {
    {"add", [](const Tensor& a, const Tensor& b) { return a + b; }, [](double a, double b) { return a + b; }},
    {"sub", [](const Tensor& a, const Tensor& b) { return a - b; }, [](double a, double b) { return a - b; }, false,
     false},
    {"mul", [](const Tensor& a, const Tensor& b) { return a * b; }, [](double a, double b) { return a * b; }},
    {"div", [](const Tensor& a, const Tensor& b) { return a / b; }, [](double a, double b) { return a / b; }, true},
    {"maximum", [](const Tensor& a, const Tensor& b) { return a.maximum(b); },
     [](double a, double b) { return std::max(a, b); }},
    {"minimum", [](const Tensor& a, const Tensor& b) { return a.minimum(b); },
     [](double a, double b) { return std::min(a, b); }},
    {"remainder", [](const Tensor& a, const Tensor& b) { return a.remainder(b); },
     [](double a, double b) { return a - std::floor(a / b) * b; }, false, false},
    {"fmod", [](const Tensor& a, const Tensor& b) { return a.fmod(b); },
     [](double a, double b) { return std::fmod(a, b); }, false, false},
    {"floor_divide", [](const Tensor& a, const Tensor& b) { return a.floor_divide(b); },
     [](double a, double b) { return std::floor(a / b); }, false, false},
};

const Op kComparisons[] = {
    {"lt", [](const Tensor& a, const Tensor& b) { return a < b; }, [](double a, double b) -> double { return a < b; }},
    {"ge", [](const Tensor& a, const Tensor& b) { return a >= b; },
     [](double a, double b) -> double { return a >= b; }},
    {"eq", [](const Tensor& a, const Tensor& b) { return a == b; },
     [](double a, double b) -> double { return a == b; }},
};

// Values of both signs, with sums and products beyond 8 and 16 bits.
const std::vector<double> kLeft{1, 2, 5, 100, -3, 127, 77, -128}, kRight{7, 1, 3, 2, 100, 50, -5, 1};

}  // namespace

// PyTorch's table, in the order of kAll.
BOOST_AUTO_TEST_CASE(promotion) {
  const char* table[] = {"bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64",
                         "uint8 uint8 int16 int16 int32 int64 float16 bfloat16 float32 float64",
                         "int8 int16 int8 int16 int32 int64 float16 bfloat16 float32 float64",
                         "int16 int16 int16 int16 int32 int64 float16 bfloat16 float32 float64",
                         "int32 int32 int32 int32 int32 int64 float16 bfloat16 float32 float64",
                         "int64 int64 int64 int64 int64 int64 float16 bfloat16 float32 float64",
                         "float16 float16 float16 float16 float16 float16 float16 float32 float32 float64",
                         "bfloat16 bfloat16 bfloat16 bfloat16 bfloat16 bfloat16 float32 bfloat16 float32 float64",
                         "float32 float32 float32 float32 float32 float32 float32 float32 float32 float64",
                         "float64 float64 float64 float64 float64 float64 float64 float64 float64 float64"};
  for (size_t i = 0; i < std::size(kAll); ++i) {
    std::istringstream row(table[i]);
    for (Dtype b : kAll) {
      std::string want;
      row >> want;
      BOOST_TEST(name(promote_types(kAll[i], b)) == want, kAll[i] << " with " << b);
    }
  }
}

// Every pair, in each memory order that a kernel tells apart, in more elements than one block.
BOOST_AUTO_TEST_CASE(conversions) {
  std::vector<double> values;
  for (int i = 0; i < 1500; ++i) values.push_back((i * 37) % 401 - 150);
  const Tensor source = tensor(values, kFloat64).view({30, 50});
  const auto column = [](const Tensor& x) { return x.select(1, 0).unsqueeze(1).expand(x.sizes()); };
  for (Dtype from : kAll)
    for (Dtype to : kAll) {
      const Tensor x = source.to(kInt64).to(from), y = x.to(to);
      const std::vector<double> want = stored(to, stored(from, values));
      BOOST_TEST(y.dtype() == to);
      BOOST_TEST((elements(y) == want), from << " to " << to);
      BOOST_TEST((elements(x.t().to(to).t()) == want), from << " to " << to << ", transposed");
      BOOST_TEST((elements(column(x).to(to)) == elements(column(y))), from << " to " << to << ", expanded");
      Tensor into = zeros({50, 60}, to);
      into.slice(1, 0, 60, 2).copy_(x.t());
      BOOST_TEST((elements(into.slice(1, 0, 60, 2).t()) == want), "copy_ of " << from << " into " << to);
      BOOST_TEST(into.slice(1, 1, 60, 2).eq(0).all().item<bool>());
    }
}

BOOST_AUTO_TEST_CASE(conversions_of_extremes) {
  const Tensor x = tensor({1e30, -1e30, 3e9, 300.0, -1.5, 65519.0, 65520.0, 1e-8, 1e-37, NAN, INFINITY}, kFloat64);
  for (Dtype to : {kFloat16, kBFloat16}) {
    const auto got = elements(x.to(to)), from32 = elements(x.to(kFloat32).to(to));
    for (size_t i = 0; i < got.size(); ++i) {
      const double want = stored(to, x[static_cast<int64_t>(i)].item<double>());
      BOOST_TEST((got[i] == want || (std::isnan(got[i]) && std::isnan(want))), to << ", element " << i);
      BOOST_TEST((from32[i] == want || (std::isnan(from32[i]) && std::isnan(want))), to << ", element " << i);
    }
  }
  BOOST_TEST(tensor({300.0, -1.5, -129.0}, kFloat64).to(kInt8).equal(tensor({44, -1, 127}, kInt8)));
  BOOST_TEST(tensor({40000.0, -1.5, NAN}, kFloat32).to(kInt16).equal(tensor({-25536, -1, 0}, kInt16)));
  BOOST_TEST(tensor({int64_t{1} << 40, int64_t{-1}}).to(kInt16).equal(tensor({0, -1}, kInt16)));
  BOOST_TEST(tensor({0.0, -0.0, 1e-8, 0.5, NAN}, kFloat64)
                 .to(kFloat16)
                 .to(kBool)
                 .equal(tensor({false, false, false, true, true})));
}

BOOST_AUTO_TEST_CASE(arithmetic_of_every_two) {
  for (Dtype d : kAll)
    for (Dtype e : kAll) {
      const Tensor a = made(kLeft, d), b = made(kRight, e);
      for (const Op& op : kOps) {
        Dtype result = promote_types(d, e);
        if (!op.of_bool && (result == kBool || (std::string(op.name) == "sub" && (d == kBool || e == kBool)))) {
          BOOST_CHECK_THROW((void)op.run(a, b), DtypeError);
          continue;
        }
        if (op.divides && !is_floating_point(result)) result = kFloat32;
        const std::vector<double> x = stored(result, stored(d, kLeft)), y = stored(result, stored(e, kRight));
        std::vector<double> want;
        for (size_t i = 0; i < x.size(); ++i) {
          const double v = op.value(x[i], y[i]);
          want.push_back(result == kFloat64 ? v
                                            : stored(result, is_floating_point(result) ? static_cast<float>(v) : v));
        }
        const Tensor got = op.run(a, b);
        BOOST_TEST(got.dtype() == result, op.name << " of " << d << " and " << e << " is " << got.dtype());
        BOOST_TEST((elements(got) == want), op.name << " of " << d << " and " << e << " is " << to_string(got));
        const Tensor rows = op.run(a.view({2, 4}).t(), b.view({2, 4}).t()).t();
        BOOST_TEST((elements(rows) == want), op.name << " of transposed " << d << " and " << e);
      }
      for (const Op& op : kComparisons) {
        const Dtype common = promote_types(d, e);
        const std::vector<double> x = stored(common, stored(d, kLeft)), y = stored(common, stored(e, kRight));
        std::vector<double> want;
        for (size_t i = 0; i < x.size(); ++i) want.push_back(op.value(x[i], y[i]));
        const Tensor got = op.run(a, b);
        BOOST_TEST(got.dtype() == kBool);
        BOOST_TEST((elements(got) == want), op.name << " of " << d << " and " << e);
      }
    }
}

BOOST_AUTO_TEST_CASE(in_place_arithmetic_of_every_two) {
  for (Dtype d : kAll)
    for (Dtype e : kAll) {
      const Dtype common = promote_types(d, e);
      Tensor a = made(kLeft, d);
      const Tensor b = made(kRight, e);
      if (dtype_info(common).kind > dtype_info(d).kind) {
        BOOST_CHECK_THROW((void)a.add_(b), DtypeError);
        BOOST_TEST(a.equal(made(kLeft, d)));
        continue;
      }
      const std::vector<double> x = stored(common, stored(d, kLeft)), y = stored(common, stored(e, kRight));
      std::vector<double> want;
      for (size_t i = 0; i < x.size(); ++i) want.push_back(stored(d, stored(common, x[i] + y[i])));
      const void* memory = a.data_ptr();
      a.add_(b);
      BOOST_TEST(a.dtype() == d);
      BOOST_TEST(a.data_ptr() == memory);
      BOOST_TEST((elements(a) == want), "add_ of " << e << " to " << d);
    }
}

BOOST_AUTO_TEST_CASE(numbers) {
  BOOST_TEST((full({2}, 127, kInt8) + 1).equal(full({2}, -128, kInt8)));
  BOOST_TEST((full({2}, 100, kInt8) * 300).equal(full({2}, 48, kInt8)));  // 100 * 300 modulo 256
  BOOST_TEST((-full({2}, -128, kInt8)).equal(full({2}, -128, kInt8)));
  BOOST_TEST(full({2}, -128, kInt8).abs().equal(full({2}, -128, kInt8)));
  BOOST_TEST(full({2}, 7, kInt16).pow(6).equal(full({2}, -13423, kInt16)));  // 117649 modulo 65536
  BOOST_TEST((tensor({7, -7}, kInt8) / 2).equal(tensor({3.5, -3.5}, kFloat32)));
  BOOST_TEST((tensor({7, -7}, kInt8) + 0.5).equal(tensor({7.5, -6.5}, kFloat32)));
  BOOST_TEST(tensor({5, 6}, kInt8).floor_divide(2).equal(tensor({2, 3}, kInt8)));
  BOOST_TEST(tensor({5, 6}, kInt8).bitwise_not().equal(tensor({-6, -7}, kInt8)));
  BOOST_TEST(tensor({5, 6}, kInt16).bitwise_and(tensor({4, 3}, kInt8)).equal(tensor({4, 2}, kInt16)));
  BOOST_TEST(tensor({1.0, 2.0}, kBFloat16).exp().dtype() == kBFloat16);
  BOOST_TEST(tensor({1, 2}, kInt16).exp().equal(tensor({1, 2}, kInt64).exp()));
  BOOST_TEST(tensor({1.001}, kBFloat16).item<float>() == 1);
  // The sum is rounded once: the number keeps float's precision.
  BOOST_TEST((tensor({1.0}, kBFloat16) + 0.0039).item<float>() == 1.0f);
  BOOST_TEST((tensor({1.0}, kBFloat16) + 0.00391).item<float>() == 0x1.02p0f);
  // Compared as bfloat16.
  BOOST_TEST((tensor({0.1}, kBFloat16) == 0.1).item<bool>());
  // A tensor without dimensions counts as a number.
  BOOST_TEST((ones({2}, kFloat16) + tensor(2.0, kFloat64)).dtype() == kFloat16);
  BOOST_TEST((ones({2}, kInt8) + tensor(2, kInt64)).dtype() == kInt8);
  BOOST_TEST((ones({2}, kInt8) + tensor(2.0, kBFloat16)).dtype() == kBFloat16);
  BOOST_TEST((ones({2}, kFloat16) + tensor(2.0, kBFloat16)).dtype() == kFloat16);
}

BOOST_AUTO_TEST_CASE(families_of_ops) {
  for (Dtype d : kNarrow) {
    BOOST_TEST_CONTEXT(d) {
      Tensor x = tensor({{1, 2, 3}, {4, 5, 6}}, d);
      BOOST_TEST(x.dtype() == d);
      BOOST_TEST(x.nbytes() == 6 * item_size(d));
      BOOST_TEST(x[1][2].item<int>() == 6);
      BOOST_TEST(full({2}, 3, d).equal(tensor({3, 3}, d)));
      BOOST_TEST(arange(4, d).equal(tensor({0, 1, 2, 3}, d)));
      BOOST_TEST(arange(1, 9, 3, d).equal(tensor({1, 4, 7}, d)));
      BOOST_TEST(linspace(0, 4, 5, d).equal(tensor({0, 1, 2, 3, 4}, d)));
      BOOST_TEST(eye(2, d).equal(tensor({{1, 0}, {0, 1}}, d)));
      BOOST_TEST(zeros_like(x).eq(0).all().item<bool>());
      BOOST_TEST((x.eq(x.clone()).all().item<bool>() && x.gt(3).sum().item<int>() == 3));
      BOOST_TEST((x + x).equal(x * 2));
      BOOST_TEST((x - 1).dtype() == d);
      BOOST_TEST((-x).abs().equal(x));
      BOOST_TEST(x.clamp(2, 4).equal(tensor({{2, 2, 3}, {4, 4, 4}}, d)));
      BOOST_TEST(x.square().equal(tensor({{1, 4, 9}, {16, 25, 36}}, d)));
      BOOST_TEST(x.t().contiguous().t().equal(x));
      BOOST_TEST(x.index({1}).equal(tensor({4, 5, 6}, d)));
      BOOST_TEST(x.index({tensor({1, 0}), 2}).equal(tensor({6, 3}, d)));
      BOOST_TEST(x.index({x.gt(4)}).equal(tensor({5, 6}, d)));
      BOOST_TEST(x.index_select(1, tensor({2, 0})).equal(tensor({{3, 1}, {6, 4}}, d)));
      BOOST_TEST(x.gather(1, tensor({{2}, {0}})).equal(tensor({{3}, {4}}, d)));
      BOOST_TEST(x.flip({1}).equal(tensor({{3, 2, 1}, {6, 5, 4}}, d)));
      BOOST_TEST(x.tril().equal(tensor({{1, 0, 0}, {4, 5, 0}}, d)));
      BOOST_TEST(where(x.gt(3), x, zeros_like(x)).equal(tensor({{0, 0, 0}, {4, 5, 6}}, d)));
      BOOST_TEST(x.masked_fill(x.gt(3), 9).equal(tensor({{1, 2, 3}, {9, 9, 9}}, d)));
      BOOST_TEST(cat({x, x}, 0).sum().item<int>() == 42);
      BOOST_TEST(stack({x, x}, 0).size(0) == 2);
      BOOST_TEST(std::get<0>(x.max(1)).equal(tensor({3, 6}, d)));
      BOOST_TEST(std::get<1>(x.max(1)).equal(tensor({2, 2})));
      BOOST_TEST(x.min().equal(tensor(1, d)));
      BOOST_TEST(x.argmax().item<int>() == 5);
      BOOST_TEST(std::get<0>(x.sort(1, true)).equal(tensor({{3, 2, 1}, {6, 5, 4}}, d)));
      BOOST_TEST(std::get<0>(x.topk(2)).equal(tensor({{3, 2}, {6, 5}}, d)));
      BOOST_TEST(x.sum().item<int>() == 21);
      BOOST_TEST(x.sum().dtype() == (is_integer(d) ? kInt64 : d));
      BOOST_TEST(x.prod().item<int>() == 720);
      BOOST_TEST(x.cumsum(1).equal(tensor({{1, 3, 6}, {4, 9, 15}}, is_integer(d) ? kInt64 : d)));
      BOOST_TEST(x.any().item<bool>());
      BOOST_TEST(x.nonzero().size(0) == 6);
      BOOST_TEST(x.matmul(x.t()).equal(tensor({{14, 32}, {32, 77}}, d)));
      BOOST_TEST(x.mv(tensor({1, 0, 2}, d)).equal(tensor({7, 16}, d)));
      BOOST_TEST(full({2}, 100, kInt8).dot(full({2}, 3, kInt8)).equal(tensor(88, kInt8)));  // 600 modulo 256
      Tensor y = x.clone();
      y.add_(1).mul_(2);
      BOOST_TEST(y.equal(tensor({{4, 6, 8}, {10, 12, 14}}, d)));
      y.index_put_({0}, 7);
      BOOST_TEST(y.index({0}).equal(tensor({7, 7, 7}, d)));
      y.index_put_({tensor({1, 1})}, ones({3}, d), true);
      BOOST_TEST(y[1].equal(tensor({12, 14, 16}, d)));
      y.scatter_add_(1, tensor({{0, 0, 0}, {1, 1, 1}}), x);
      BOOST_TEST(y.equal(tensor({{13, 7, 7}, {12, 29, 16}}, d)));
      y.index_add_(0, tensor({1}), x.narrow(0, 0, 1));
      BOOST_TEST(y[1].equal(tensor({13, 31, 19}, d)));
      y.fill_(3);
      BOOST_TEST(y.t().eq(3).all().item<bool>());
      BOOST_CHECK_THROW(static_cast<void>(x.data_ptr<float>()), DtypeError);
    }
  }
}

BOOST_AUTO_TEST_CASE(images_keep_their_order) {
  for (Dtype d : {kFloat16, kBFloat16}) {
    const Tensor x = arange(2 * 3 * 4 * 4).remainder(7).view({2, 3, 4, 4}).to(d);
    const Tensor last = x.contiguous(MemoryFormat::ChannelsLast);
    BOOST_TEST(last.relu().is_contiguous(MemoryFormat::ChannelsLast));
    BOOST_TEST(last.relu().equal(x));
    const Tensor weight = ones({2, 3, 3, 3}, d);
    const Tensor y = conv2d(x, weight), pooled = max_pool2d(y, 2);
    BOOST_TEST(y.dtype() == d);
    BOOST_TEST(y.equal(conv2d(x.to(kFloat32), weight.to(kFloat32)).to(d)));
    BOOST_TEST(pooled.equal(max_pool2d(conv2d(x.to(kFloat32), weight.to(kFloat32)), 2).to(d)));
    BOOST_TEST(y.flatten().size(0) == 2 * 2 * 2 * 2);
  }
}

BOOST_AUTO_TEST_CASE(printing) {
  const auto text = [](Dtype d) { return to_string(tensor({1.5, 2.0}, kFloat64).to(d)); };
  BOOST_TEST(text(kBFloat16) == " 1.5000\n 2.0000\n[ CPUBFloat16Type{2} ]");
  BOOST_TEST(text(kFloat16) == " 1.5000\n 2.0000\n[ CPUHalfType{2} ]");
  BOOST_TEST(text(kInt8) == " 1\n 2\n[ CPUCharType{2} ]");
  BOOST_TEST(text(kInt16) == " 1\n 2\n[ CPUShortType{2} ]");
}

BOOST_AUTO_TEST_CASE(files_hold_every_dtype) {
  const TempFolder folder;
  const std::string path = folder / "all.safetensors";
  NamedTensors tensors;
  for (Dtype d : kAll) tensors.emplace_back(name(d), tensor({0, 1, 3}, d));
  save_safetensors(path, tensors);
  const StateDict read = load_safetensors(path);
  for (const auto& [key, t] : tensors) {
    const Tensor& got = *read.find(key);
    BOOST_TEST(got.dtype() == t.dtype());
    BOOST_TEST(got.equal(t), key);
  }
}

// The bytes that another program writes.
BOOST_AUTO_TEST_CASE(files_of_others) {
  const TempFolder folder;
  const auto write = [&](const std::string& header, const std::string& data) {
    std::ofstream out(folder / "x.safetensors", std::ios::binary);
    const uint64_t n = header.size();
    out.write(reinterpret_cast<const char*>(&n), 8) << header << data;
  };
  write(
      R"({"b":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},"h":{"dtype":"F16","shape":[2],"data_offsets":[4,8]},)"
      R"("s":{"dtype":"I16","shape":[1],"data_offsets":[8,10]},"c":{"dtype":"I8","shape":[2],"data_offsets":[10,12]}})",
      std::string("\x80\x3f\x40\xc0\x00\x3c\x01\x00\xfe\xff\x7f\x80", 12));
  const StateDict read = load_safetensors(folder / "x.safetensors");
  BOOST_TEST(read.find("b")->equal(tensor({1.0, -3.0}, kBFloat16)));
  BOOST_TEST(read.find("h")->equal(tensor({1.0, 0x1p-24}, kFloat16)));
  BOOST_TEST(read.find("s")->equal(tensor({-2}, kInt16)));
  BOOST_TEST(read.find("c")->equal(tensor({127, -128}, kInt8)));
  write(R"({"b":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}})", "ab");
  BOOST_CHECK_EXCEPTION((void)load_safetensors(folder / "x.safetensors"), IoError, [](const IoError& e) {
    return std::string(e.what()).find("BOOL, U8, I8, I16, I32, I64, F16, BF16, F32, F64") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(gradients_have_the_dtype_of_their_tensor) {
  Tensor x = tensor({1.0, 2.0, 3.0}, kFloat32).set_requires_grad(true);
  (x.to(kBFloat16) * 2).to(kFloat32).sum().backward();
  BOOST_TEST(x.grad().equal(full({3}, 2.0f)));
  for (Dtype d : {kFloat16, kBFloat16}) {
    Tensor y = tensor({1.0, 2.0}, d).set_requires_grad(true);
    (y * y).sum().backward();
    BOOST_TEST(y.grad().equal(tensor({2.0, 4.0}, d)));
    Tensor z = tensor({1.0, 2.0}, d).set_requires_grad(true);
    (z * tensor({3.0, 5.0}, kFloat64)).sum().backward();
    BOOST_TEST(z.grad().equal(tensor({3.0, 5.0}, d)));
    z.mutable_grad() = Tensor();
    (z + z).sum().backward();
    z.sum().backward();
    BOOST_TEST(z.grad().equal(tensor({3.0, 3.0}, d)));
  }
  BOOST_CHECK_THROW((void)tensor({1, 2}, kInt16).set_requires_grad(true), DtypeError);
}

BOOST_AUTO_TEST_CASE(default_dtype_may_be_any_floating_point) {
  for (Dtype d : {kFloat16, kBFloat16, kFloat64}) {
    set_default_dtype(d);
    const Dtype made_of = ones({2}).dtype(), list = tensor({1.5}).dtype(), quotient = (arange(3) / 2).dtype();
    const Tensor root = tensor({4, 9}).sqrt();
    set_default_dtype(kFloat32);
    BOOST_TEST(made_of == d);
    BOOST_TEST(list == d);
    BOOST_TEST(quotient == d);
    BOOST_TEST(root.equal(tensor({2.0, 3.0}, d)));
  }
  BOOST_CHECK_THROW(set_default_dtype(kInt8), DtypeError);
}

BOOST_AUTO_TEST_CASE(unsupported_dtypes_name_the_supported) {
  const auto text = [](auto call) {
    try {
      call();
    } catch (const DtypeError& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  const std::string floats = "float16, bfloat16, float32, float64";
  BOOST_TEST(text([] { dispatch<KernelFloats>("op", kInt8, [](auto) {}); }) ==
             "[op] supports " + floats + ", got int8");
  BOOST_TEST(text([] {
               (void)tensor({1, 2}, kInt8).bitwise_and(tensor({1.0, 2.0}, kFloat16));
             }) == "[bitwise_and] supports bool, uint8, int8, int16, int32, int64, got float16");
  BOOST_TEST(text([] { (void)ones({2, 2}, kInt8).mean(); }) == "[mean] supports " + floats + ", got int8");
  BOOST_TEST(text([] { (void)ones({2, 2}, kInt16).var(); }) == "[var] supports " + floats + ", got int16");
  BOOST_TEST(text([] {
               (void)ones({2, 2}, kInt16).softmax(0);
             }) == "[softmax] needs a floating-point tensor (" + floats + "), got int16");
  BOOST_TEST(text([] { (void)ones({2}, kBool).neg(); }).find("uint8, int8, int16, int32, int64, " + floats) !=
             std::string::npos);
  BOOST_TEST(text([] { (void)ones({2}, kInt8).uniform_(); }).find(floats) != std::string::npos);
  BOOST_TEST(text([] { set_default_dtype(kInt64); }).find(floats) != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
