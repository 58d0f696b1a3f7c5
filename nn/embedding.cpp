#include "weft/nn/embedding.h"

#include <ostream>

#include "weft/nn/init.h"
#include "weft/tensor/creation.h"

namespace weft::nn {
namespace {

/// The row index counted from the start; throws ValueError if it is outside the table.
std::optional<int64_t> row(std::optional<int64_t> padding_idx, int64_t num) {
  if (!padding_idx) return padding_idx;
  check<ValueError>(*padding_idx >= -num && *padding_idx < num, "[embedding] padding_idx {} of {} embeddings",
                    *padding_idx, num);
  return *padding_idx < 0 ? *padding_idx + num : *padding_idx;
}

}  // namespace

namespace functional {
Tensor embedding(const Tensor& index, const Tensor& weight, const EmbeddingFuncOptions& o) {
  return weft::embedding(weight, index, row(o.padding_idx(), weight.size(0)).value_or(-1));
}
}  // namespace functional

EmbeddingImpl::EmbeddingImpl(const EmbeddingOptions& given) : options(given) {
  options.padding_idx(row(options.padding_idx(), options.num_embeddings()));
  reset();
}

void EmbeddingImpl::reset() {
  const int64_t num = options.num_embeddings(), dim = options.embedding_dim();
  const Tensor& table = options._weight();
  if (table.defined()) {
    check<ShapeError>(table.sizes() == IntArrayRef({num, dim}), "[Embedding] the given weight {} is not [{}, {}]",
                      table.sizes(), num, dim);
    weight = register_parameter("weight", table.detach().clone());
    return;
  }
  weight = register_parameter("weight", empty({num, dim}));
  reset_parameters();
}

void EmbeddingImpl::reset_parameters() {
  init::normal_(weight);
  if (options.padding_idx()) init::zeros_(weight.detach().select(0, *options.padding_idx()));
}

void EmbeddingImpl::pretty_print(std::ostream& out) const {
  out << "weft::nn::Embedding(num_embeddings=" << options.num_embeddings()
      << ", embedding_dim=" << options.embedding_dim();
  if (options.padding_idx()) out << ", padding_idx=" << *options.padding_idx();
  out << ")";
}

Tensor EmbeddingImpl::forward(const Tensor& index) {
  return run([this](const Tensor& i) { return weft::embedding(weight, i, options.padding_idx().value_or(-1)); }, index);
}

Embedding Embedding::from_pretrained(const Tensor& embeddings, const EmbeddingFromPretrainedOptions& o) {
  check<ShapeError>(embeddings.dim() == 2, "[Embedding] a table has two dimensions, got {}", embeddings.sizes());
  Embedding made(
      EmbeddingOptions(embeddings.size(0), embeddings.size(1)).padding_idx(o.padding_idx())._weight(embeddings));
  made->weight.set_requires_grad(!o.freeze());
  return made;
}

template class Cloneable<EmbeddingImpl>;

}  // namespace weft::nn
