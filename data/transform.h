// Transforms: of batches (BatchTransform), of samples (Transform), of the data alone (TensorTransform); functions as
// transforms; Stack; Compose.
#pragma once

#include <functional>
#include <tuple>
#include <utility>
#include <vector>

#include "weft/data/array_ref.h"
#include "weft/data/example.h"
#include "weft/data/image_plan.h"

namespace weft::data::transforms {

/// Converts one batch to another: derived classes implement apply_batch.
template <class InputBatch, class OutputBatch>
class BatchTransform {
 public:
  using InputBatchType = InputBatch;
  using OutputBatchType = OutputBatch;
  virtual ~BatchTransform() = default;
  virtual OutputBatch apply_batch(InputBatch batch) = 0;
};

/// Converts one sample at a time: derived classes implement apply.
template <class Input, class Output>
class Transform : public BatchTransform<std::vector<Input>, std::vector<Output>> {
 public:
  using InputType = Input;
  using OutputType = Output;
  virtual Output apply(Input input) = 0;
  std::vector<Output> apply_batch(std::vector<Input> batch) override {
    std::vector<Output> out;
    out.reserve(batch.size());
    for (auto& input : batch) out.push_back(apply(std::move(input)));
    return out;
  }
};

/// Converts the data of one sample: derived classes implement operator().
template <class Target = Tensor>
class TensorTransform : public Transform<Example<Tensor, Target>, Example<Tensor, Target>> {
 public:
  virtual Tensor operator()(Tensor input) = 0;
  Example<Tensor, Target> apply(Example<Tensor, Target> input) override {
    input.data = (*this)(std::move(input.data));
    return input;
  }
};

extern template class Transform<Example<>, Example<>>;
extern template class TensorTransform<Tensor>;

/// A function of a batch.
template <class Input, class Output = Input>
class BatchLambda : public BatchTransform<Input, Output> {
 public:
  using FunctionType = std::function<Output(Input)>;
  explicit BatchLambda(FunctionType function) : function_(std::move(function)) {}
  Output apply_batch(Input batch) override { return function_(std::move(batch)); }

 private:
  FunctionType function_;
};

/// A function of a sample: `Lambda<Example<>>([](Example<> e) { ...; return e; })`.
template <class Input, class Output = Input>
class Lambda : public Transform<Input, Output> {
 public:
  using FunctionType = std::function<Output(Input)>;
  explicit Lambda(FunctionType function) : function_(std::move(function)) {}
  Output apply(Input input) override { return function_(std::move(input)); }

 private:
  FunctionType function_;
};

/// A function of a sample's data.
template <class Target = Tensor>
class TensorLambda : public TensorTransform<Target> {
 public:
  using FunctionType = std::function<Tensor(Tensor)>;
  explicit TensorLambda(FunctionType function) : function_(std::move(function)) {}
  Tensor operator()(Tensor input) override { return function_(std::move(input)); }

 private:
  FunctionType function_;
};

/// Base of transforms that make one batch from a vector of samples.
template <class T, class Batch = std::vector<T>>
using Collation = BatchTransform<Batch, T>;
template <class T, class Batch = std::vector<T>>
using Collate = BatchLambda<Batch, T>;

/// A new tensor [N, ...] from N tensors of one shape and dtype, outside the graph. Throws ShapeError or DtypeError with
/// the first that differs.
Tensor stack_tensors(const std::vector<Tensor>& tensors);

/// Stacks samples to a batch: data [N, ...], target [N, ...].
template <class E = Example<>>
struct Stack;
template <>
struct Stack<Example<>> : Collation<Example<>> {
  Example<> apply_batch(std::vector<Example<>> examples) override;
};
template <>
struct Stack<TensorExample> : Collation<TensorExample> {
  TensorExample apply_batch(std::vector<TensorExample> examples) override;
};
template <class T>
inline constexpr bool is_stack = false;
template <class E>
inline constexpr bool is_stack<Stack<E>> = true;

/// Epoch and samples of a batch: the counters of random transforms.
struct BatchKey {
  uint64_t epoch;
  ArrayRef<size_t> samples;
};

/// Applies a transform that may use the key of its batch.
template <class T>
typename T::OutputBatchType apply_batch_of(T& transform, typename T::InputBatchType batch, const BatchKey& key) {
  if constexpr (requires { transform.apply_batch(std::move(batch), key); })
    return transform.apply_batch(std::move(batch), key);
  else
    return transform.apply_batch(std::move(batch));
}

/// Several transforms of samples, one after the other: `Compose(RandomShift(2), Normalize<>(0.1307, 0.3081))`.
template <class... Ts>
class Compose : public Transform<Example<>, Example<>> {
 public:
  explicit Compose(Ts... transforms) : transforms_(std::move(transforms)...) {}

  Example<> apply(Example<> input) override {
    std::apply([&](auto&... t) { ((input = t.apply(std::move(input))), ...); }, transforms_);
    return input;
  }
  using Transform<Example<>, Example<>>::apply_batch;
  std::vector<Example<>> apply_batch(std::vector<Example<>> batch, const BatchKey& key) {
    std::apply([&](auto&... t) { ((batch = apply_batch_of(t, std::move(batch), key)), ...); }, transforms_);
    return batch;
  }
  void add_stages(std::vector<const ImageStage*>& stages) const requires(HasStages<Ts>&&...) {
    std::apply([&](const auto&... t) { (t.add_stages(stages), ...); }, transforms_);
  }

 private:
  std::tuple<Ts...> transforms_;
};

}  // namespace weft::data::transforms
