#include "weft/nn/flatten.h"

#include <ostream>

namespace weft::nn {

namespace functional {
Tensor pad(const Tensor& x, FuncArg<PadFuncOptions> o) {
  return weft::pad(x, o->pad(), o->mode().zeros() ? "constant" : o->mode().name, o->value());
}
Tensor pixel_shuffle(const Tensor& x, const PixelShuffleFuncOptions& o) {
  return weft::pixel_shuffle(x, o.upscale_factor());
}
}  // namespace functional

Tensor FlattenImpl::forward(const Tensor& x) {
  return run([this](const Tensor& in) { return in.flatten(options.start_dim(), options.end_dim()); }, x);
}
void FlattenImpl::pretty_print(std::ostream& out) const {
  out << "weft::nn::Flatten(start_dim=" << options.start_dim() << ", end_dim=" << options.end_dim() << ")";
}

Tensor UnflattenImpl::forward(const Tensor& x) {
  return run([this](const Tensor& in) { return in.unflatten(options.dim(), options.sizes()); }, x);
}
void UnflattenImpl::pretty_print(std::ostream& out) const {
  out << "weft::nn::Unflatten(dim=" << options.dim() << ", unflattened_size={";
  for (size_t i = 0; i < options.sizes().size(); ++i) out << (i ? ", " : "") << options.sizes()[i];
  out << "})";
}

Tensor IdentityImpl::forward(const Tensor& x) {
  return run([](const Tensor& in) { return in; }, x);
}
void IdentityImpl::pretty_print(std::ostream& out) const { out << "weft::nn::Identity()"; }

Tensor PixelShuffleImpl::forward(const Tensor& x) {
  return run([this](const Tensor& in) { return weft::pixel_shuffle(in, options.upscale_factor()); }, x);
}
void PixelShuffleImpl::pretty_print(std::ostream& out) const {
  out << "weft::nn::PixelShuffle(upscale_factor=" << options.upscale_factor() << ")";
}

namespace detail {

template <size_t D>
constexpr const char* kConstantPad = D == 1 ? "weft::nn::ConstantPad1d" : "weft::nn::ConstantPad2d";

template <size_t D>
ConstantPadImpl<D>::ConstantPadImpl(const ConstantPadOptions<D>& options)
    : Layer<ConstantPadImpl<D>>(std::string(kConstantPad<D>) + "Impl"), options(options) {}

template <size_t D>
Tensor ConstantPadImpl<D>::forward(const Tensor& x) {
  return this->run([this](const Tensor& in) { return weft::pad(in, options.padding(), "constant", options.value()); },
                   x);
}

template <size_t D>
void ConstantPadImpl<D>::pretty_print(std::ostream& out) const {
  out << kConstantPad<D> << "(padding=" << to_string(IntArrayRef(options.padding())) << ", value=" << options.value()
      << ")";
}

template <class Kind>
Tensor Pad2dImpl<Kind>::forward(const Tensor& x) {
  auto body = [this](const Tensor& in) {
    check<ShapeError>(in.dim() >= 2, "[pad] two dimensions are padded, got {}", in.sizes());
    return weft::pad(in, options.padding(), Kind::kMode);
  };
  return this->run(body, x);
}

template <class Kind>
void Pad2dImpl<Kind>::pretty_print(std::ostream& out) const {
  out << Kind::kName << "(padding=" << to_string(IntArrayRef(options.padding())) << ")";
}

template class ConstantPadImpl<1>;
template class ConstantPadImpl<2>;
template class Pad2dImpl<ZeroPad>;
template class Pad2dImpl<ReflectionPad>;
template class Pad2dImpl<ReplicationPad>;

}  // namespace detail
template class Cloneable<FlattenImpl>;
template class Cloneable<UnflattenImpl>;
template class Cloneable<IdentityImpl>;
template class Cloneable<PixelShuffleImpl>;
template class Cloneable<ConstantPad1dImpl>;
template class Cloneable<ConstantPad2dImpl>;
template class Cloneable<ZeroPad2dImpl>;
template class Cloneable<ReflectionPad2dImpl>;
template class Cloneable<ReplicationPad2dImpl>;

}  // namespace weft::nn
