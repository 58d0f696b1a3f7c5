#include "weft/nn/dropout.h"

#include <ostream>

namespace weft::nn {

namespace functional {
Tensor dropout(const Tensor& x, const DropoutFuncOptions& o) {
  return detail::in_place(x, o.inplace(), [&](const Tensor& t) { return weft::dropout(t, o.p(), o.training()); });
}
Tensor dropout2d(const Tensor& x, const Dropout2dFuncOptions& o) {
  return detail::in_place(x, o.inplace(), [&](const Tensor& t) { return weft::dropout2d(t, o.p(), o.training()); });
}
}  // namespace functional

namespace detail {

struct Elements {
  static constexpr const char* kName = "weft::nn::Dropout";
  static constexpr auto kFunction =
      static_cast<Tensor (*)(const Tensor&, const functional::DropoutFuncOptions&)>(functional::dropout);
};
struct Channels {
  static constexpr const char* kName = "weft::nn::Dropout2d";
  static constexpr auto kFunction =
      static_cast<Tensor (*)(const Tensor&, const functional::DropoutFuncOptions&)>(functional::dropout2d);
};

template <class Tag>
DropoutImpl<Tag>::DropoutImpl(const DropoutOptions& options)
    : Layer<DropoutImpl<Tag>>(std::string(Tag::kName) + "Impl"), options(options) {
  reset();
}

template <class Tag>
void DropoutImpl<Tag>::reset() {
  check<ValueError>(options.p() >= 0 && options.p() <= 1, "[dropout] p must be in [0, 1], got {}", options.p());
}

template <class Tag>
void DropoutImpl<Tag>::pretty_print(std::ostream& out) const {
  out << std::boolalpha << Tag::kName << "(p=" << options.p() << ", inplace=" << options.inplace() << ")";
}

template <class Tag>
Tensor DropoutImpl<Tag>::forward(const Tensor& x) {
  const auto o =
      functional::DropoutFuncOptions().p(options.p()).training(this->is_training()).inplace(options.inplace());
  return this->run([&](const Tensor& in) { return Tag::kFunction(in, o); }, x);
}

template class DropoutImpl<Elements>;
template class DropoutImpl<Channels>;

}  // namespace detail
template class Cloneable<DropoutImpl>;
template class Cloneable<Dropout2dImpl>;

}  // namespace weft::nn
