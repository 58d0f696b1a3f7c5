// Networks that several programs train.
#pragma once

#include "weft/nn/lang/pipe.h"

namespace models {

/// Reaches 99 % on MNIST in an epoch. Pooling comes before relu, which then has a quarter of the work and gives the
/// same result.
inline weft::nn::Model quick_net() {
  namespace nn = weft::nn;
  return nn::input(1, 28, 28) | nn::conv(24, 5) | nn::max_pool(2) | nn::relu() | nn::conv(32, 3) | nn::max_pool(2) |
         nn::relu() | nn::flatten() | nn::linear(256) | nn::relu() | nn::linear(10);
}

/// The network of mnist_two_layer, checked by mnist_gradient_check.
inline constexpr const char* kTwoLayerNet =
    "input 1 28 28 | flatten | fc1 = linear 50 init normal 0.01 bias zeros | sigmoid"
    "| fc2 = linear 10 init normal 0.01 bias zeros";

}  // namespace models
