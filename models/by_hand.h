// A network with one hidden layer without tape and modules: forward and backward are written out on tensors.
#pragma once

#include <cmath>

#include "weft/autograd/functions.h"
#include "weft/autograd/nn_ops.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/random.h"

namespace models {

using weft::Tensor;

enum class HandLoss {
  squared_error,  ///< (y - t)^2 summed over the classes
  cross_entropy,  ///< of softmax(y)
};

/// y = relu(x w1 + b1) w2 + b2, or the gradient of each of its four parameters.
struct HandNet {
  Tensor w1, b1, w2, b2;

  /// He's first weights: normal numbers of variance 2 / inputs, which keep the size of what relu lets through.
  static HandNet make(int64_t inputs, int64_t hidden, int64_t classes) {
    auto he = [](int64_t in, int64_t out) { return weft::randn({in, out}) * std::sqrt(2.0 / static_cast<double>(in)); };
    return {he(inputs, hidden), weft::zeros({hidden}), he(hidden, classes), weft::zeros({classes})};
  }

  /// x [N, inputs]; y [N, classes].
  Tensor forward(const Tensor& x) const { return hidden(x).matmul(w2) + b2; }

  /// Sets `loss` to the mean over the samples and returns its gradient. x [N, inputs], one-hot target [N, classes].
  HandNet backward(const Tensor& x, const Tensor& target, HandLoss kind, double& loss) const {
    const Tensor a = hidden(x), y = a.matmul(w2) + b2;
    const auto n = static_cast<double>(x.size(0));

    // How the loss changes with y: of both, the error times a number. softmax and logarithm cancel to it.
    Tensor dy;
    if (kind == HandLoss::squared_error) {
      const Tensor error = y - target;
      loss = error.square().sum().item<double>() / n;
      dy = error * (2 / n);
    } else {
      loss = -(y.log_softmax(1) * target).sum().item<double>() / n;
      dy = (y.softmax(1) - target) / n;
    }

    // Back through the second layer, through relu, which lets pass what it let pass, and to the first layer.
    HandNet grad;
    grad.w2 = a.t().matmul(dy);
    grad.b2 = dy.sum({0});
    const Tensor dz = dy.matmul(w2.t()).mul_(a > 0);
    grad.w1 = x.t().matmul(dz);
    grad.b1 = dz.sum({0});
    return grad;
  }

  /// Gradient descent: every parameter goes a step against its gradient.
  void step(const HandNet& grad, double rate) {
    w1.sub_(grad.w1, rate), b1.sub_(grad.b1, rate);
    w2.sub_(grad.w2, rate), b2.sub_(grad.b2, rate);
  }

 private:
  Tensor hidden(const Tensor& x) const { return x.matmul(w1).add_(b1).relu_(); }
};

}  // namespace models
