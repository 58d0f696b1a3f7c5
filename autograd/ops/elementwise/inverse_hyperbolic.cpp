// asinh, acosh and atanh.
#include <cmath>

#include "weft/autograd/ops/elementwise/op.h"

namespace weft {
namespace {

struct Asinh {
  static constexpr const char* kName = "asinh";
  template <class T>
  static T value(T x) {
    return std::asinh(x);
  }
  static Tensor grad(const Tensor& x, const Tensor& g) { return g * (x * x + 1).rsqrt(); }
};

struct Acosh {
  static constexpr const char* kName = "acosh";
  template <class T>
  static T value(T x) {
    return std::acosh(x);
  }
  static Tensor grad(const Tensor& x, const Tensor& g) { return g * (x * x - 1).rsqrt(); }
};

struct Atanh {
  static constexpr const char* kName = "atanh";
  template <class T>
  static T value(T x) {
    return std::atanh(x);
  }
  static Tensor grad(const Tensor& x, const Tensor& g) { return g / (1 - x * x); }
};

}  // namespace

Tensor Tensor::asinh() const { return autograd::unary_op<Asinh>(*this); }
Tensor Tensor::acosh() const { return autograd::unary_op<Acosh>(*this); }
Tensor Tensor::atanh() const { return autograd::unary_op<Atanh>(*this); }

}  // namespace weft
