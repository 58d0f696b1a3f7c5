#include "weft/nn/branches.h"

#include <ostream>

#include "weft/autograd/functions.h"

namespace weft::nn {
namespace {

Sequential copy_of(const Sequential& net) { return Sequential(std::static_pointer_cast<SequentialImpl>(net->clone())); }

void check_same(const char* op, const Tensor& a, const Tensor& b) {
  check<ShapeError>(a.sizes() == b.sizes(), "[{}] sizes {} and {} cannot be added", op, a.sizes(), b.sizes());
}

}  // namespace

// Residual -----------------------------------------------------------------------------------------------------------
ResidualImpl::ResidualImpl(Sequential body) : body(std::move(body)) { register_module("body", this->body); }

std::shared_ptr<Module> ResidualImpl::clone(const std::optional<Device>&) const {
  auto copy = std::make_shared<ResidualImpl>(*this);
  copy->remake([&] { copy->body = copy->register_module("body", copy_of(body)); });
  return copy;
}

void ResidualImpl::pretty_print(std::ostream& stream) const { stream << "weft::nn::Residual"; }

Tensor ResidualImpl::forward(const Tensor& x) {
  auto sum = [this](const Tensor& in) {
    const Tensor made = body->forward(in);
    check_same("residual", in, made);
    return in + made;
  };
  return run(sum, x);
}

// Parallel -----------------------------------------------------------------------------------------------------------
ParallelImpl::ParallelImpl(std::vector<Sequential> branches, const ParallelOptions& options)
    : options(options), branches(std::move(branches)) {
  check<ValueError>(!this->branches.empty(), "[Parallel] needs at least one branch");
  register_branches();
}

void ParallelImpl::register_branches() {
  for (size_t i = 0; i < branches.size(); ++i) register_module(std::to_string(i), branches[i]);
}

std::shared_ptr<Module> ParallelImpl::clone(const std::optional<Device>&) const {
  auto copy = std::make_shared<ParallelImpl>(*this);
  copy->remake([&] {
    for (Sequential& branch : copy->branches) branch = copy_of(branch);
    copy->register_branches();
  });
  return copy;
}

void ParallelImpl::pretty_print(std::ostream& stream) const {
  stream << "weft::nn::Parallel(";
  if (options.add())
    stream << "add)";
  else
    stream << "concat, dim=" << options.dim() << ")";
}

Tensor ParallelImpl::forward(const Tensor& x) {
  auto join = [this](const Tensor& in) {
    TensorList made;
    for (const Sequential& branch : branches) made.push_back(branch->forward(in));
    if (!options.add()) return cat(made, options.dim());
    Tensor sum = made.front();
    for (size_t i = 1; i < made.size(); ++i) {
      check_same("parallel", sum, made[i]);
      sum = sum + made[i];
    }
    return sum;
  };
  return run(join, x);
}

template class Cloneable<ResidualImpl>;
template class Cloneable<ParallelImpl>;

}  // namespace weft::nn
