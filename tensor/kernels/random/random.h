// Filling memory with random numbers.
#pragma once

#include "weft/tensor/random.h"

namespace weft::kernel {

/// Draws PyTorch's values; `generator`'s mutex must be held. dst may have any strides.
void uniform(const Tensor& dst, double from, double to, Generator& generator);
void normal(const Tensor& dst, double mean, double std, Generator& generator);
void bernoulli(const Tensor& dst, double p, Generator& generator);
void random_integers(const Tensor& dst, int64_t from, int64_t to, Generator& generator);

}  // namespace weft::kernel
