// A network with one hidden layer without the tape: forward and backward are written out on tensors.
#pragma once

#include <fmt/format.h>

#include "weft/autograd/functions.h"
#include "weft/autograd/grad_mode.h"
#include "weft/autograd/nn_ops.h"
#include "weft/nn/lang/model.h"

namespace models {

using weft::Tensor;

enum class HandLoss {
  squared_error,  ///< (y - t)^2 summed over the classes
  cross_entropy,  ///< of softmax(y)
};

/// y = relu(x w1' + b1) w2' + b2 with the parameters of a model, whose own forward and tape are not used: the model
/// names and saves them, and the command `weft` can open it.
class HandNet {
 public:
  /// He's initialisation: normal values of variance 2 / inputs, which preserve the variance through relu.
  static weft::nn::Model model(int64_t inputs, int64_t hidden, int64_t classes) {
    return weft::nn::parse(fmt::format(
        "input {} | fc1 = linear {} init kaiming_normal bias zeros | relu | fc2 = linear {} init kaiming_normal bias "
        "zeros",
        inputs, hidden, classes));
  }
  explicit HandNet(const weft::nn::Model& model) {
    const auto parameters = model->parameters();
    w1_ = parameters[0], b1_ = parameters[1], w2_ = parameters[2], b2_ = parameters[3];
  }

  /// x [N, inputs]; y [N, classes].
  Tensor forward(const Tensor& x) const {
    weft::NoGradGuard no_tape;
    return outputs(hidden(x));
  }

  struct Result {
    Tensor y;
    double loss;  ///< mean over the samples
  };
  /// Computes the gradient of each parameter. x [N, inputs], one-hot target [N, classes].
  Result backward(const Tensor& x, const Tensor& target, HandLoss kind) {
    weft::NoGradGuard no_tape;
    const Tensor a = hidden(x), y = outputs(a);
    const auto n = static_cast<double>(x.size(0));

    // Gradient of the loss with respect to y: for both losses the error times a constant. For cross entropy, softmax
    // and logarithm cancel to it.
    Tensor dy;
    double loss = 0;
    if (kind == HandLoss::squared_error) {
      const Tensor error = y - target;
      loss = error.square().sum().item<double>() / n;
      dy = error * (2 / n);
    } else {
      loss = -(y.log_softmax(1) * target).sum().item<double>() / n;
      dy = (y.softmax(1) - target) / n;
    }

    // Backward through the second layer, through relu, which passes the gradient where its input was positive, and to
    // the first layer.
    w2_.mutable_grad() = dy.t().matmul(a);
    b2_.mutable_grad() = dy.sum({0});
    const Tensor dz = dy.matmul(w2_).mul_(a > 0);
    w1_.mutable_grad() = dz.t().matmul(x);
    b1_.mutable_grad() = dz.sum({0});
    return {y, loss};
  }

 private:
  Tensor hidden(const Tensor& x) const { return x.matmul(w1_.t()).add_(b1_).relu_(); }
  Tensor outputs(const Tensor& a) const { return a.matmul(w2_.t()).add_(b2_); }

  Tensor w1_, b1_, w2_, b2_;  // [hidden, inputs], [hidden], [classes, hidden], [classes]
};

}  // namespace models
