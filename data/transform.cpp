#include "weft/data/transform.h"

#include <cstring>

#include "weft/tensor/creation.h"
#include "weft/tensor/parallel.h"

namespace weft::data::transforms {

template class Transform<Example<>, Example<>>;
template class TensorTransform<Tensor>;

Tensor stack_tensors(const std::vector<Tensor>& tensors) {
  check<ValueError>(!tensors.empty(), "[Stack] got no tensors");
  const Tensor& first = tensors[0];
  for (size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& t = tensors[i];
    check<ValueError>(t.defined(), "[Stack] sample {} of the batch has no tensor", i);
    check<ShapeError>(t.sizes() == first.sizes(), "[Stack] sample {} of the batch is {}, sample 0 is {}", i, t.sizes(),
                      first.sizes());
    check<DtypeError>(t.dtype() == first.dtype(), "[Stack] sample {} of the batch is {}, sample 0 is {}", i, t.dtype(),
                      first.dtype());
  }
  Dims sizes(first.sizes());
  sizes.insert(0, static_cast<int64_t>(tensors.size()));
  Tensor out = empty(sizes, first.dtype());
  const auto bytes = static_cast<size_t>(first.nbytes());
  auto* to = static_cast<char*>(out.data_ptr());
  for (const Tensor& t : tensors) {
    if (bytes) std::memcpy(to, t.contiguous().data_ptr(), bytes);
    to += bytes;
  }
  return out;
}

Example<> Stack<Example<>>::apply_batch(std::vector<Example<>> examples) {
  std::vector<Tensor> data, targets;
  data.reserve(examples.size());
  targets.reserve(examples.size());
  for (Example<>& e : examples) {
    data.push_back(std::move(e.data));
    targets.push_back(std::move(e.target));
  }
  return {stack_tensors(data), stack_tensors(targets)};
}

TensorExample Stack<TensorExample>::apply_batch(std::vector<TensorExample> examples) {
  std::vector<Tensor> data;
  data.reserve(examples.size());
  for (TensorExample& e : examples) data.push_back(std::move(e.data));
  return stack_tensors(data);
}

}  // namespace weft::data::transforms
