// Shared by pooling.cpp and the fused ops.
#pragma once

#include <memory>

#include "weft/autograd/fused.h"
#include "weft/tensor/kernels/conv/pool.h"

namespace weft::autograd {

using Windows = std::shared_ptr<const kernel::PoolWindows>;

/// The windows of max_pool2d on an image batch or image of these sizes; throws the same errors.
Windows max_pool_windows(const char* op, IntArrayRef sizes, Dtype dtype, const MaxPoolArgs& args);

/// g added at positions of zeros: the gradient of max-pooling.
Tensor unpool(const Tensor& g, const Tensor& positions, const Windows& windows, bool channels_last);

}  // namespace weft::autograd
