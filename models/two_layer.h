// The network of mnist_two_layer, which mnist_gradient_check examines.
#pragma once

namespace models {

inline constexpr const char* kTwoLayerNet =
    "input 1 28 28 | flatten | fc1 = linear 50 init normal 0.01 bias zeros | sigmoid"
    "| fc2 = linear 10 init normal 0.01 bias zeros";

}  // namespace models
