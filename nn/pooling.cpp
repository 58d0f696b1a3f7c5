#include "weft/nn/pooling.h"

#include <ostream>

namespace weft::nn {
namespace {

/// The output sizes; an absent size is the input's.
ExpandingArray<2> resolve(const ExpandingArrayWithOptionalElem<2>& size, const Tensor& x, const char* op) {
  check<ShapeError>(x.dim() == 3 || x.dim() == 4, "[{}] input must be [N, C, H, W] or [C, H, W], got {}", op,
                    x.sizes());
  return {size[0].value_or(x.size(-2)), size[1].value_or(x.size(-1))};
}

/// Options from a list of one or two sizes.
AdaptivePool2dOptions listed(std::initializer_list<std::optional<int64_t>> size) {
  const std::vector<std::optional<int64_t>> sizes(size);
  check<ValueError>(sizes.size() == 1 || sizes.size() == 2, "[adaptive_pool2d] {} output sizes, expected one or two",
                    sizes.size());
  return {sizes.front(), sizes.back()};
}

void print_adaptive(std::ostream& out, const char* name, const AdaptivePool2dOptions& o) {
  out << "weft::nn::" << name << "(output_size=" << detail::print_sizes((*o.output_size()).data(), 2) << ")";
}

}  // namespace

namespace functional {

Tensor max_pool2d(const Tensor& x, FuncArg<MaxPool2dFuncOptions> o) {
  return weft::max_pool2d(x, o->kernel_size(), o->stride(), o->padding(), o->dilation(), o->ceil_mode());
}
Tensor2 max_pool2d_with_indices(const Tensor& x, FuncArg<MaxPool2dFuncOptions> o) {
  return weft::max_pool2d_with_indices(x, o->kernel_size(), o->stride(), o->padding(), o->dilation(), o->ceil_mode());
}
Tensor avg_pool2d(const Tensor& x, FuncArg<AvgPool2dFuncOptions> o) {
  return weft::avg_pool2d(x, o->kernel_size(), o->stride(), o->padding(), o->ceil_mode(), o->count_include_pad(),
                          o->divisor_override());
}
Tensor adaptive_avg_pool2d(const Tensor& x, FuncArg<AdaptiveAvgPool2dFuncOptions> o) {
  return weft::adaptive_avg_pool2d(x, resolve(o->output_size(), x, "adaptive_avg_pool2d"));
}
Tensor adaptive_max_pool2d(const Tensor& x, FuncArg<AdaptiveMaxPool2dFuncOptions> o) {
  return weft::adaptive_max_pool2d(x, resolve(o->output_size(), x, "adaptive_max_pool2d"));
}
Tensor adaptive_avg_pool2d(const Tensor& x, std::initializer_list<std::optional<int64_t>> output_size) {
  return adaptive_avg_pool2d(x, listed(output_size));
}
Tensor adaptive_max_pool2d(const Tensor& x, std::initializer_list<std::optional<int64_t>> output_size) {
  return adaptive_max_pool2d(x, listed(output_size));
}

}  // namespace functional

Tensor MaxPool2dImpl::forward(const Tensor& x) {
  return run([this](const Tensor& in) { return functional::max_pool2d(in, options); }, x);
}
Tensor2 MaxPool2dImpl::forward_with_indices(const Tensor& x) {
  return run([this](const Tensor& in) { return functional::max_pool2d_with_indices(in, options); }, x);
}
void MaxPool2dImpl::pretty_print(std::ostream& out) const {
  out << std::boolalpha << "weft::nn::MaxPool2d(kernel_size=" << detail::print_sizes(options.kernel_size())
      << ", stride=" << detail::print_sizes(options.stride()) << ", padding=" << detail::print_sizes(options.padding())
      << ", dilation=" << detail::print_sizes(options.dilation()) << ", ceil_mode=" << options.ceil_mode() << ")";
}

Tensor AvgPool2dImpl::forward(const Tensor& x) {
  return run([this](const Tensor& in) { return functional::avg_pool2d(in, options); }, x);
}
void AvgPool2dImpl::pretty_print(std::ostream& out) const {
  out << "weft::nn::AvgPool2d(kernel_size=" << detail::print_sizes(options.kernel_size())
      << ", stride=" << detail::print_sizes(options.stride()) << ", padding=" << detail::print_sizes(options.padding())
      << ")";
}

Tensor AdaptiveAvgPool2dImpl::forward(const Tensor& x) {
  return run([this](const Tensor& in) { return functional::adaptive_avg_pool2d(in, options); }, x);
}
void AdaptiveAvgPool2dImpl::pretty_print(std::ostream& out) const { print_adaptive(out, "AdaptiveAvgPool2d", options); }

Tensor AdaptiveMaxPool2dImpl::forward(const Tensor& x) {
  return run([this](const Tensor& in) { return functional::adaptive_max_pool2d(in, options); }, x);
}
void AdaptiveMaxPool2dImpl::pretty_print(std::ostream& out) const { print_adaptive(out, "AdaptiveMaxPool2d", options); }

template class Cloneable<MaxPool2dImpl>;
template class Cloneable<AvgPool2dImpl>;
template class Cloneable<AdaptiveAvgPool2dImpl>;
template class Cloneable<AdaptiveMaxPool2dImpl>;

}  // namespace weft::nn
