// The common pipelines, `set.map(Normalize).map(Stack)` with a loader: compiled in the library, so that programs need
// not compile them again.
#pragma once

#include "weft/data/data_loader.h"
#include "weft/data/image_transforms.h"
#include "weft/data/mnist.h"
#include "weft/data/synthetic_digits.h"

namespace weft::data::detail {
template <class D>
using Normalized = datasets::MapDataset<D, transforms::Normalize<>>;
template <class D>
using NormalizedBatches = datasets::MapDataset<Normalized<D>, transforms::Stack<>>;
}  // namespace weft::data::detail

#define WEFT_LOADER(keyword, Set, Sampler)                                                                  \
  keyword template class DataLoader<detail::NormalizedBatches<datasets::Set>, samplers::Sampler>;           \
  keyword template std::unique_ptr<DataLoader<detail::NormalizedBatches<datasets::Set>, samplers::Sampler>> \
      make_data_loader<samplers::Sampler>(detail::NormalizedBatches<datasets::Set>, DataLoaderOptions);
#define WEFT_PIPELINES(keyword, Set)                                                                   \
  keyword template class datasets::MapDataset<datasets::Set, transforms::Normalize<>>;                 \
  keyword template class datasets::MapDataset<detail::Normalized<datasets::Set>, transforms::Stack<>>; \
  WEFT_LOADER(keyword, Set, SequentialSampler)                                                         \
  WEFT_LOADER(keyword, Set, RandomSampler)

namespace weft::data {
WEFT_PIPELINES(extern, MNIST)
WEFT_PIPELINES(extern, FashionMNIST)
WEFT_PIPELINES(extern, SyntheticDigits)
}  // namespace weft::data
