// Building blocks of option structs: WEFT_ARG fields, size lists that expand one integer, and the tags kMean, kSame,
// kReflect ...
#pragma once

#include <array>
#include <concepts>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "weft/autograd/nn_ops.h"
#include "weft/tensor/error.h"
#include "weft/tensor/sizes.h"

/// Declares an option `name` of this type with a chaining setter, a getter and a mutable reference:
///
///     struct LinearOptions { WEFT_ARG(bool, bias) = true; };    LinearOptions().bias(false)
#define WEFT_ARG(type, name)                                  \
 public:                                                      \
  auto& name(type value) {                                    \
    this->name##_ = std::move(value);                         \
    return *this;                                             \
  }                                                           \
  const type& name() const noexcept { return this->name##_; } \
  type& name() noexcept { return this->name##_; }             \
                                                              \
 private:                                                     \
  type name##_

namespace weft {

using std::nullopt;

// Tags. Each has a type of its own, so that an option accepts only the tags it knows ----------------------------------
#define WEFT_TAG(name) \
  namespace enumtype { \
  struct name {};      \
  }                    \
  inline constexpr enumtype::name name {}
WEFT_TAG(kNone);
WEFT_TAG(kMean);
WEFT_TAG(kSum);
WEFT_TAG(kBatchMean);
WEFT_TAG(kValid);
WEFT_TAG(kSame);
WEFT_TAG(kZeros);
WEFT_TAG(kConstant);
WEFT_TAG(kReflect);
WEFT_TAG(kReplicate);
WEFT_TAG(kCircular);
WEFT_TAG(kFanIn);
WEFT_TAG(kFanOut);
WEFT_TAG(kLinear);
WEFT_TAG(kConv1D);
WEFT_TAG(kConv2D);
WEFT_TAG(kConv3D);
WEFT_TAG(kConvTranspose1D);
WEFT_TAG(kConvTranspose2D);
WEFT_TAG(kConvTranspose3D);
WEFT_TAG(kSigmoid);
WEFT_TAG(kTanh);
WEFT_TAG(kReLU);
WEFT_TAG(kLeakyReLU);
WEFT_TAG(kSELU);
WEFT_TAG(kGELU);
#undef WEFT_TAG

namespace nn::detail {
[[noreturn]] void fail_size_count(size_t wanted, size_t given);
[[noreturn]] void fail_padding(std::string_view name);
}  // namespace nn::detail

/// Exactly D integers; one integer stands for D equal ones: `3`, `{3, 5}`, a vector. Throws ValueError for another
/// count.
template <size_t D>
class ExpandingArray {
 public:
  ExpandingArray(int64_t one) { values_.fill(one); }                                                      // NOLINT
  ExpandingArray(std::initializer_list<int64_t> v) : ExpandingArray(IntArrayRef(v.begin(), v.size())) {}  // NOLINT
  ExpandingArray(const std::vector<int64_t>& v) : ExpandingArray(IntArrayRef(v)) {}                       // NOLINT
  ExpandingArray(const std::array<int64_t, D>& v) : values_(v) {}                                         // NOLINT
  ExpandingArray(IntArrayRef v) {                                                                         // NOLINT
    if (v.size() != D) nn::detail::fail_size_count(D, v.size());
    std::copy(v.begin(), v.end(), values_.begin());
  }
  operator IntArrayRef() const { return {values_.data(), D}; }  // NOLINT
  std::array<int64_t, D>& operator*() { return values_; }
  const std::array<int64_t, D>& operator*() const { return values_; }
  const std::array<int64_t, D>* operator->() const { return &values_; }
  int64_t operator[](size_t i) const { return values_[i]; }
  const int64_t* begin() const { return values_.data(); }
  const int64_t* end() const { return values_.data() + D; }
  bool operator==(const ExpandingArray&) const = default;

 private:
  std::array<int64_t, D> values_;
};

/// The same for sizes that may be absent (nullopt): the input's size is kept.
template <size_t D>
class ExpandingArrayWithOptionalElem {
 public:
  ExpandingArrayWithOptionalElem(int64_t one) { values_.fill(one); }                 // NOLINT
  ExpandingArrayWithOptionalElem(std::optional<int64_t> one) { values_.fill(one); }  // NOLINT
  ExpandingArrayWithOptionalElem(std::nullopt_t) {}                                  // NOLINT
  ExpandingArrayWithOptionalElem(std::initializer_list<std::optional<int64_t>> v) {  // NOLINT
    if (v.size() != D) nn::detail::fail_size_count(D, v.size());
    std::copy(v.begin(), v.end(), values_.begin());
  }
  ExpandingArrayWithOptionalElem(const std::vector<int64_t>& v)  // NOLINT
      : ExpandingArrayWithOptionalElem(IntArrayRef(v)) {}
  ExpandingArrayWithOptionalElem(IntArrayRef v) {  // NOLINT
    if (v.size() != D) nn::detail::fail_size_count(D, v.size());
    std::copy(v.begin(), v.end(), values_.begin());
  }
  const std::array<std::optional<int64_t>, D>& operator*() const { return values_; }
  const std::optional<int64_t>& operator[](size_t i) const { return values_[i]; }

 private:
  std::array<std::optional<int64_t>, D> values_;
};

namespace nn {

/// The options of a functional as a parameter. It accepts everything that constructs `Options`, except numbers and
/// lists of sizes (the overload without options takes them) and braces (so that `{}` stays an undefined tensor).
template <class Options>
class FuncArg {
 public:
  template <class T>
  requires(std::convertible_to<const T&, Options> && !std::convertible_to<const T&, IntArrayRef> &&
           !std::same_as<T, FuncArg>) FuncArg(const T& options)  // NOLINT
      : options_(options) {}
  const Options& operator*() const { return options_; }
  const Options* operator->() const { return &options_; }

 private:
  Options options_;
};

/// The reduction of a loss: kNone, kMean or kSum, or weft::Reduction.
struct LossReduction {
  LossReduction(enumtype::kNone) : value(Reduction::None) {}  // NOLINT
  LossReduction(enumtype::kMean) : value(Reduction::Mean) {}  // NOLINT
  LossReduction(enumtype::kSum) : value(Reduction::Sum) {}    // NOLINT
  LossReduction(Reduction r) : value(r) {}                    // NOLINT
  operator Reduction() const { return value; }                // NOLINT
  Reduction value;
};

/// The same for kl_div, with kBatchMean: the sum divided by the batch size.
struct KLDivReduction {
  KLDivReduction(enumtype::kNone) : value(KLReduction::None) {}            // NOLINT
  KLDivReduction(enumtype::kMean) : value(KLReduction::Mean) {}            // NOLINT
  KLDivReduction(enumtype::kSum) : value(KLReduction::Sum) {}              // NOLINT
  KLDivReduction(enumtype::kBatchMean) : value(KLReduction::BatchMean) {}  // NOLINT
  KLDivReduction(KLReduction r) : value(r) {}                              // NOLINT
  operator KLReduction() const { return value; }                           // NOLINT
  KLReduction value;
};

/// The values beyond the border: kZeros (kConstant for pad), kReflect, kReplicate or kCircular. `name` is PyTorch's.
struct PaddingMode {
  PaddingMode(enumtype::kZeros) : name("zeros") {}          // NOLINT
  PaddingMode(enumtype::kConstant) : name("constant") {}    // NOLINT
  PaddingMode(enumtype::kReflect) : name("reflect") {}      // NOLINT
  PaddingMode(enumtype::kReplicate) : name("replicate") {}  // NOLINT
  PaddingMode(enumtype::kCircular) : name("circular") {}    // NOLINT
  /// One of these names; throws ValueError for any other.
  PaddingMode(std::string_view mode);                                     // NOLINT
  PaddingMode(const char* mode) : PaddingMode(std::string_view(mode)) {}  // NOLINT
  bool zeros() const { return name == "zeros" || name == "constant"; }
  std::string_view name;
};

/// Padding of a convolution: integers, kValid ("valid": none) or kSame ("same": the output has the input's size).
template <size_t D>
class ConvPadding {
 public:
  enum class Kind : uint8_t { Numbers, Valid, Same };
  template <std::integral T>
  ConvPadding(T one) : numbers_(static_cast<int64_t>(one)) {}           // NOLINT
  ConvPadding(std::initializer_list<int64_t> v) : numbers_(v) {}        // NOLINT
  ConvPadding(const std::vector<int64_t>& v) : numbers_(v) {}           // NOLINT
  ConvPadding(ExpandingArray<D> v) : numbers_(v) {}                     // NOLINT
  ConvPadding(enumtype::kValid) : numbers_(0), kind_(Kind::Valid) {}    // NOLINT
  ConvPadding(enumtype::kSame) : numbers_(0), kind_(Kind::Same) {}      // NOLINT
  ConvPadding(const char* name) : numbers_(0), kind_(kind_of(name)) {}  // NOLINT
  Kind kind() const { return kind_; }
  const ExpandingArray<D>& numbers() const { return numbers_; }

 private:
  static Kind kind_of(std::string_view name) {
    if (name != "same" && name != "valid") detail::fail_padding(name);
    return name == "same" ? Kind::Same : Kind::Valid;
  }
  ExpandingArray<D> numbers_;
  Kind kind_ = Kind::Numbers;
};

namespace detail {
/// Sizes as libtorch prints them: a single integer bare, several in brackets; "None" if absent.
std::string print_sizes(IntArrayRef v);
std::string print_sizes(const std::optional<int64_t>* v, size_t count);
/// A number as an ostream prints it: 1e-05, 0.1, 2.
std::string print_number(double v);
/// x filled with f(x), like the in-place form of an op; works even if f's gradient reads x.
template <class F>
Tensor in_place(const Tensor& x, bool really, F f);
Tensor assign(const Tensor& x, const Tensor& value);
bool is_recorded(const Tensor& x);
}  // namespace detail

template <class F>
Tensor detail::in_place(const Tensor& x, bool really, F f) {
  if (!really) return f(x);
  return assign(x, is_recorded(x) ? f(x.clone()) : f(x));
}

}  // namespace nn
}  // namespace weft
