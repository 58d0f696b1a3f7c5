#include "weft/nn/activation.h"

#include <ostream>

#include "weft/tensor/creation.h"

namespace weft::nn {
namespace {

// Per activation: its name, its function, and a printer for its options.
template <class Options>
struct Row;

template <class T>
void print_option(std::ostream& out, const char*& separator, const char* label, const T& value) {
  if (!label) return;
  out << separator << label << value;
  separator = ", ";
}

// Throws for options that the layer rejects on construction.
template <class Options>
void check_options(const Options&) {}
void check_options(const HardtanhOptions& o) {
  check<ValueError>(o.min_val() < o.max_val(), "[Hardtanh] min_val {} is not below max_val {}", o.min_val(),
                    o.max_val());
}

}  // namespace

#define WEFT_ROW(Name, function, call, print)                                                        \
  namespace {                                                                                        \
  template <>                                                                                        \
  struct Row<Name##Options> {                                                                        \
    static constexpr const char* kName = "weft::nn::" #Name;                                         \
    static Tensor apply(const Tensor& x, [[maybe_unused]] const Name##Options& o) {                  \
      return detail::in_place(x, o.inplace(), [&](const Tensor& t) { return call; });                \
    }                                                                                                \
    static void options([[maybe_unused]] std::ostream& out, [[maybe_unused]] const char*& separator, \
                        [[maybe_unused]] const Name##Options& o) {                                   \
      print;                                                                                         \
    }                                                                                                \
  };                                                                                                 \
  }                                                                                                  \
  Tensor functional::function(const Tensor& x, const Name##FuncOptions& o) { return Row<Name##Options>::apply(x, o); }
#define WEFT_ACTIVATION0(Name, function) WEFT_ROW(Name, function, weft::function(t), )
#define WEFT_ACTIVATION1(Name, function, type, option, default_value, label) \
  WEFT_ROW(Name, function, weft::function(t, o.option()), print_option(out, separator, label, o.option()))
#define WEFT_ACTIVATION2(Name, function, type, option, default_value, label, type2, option2, default_value2, label2) \
  WEFT_ROW(Name, function, weft::function(t, o.option(), o.option2()),                                               \
           (print_option(out, separator, label, o.option()), print_option(out, separator, label2, o.option2())))
#include "weft/nn/activations.def"

namespace detail {

template <class Options>
ActivationImpl<Options>::ActivationImpl(Options options)
    : Layer<ActivationImpl<Options>>(std::string(Row<Options>::kName) + "Impl"), options(std::move(options)) {
  check_options(this->options);
}

template <class Options>
void ActivationImpl<Options>::pretty_print(std::ostream& out) const {
  const char* separator = "";
  out << Row<Options>::kName << "(";
  Row<Options>::options(out, separator, options);
  if (options.inplace()) out << separator << "inplace=true";
  out << ")";
}

template <class Options>
Tensor ActivationImpl<Options>::forward(const Tensor& x) {
  return this->run([this](const Tensor& in) { return Row<Options>::apply(in, options); }, x);
}

}  // namespace detail

#define WEFT_ACTIVATION0(Name, ...)     \
  template class Cloneable<Name##Impl>; \
  template class detail::ActivationImpl<Name##Options>;
#define WEFT_ACTIVATION1(Name, ...) WEFT_ACTIVATION0(Name, )
#define WEFT_ACTIVATION2(Name, ...) WEFT_ACTIVATION0(Name, )
#include "weft/nn/activations.def"

PReLUImpl::PReLUImpl(const PReLUOptions& options) : options(options) { reset(); }

void PReLUImpl::reset() {
  check<ValueError>(options.num_parameters() > 0, "[PReLU] num_parameters must be positive, got {}",
                    options.num_parameters());
  weight = register_parameter("weight", full({options.num_parameters()}, options.init()));
}

void PReLUImpl::pretty_print(std::ostream& out) const {
  out << "weft::nn::PReLU(num_parameters=" << options.num_parameters() << ")";
}

Tensor PReLUImpl::forward(const Tensor& x) {
  return run([this](const Tensor& in) { return weft::prelu(in, weight); }, x);
}

template class Cloneable<PReLUImpl>;

}  // namespace weft::nn
