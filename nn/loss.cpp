#include "weft/nn/loss.h"

#include <ostream>
#include <sstream>

namespace weft::nn {
namespace {

std::string print_weight(const Tensor& weight) {
  std::ostringstream out;
  if (weight.defined())
    out << weight;
  else
    out << "[ Tensor (undefined) ]";
  return out.str();
}

const char* print_reduction(Reduction r) {
  return r == Reduction::Mean ? "kMean" : r == Reduction::Sum ? "kSum" : "kNone";
}

// Per loss: its name, its function, and a printer.
template <class Options>
struct Row;

}  // namespace

#define WEFT_ROW(Name, function, FuncOptions, args, printed)                                                      \
  namespace {                                                                                                     \
  template <>                                                                                                     \
  struct Row<Name##Options> {                                                                                     \
    static constexpr const char* kName = "weft::nn::" #Name;                                                      \
    static Tensor apply(const Tensor& x, const Tensor& t, const Name##Options& o) { return weft::function args; } \
    static void print(std::ostream& out, [[maybe_unused]] const Name##Options& o) { out << kName << printed; }    \
  };                                                                                                              \
  }                                                                                                               \
  Tensor functional::function(const Tensor& input, const Tensor& target, FuncArg<FuncOptions> o) {                \
    return Row<Name##Options>::apply(input, target, *o);                                                          \
  }
#define WEFT_LOSS(Name, ReductionType, function, FuncOptions, fields, args, printed) \
  WEFT_ROW(Name, function, FuncOptions, args, printed)
#define WEFT_WEIGHTED_LOSS(Name, function, FuncOptions, fields, args, printed) \
  WEFT_ROW(Name, function, FuncOptions, args, printed)
#include "weft/nn/losses.def"

namespace detail {

template <class Options>
LossImpl<Options>::LossImpl(const Options& options)
    : Layer<LossImpl<Options>>(std::string(Row<Options>::kName) + "Impl"), options(options) {
  reset();
}

template <class Options>
void LossImpl<Options>::reset() {
  // The buffers are the tensors in options, so that to() reaches the tensors that forward reads.
  [[maybe_unused]] auto own = [this](const char* name, Tensor& weight) {
    if (weight.defined()) weight = weight.detach().clone();
    this->register_buffer(name, weight);
  };
  if constexpr (requires { options.weight(); }) own("weight", options.weight());
  if constexpr (requires { options.pos_weight(); }) own("pos_weight", options.pos_weight());
}

template <class Options>
void LossImpl<Options>::pretty_print(std::ostream& out) const {
  Row<Options>::print(out, options);
}

template <class Options>
Tensor LossImpl<Options>::forward(const Tensor& input, const Tensor& target) {
  return this->run([this](const Tensor& x, const Tensor& t) { return Row<Options>::apply(x, t, options); }, input,
                   target);
}

}  // namespace detail

#define WEFT_LOSS(Name, ...)            \
  template class Cloneable<Name##Impl>; \
  template class detail::LossImpl<Name##Options>;
#define WEFT_WEIGHTED_LOSS(Name, ...) WEFT_LOSS(Name, )
#include "weft/nn/losses.def"

}  // namespace weft::nn
