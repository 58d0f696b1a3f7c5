// Embedding: a table of vectors, indexed by integers.
#pragma once

#include "weft/autograd/functions.h"
#include "weft/nn/cloneable.h"
#include "weft/nn/options.h"

namespace weft::nn {

/// padding_idx (negative: from the end) is a row that starts at zero and gets no gradient. `_weight` supplies the
/// table.
struct EmbeddingOptions {
  EmbeddingOptions(int64_t num_embeddings, int64_t embedding_dim)
      : num_embeddings_(num_embeddings), embedding_dim_(embedding_dim) {}
  WEFT_ARG(int64_t, num_embeddings);
  WEFT_ARG(int64_t, embedding_dim);
  WEFT_ARG(std::optional<int64_t>, padding_idx) = std::nullopt;
  WEFT_ARG(Tensor, _weight);
};
struct EmbeddingFromPretrainedOptions {
  WEFT_ARG(bool, freeze) = true;
  WEFT_ARG(std::optional<int64_t>, padding_idx) = std::nullopt;
};

namespace functional {
struct EmbeddingFuncOptions {
  WEFT_ARG(std::optional<int64_t>, padding_idx) = std::nullopt;
};
using weft::one_hot;
/// The rows of weight [num, dim] at index (int64 or int32, any shape): [*index, dim].
Tensor embedding(const Tensor& index, const Tensor& weight, const EmbeddingFuncOptions& options = {});
}  // namespace functional

/// index (int64 or int32, any shape) -> [*index, embedding_dim]. Throws IndexError for an index outside the table.
/// weight [num_embeddings, embedding_dim] is initialised standard normal.
class EmbeddingImpl : public Layer<EmbeddingImpl> {
 public:
  EmbeddingImpl(int64_t num_embeddings, int64_t embedding_dim)
      : EmbeddingImpl(EmbeddingOptions(num_embeddings, embedding_dim)) {}
  explicit EmbeddingImpl(const EmbeddingOptions& options);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& index);

  EmbeddingOptions options;
  Tensor weight;
};

extern template class Cloneable<EmbeddingImpl>;

class Embedding : public ModuleHolder<EmbeddingImpl> {
 public:
  using ModuleHolder<EmbeddingImpl>::ModuleHolder;
  using Impl = EmbeddingImpl;
  /// An Embedding with the table [num, dim]; it is frozen by default.
  static Embedding from_pretrained(const Tensor& embeddings, const EmbeddingFromPretrainedOptions& options = {});
};

}  // namespace weft::nn
