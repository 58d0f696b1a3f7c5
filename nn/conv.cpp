#include "weft/nn/conv.h"

#include <cmath>
#include <ostream>

#include "weft/nn/init.h"
#include "weft/tensor/creation.h"

namespace weft::nn {
namespace {

template <size_t D>
struct Geometry {
  const ExpandingArray<D>&stride, &dilation;
  const ConvPadding<D>& padding;
  int64_t groups;
  PaddingMode mode;
};

template <size_t D>
Tensor convolve(const Tensor& x, const Tensor& weight, const Tensor& bias, const Geometry<D>& g, IntArrayRef padding) {
  if constexpr (D == 1)
    return weft::conv1d(x, weight, bias, g.stride, padding, g.dilation, g.groups);
  else
    return weft::conv2d(x, weight, bias, g.stride, padding, g.dilation, g.groups);
}

/// Padding before and after each dimension. If the total for kSame is odd, the larger half is after, as in PyTorch.
template <size_t D>
struct Borders {
  std::array<int64_t, D> before, after;
};
template <size_t D>
Borders<D> borders(const Geometry<D>& g, const Tensor& weight) {
  Borders<D> b{*g.padding.numbers(), *g.padding.numbers()};
  if (g.padding.kind() != ConvPadding<D>::Kind::Same) return b;
  for (size_t d = 0; d < D; ++d) {
    const int64_t total = g.dilation[d] * (weight.size(static_cast<int64_t>(d) + 2) - 1);
    b.before[d] = total / 2, b.after[d] = total - total / 2;
  }
  return b;
}

/// The argument of pad: {before, after} of the last dimension, then of the dimension before it ...
template <size_t D>
Dims pad_list(const Borders<D>& b) {
  Dims list;
  for (size_t d = D; d-- > 0;) list.push_back(b.before[d]), list.push_back(b.after[d]);
  return list;
}

template <size_t D>
Tensor padded_conv(const Tensor& x, const Tensor& weight, const Tensor& bias, const Geometry<D>& g) {
  static constexpr std::array<int64_t, D> kNoPadding{};
  check<ShapeError>(weight.dim() == static_cast<int64_t>(D) + 2, "[conv{}d] weight must have {} dimensions, got {}", D,
                    D + 2, weight.sizes());
  const Borders<D> b = borders(g, weight);
  if (!g.mode.zeros()) {
    check<ShapeError>(x.dim() > static_cast<int64_t>(D), "[conv{}d] input must have {} or {} dimensions, got {}", D,
                      D + 1, D + 2, x.sizes());
    return convolve(weft::pad(x, pad_list(b), g.mode.name), weight, bias, g, {kNoPadding.data(), D});
  }
  if (b.before == b.after) return convolve(x, weight, bias, g, {b.before.data(), D});
  Borders<D> extra = b;
  for (size_t d = 0; d < D; ++d) extra.after[d] -= b.before[d], extra.before[d] = 0;
  return convolve(weft::pad(x, pad_list(extra)), weight, bias, g, {b.before.data(), D});
}

template <size_t D>
void check_stride(const ConvPadding<D>& padding, const ExpandingArray<D>& stride) {
  check<ValueError>(padding.kind() != ConvPadding<D>::Kind::Same || stride == ExpandingArray<D>(1),
                    "[conv{}d] padding kSame needs stride 1, got {}", D, IntArrayRef(stride));
}

template <class Options>
void check_options(const Options& o, const char* name) {
  check<ValueError>(o.in_channels() > 0 && o.out_channels() > 0 && o.groups() > 0 &&
                        o.in_channels() % o.groups() == 0 && o.out_channels() % o.groups() == 0,
                    "[{}] groups must divide the channels, got {} groups, {} input and {} output channels", name,
                    o.groups(), o.in_channels(), o.out_channels());
  auto all_at_least = [](IntArrayRef v, int64_t least) {
    for (int64_t n : v)
      if (n < least) return false;
    return true;
  };
  check<ValueError>(all_at_least(o.kernel_size(), 1) && all_at_least(o.stride(), 1) && all_at_least(o.dilation(), 1),
                    "[{}] kernel size, stride and dilation must be positive, got {}, {} and {}", name,
                    IntArrayRef(o.kernel_size()), IntArrayRef(o.stride()), IntArrayRef(o.dilation()));
}

void init_conv(const Tensor& weight, const Tensor& bias) {
  init::kaiming_uniform_(weight, std::sqrt(5.0));
  if (!bias.defined()) return;
  const int64_t fan_in = init::calculate_fan_in_and_fan_out(weight).first;
  const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
  init::uniform_(bias, -bound, bound);
}

template <size_t D>
void print_unless(std::ostream& out, const char* name, const ExpandingArray<D>& value, int64_t default_value) {
  if (!(value == ExpandingArray<D>(default_value))) out << ", " << name << "=" << detail::print_sizes(value);
}

template <class Options>
void print_head(std::ostream& out, const std::string& name, const Options& o) {
  out << std::boolalpha << "weft::nn::" << name << "(" << o.in_channels() << ", " << o.out_channels()
      << ", kernel_size=" << detail::print_sizes(o.kernel_size()) << ", stride=" << detail::print_sizes(o.stride());
}
template <class Options>
void print_tail(std::ostream& out, const Options& o) {
  if (o.groups() != 1) out << ", groups=" << o.groups();
  if (!o.bias()) out << ", bias=" << o.bias();
}

}  // namespace

namespace functional {
namespace {
template <size_t D>
Tensor conv(const Tensor& x, const Tensor& weight, const ConvFuncOptions<D>& o) {
  check_stride(o.padding(), o.stride());
  return padded_conv<D>(x, weight, o.bias(), {o.stride(), o.dilation(), o.padding(), o.groups(), PaddingMode(kZeros)});
}
}  // namespace

Tensor conv1d(const Tensor& x, const Tensor& weight, FuncArg<Conv1dFuncOptions> o) { return conv(x, weight, *o); }
Tensor conv2d(const Tensor& x, const Tensor& weight, FuncArg<Conv2dFuncOptions> o) { return conv(x, weight, *o); }
Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, FuncArg<ConvTranspose2dFuncOptions> o) {
  return weft::conv_transpose2d(x, weight, o->bias(), o->stride(), o->padding(), o->output_padding(), o->groups(),
                                o->dilation());
}
}  // namespace functional

// Conv1d, Conv2d -----------------------------------------------------------------------------------------------------
template <size_t D>
ConvImpl<D>::ConvImpl(const ConvOptions<D>& options)
    : Layer<ConvImpl<D>>("weft::nn::Conv" + std::to_string(D) + "dImpl"), options(options) {
  reset();
}

template <size_t D>
void ConvImpl<D>::reset() {
  check_options(options, D == 1 ? "Conv1d" : "Conv2d");
  check_stride(options.padding(), options.stride());
  Dims sizes{options.out_channels(), options.in_channels() / options.groups()};
  for (int64_t k : options.kernel_size()) sizes.push_back(k);
  weight = this->register_parameter("weight", empty(sizes));
  const bool with_bias = options.bias();
  bias = this->register_parameter("bias", with_bias ? empty({options.out_channels()}) : Tensor(), with_bias);
  reset_parameters();
}

template <size_t D>
void ConvImpl<D>::reset_parameters() {
  init_conv(weight, bias);
}

template <size_t D>
void ConvImpl<D>::pretty_print(std::ostream& out) const {
  print_head(out, "Conv" + std::to_string(D) + "d", options);
  print_unless(out, "padding", options.padding().numbers(), 0);
  print_unless(out, "dilation", options.dilation(), 1);
  print_tail(out, options);
  if (!options.padding_mode().zeros()) {
    std::string mode(options.padding_mode().name);
    mode[0] = static_cast<char>(mode[0] - 'a' + 'A');
    out << ", padding_mode=k" << mode;
  }
  out << ")";
}

template <size_t D>
Tensor ConvImpl<D>::forward(const Tensor& x) {
  return this->run(
      [this](const Tensor& in) {
        const auto& o = options;
        return padded_conv<D>(in, weight, bias, {o.stride(), o.dilation(), o.padding(), o.groups(), o.padding_mode()});
      },
      x);
}

template class ConvImpl<1>;
template class ConvImpl<2>;

// ConvTranspose2d ----------------------------------------------------------------------------------------------------
ConvTranspose2dImpl::ConvTranspose2dImpl(const ConvTranspose2dOptions& options) : options(options) { reset(); }

void ConvTranspose2dImpl::reset() {
  check_options(options, "ConvTranspose2d");
  const auto& k = options.kernel_size();
  weight = register_parameter("weight",
                              empty({options.in_channels(), options.out_channels() / options.groups(), k[0], k[1]}));
  const bool with_bias = options.bias();
  bias = register_parameter("bias", with_bias ? empty({options.out_channels()}) : Tensor(), with_bias);
  reset_parameters();
}

void ConvTranspose2dImpl::reset_parameters() { init_conv(weight, bias); }

void ConvTranspose2dImpl::pretty_print(std::ostream& out) const {
  print_head(out, "ConvTranspose2d", options);
  print_unless(out, "padding", options.padding(), 0);
  print_unless(out, "dilation", options.dilation(), 1);
  print_unless(out, "output_padding", options.output_padding(), 0);
  print_tail(out, options);
  out << ")";
}

ExpandingArray<2> ConvTranspose2dImpl::output_padding_for(const Tensor& x, IntArrayRef output_size) const {
  check<ShapeError>(x.dim() >= 3 && output_size.size() >= 2, "[conv_transpose2d] output size {} of an input {}",
                    output_size, x.sizes());
  ExpandingArray<2> extra(0);
  for (size_t d = 0; d < 2; ++d) {
    const int64_t wanted = output_size[output_size.size() - 2 + d];
    const int64_t least = (x.size(static_cast<int64_t>(d) - 2) - 1) * options.stride()[d] - 2 * options.padding()[d] +
                          options.dilation()[d] * (options.kernel_size()[d] - 1) + 1;
    check<ValueError>(wanted >= least && wanted < least + options.stride()[d],
                      "[conv_transpose2d] output size {} is not possible: dimension {} can be {} to {}", output_size, d,
                      least, least + options.stride()[d] - 1);
    (*extra)[d] = wanted - least;
  }
  return extra;
}

Tensor ConvTranspose2dImpl::forward(const Tensor& x, std::optional<IntArrayRef> output_size) {
  return run(
      [&](const Tensor& in) {
        const auto& o = options;
        const ExpandingArray<2> extra = output_size ? output_padding_for(in, *output_size) : o.output_padding();
        return weft::conv_transpose2d(in, weight, bias, o.stride(), o.padding(), extra, o.groups(), o.dilation());
      },
      x);
}

template class Cloneable<Conv1dImpl>;
template class Cloneable<Conv2dImpl>;
template class Cloneable<ConvTranspose2dImpl>;

}  // namespace weft::nn
