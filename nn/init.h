// Initialisation of parameters. Draws the same values as PyTorch, in the same order.
#pragma once

#include "weft/nn/options.h"
#include "weft/tensor/tensor.h"

namespace weft::nn::init {

/// The function after a layer: kLinear, kConv1D..kConvTranspose3D, kSigmoid, kTanh, kReLU, kLeakyReLU or kSELU.
enum class Nonlinearity : uint8_t { Linear, Sigmoid, Tanh, ReLU, LeakyReLU, SELU };
struct NonlinearityType {
  NonlinearityType(enumtype::kLinear) : value(Nonlinearity::Linear) {}           // NOLINT
  NonlinearityType(enumtype::kConv1D) : value(Nonlinearity::Linear) {}           // NOLINT
  NonlinearityType(enumtype::kConv2D) : value(Nonlinearity::Linear) {}           // NOLINT
  NonlinearityType(enumtype::kConv3D) : value(Nonlinearity::Linear) {}           // NOLINT
  NonlinearityType(enumtype::kConvTranspose1D) : value(Nonlinearity::Linear) {}  // NOLINT
  NonlinearityType(enumtype::kConvTranspose2D) : value(Nonlinearity::Linear) {}  // NOLINT
  NonlinearityType(enumtype::kConvTranspose3D) : value(Nonlinearity::Linear) {}  // NOLINT
  NonlinearityType(enumtype::kSigmoid) : value(Nonlinearity::Sigmoid) {}         // NOLINT
  NonlinearityType(enumtype::kTanh) : value(Nonlinearity::Tanh) {}               // NOLINT
  NonlinearityType(enumtype::kReLU) : value(Nonlinearity::ReLU) {}               // NOLINT
  NonlinearityType(enumtype::kLeakyReLU) : value(Nonlinearity::LeakyReLU) {}     // NOLINT
  NonlinearityType(enumtype::kSELU) : value(Nonlinearity::SELU) {}               // NOLINT
  NonlinearityType(Nonlinearity v) : value(v) {}                                 // NOLINT
  Nonlinearity value;
};
/// kFanIn keeps the variance in the forward pass, kFanOut in the backward pass.
struct FanModeType {
  FanModeType(enumtype::kFanIn) : fan_in(true) {}    // NOLINT
  FanModeType(enumtype::kFanOut) : fan_in(false) {}  // NOLINT
  bool fan_in;
};

/// The recommended gain: 1 for linear, convolution and sigmoid, 5/3 for tanh, sqrt(2) for relu, sqrt(2 / (1 + param^2))
/// for leaky relu (param: its negative slope), 3/4 for selu.
double calculate_gain(NonlinearityType nonlinearity, double param = 0.01);
/// {fan_in, fan_out} of a weight [out, in, kernel...]: in and out, each times the kernel's elements. Throws ShapeError
/// for less than two dimensions.
std::pair<int64_t, int64_t> calculate_fan_in_and_fan_out(const Tensor& tensor);

// Each function fills the tensor in place without recording, and returns it.
Tensor constant_(Tensor tensor, const Scalar& value);
Tensor ones_(Tensor tensor);
Tensor zeros_(Tensor tensor);
/// The identity matrix. Throws ShapeError unless matrix has two dimensions.
Tensor eye_(Tensor matrix);
/// Fills a convolution weight [out, in, kernel...] so that it passes the channels of each group through. Throws
/// ShapeError unless it has 3 to 5 dimensions, ValueError unless groups divides out.
Tensor dirac_(Tensor tensor, int64_t groups = 1);
/// U(low, high).
Tensor uniform_(Tensor tensor, double low = 0, double high = 1);
/// N(mean, std^2).
Tensor normal_(Tensor tensor, double mean = 0, double std = 1);
/// N(mean, std^2) restricted to [a, b], by the inverse error function of uniform values. Throws ValueError unless std >
/// 0 and a < b.
Tensor trunc_normal_(Tensor tensor, double mean = 0, double std = 1, double a = -2, double b = 2);
/// U(-bound, bound) with bound = gain sqrt(6 / (fan_in + fan_out)). Glorot and Bengio 2010. Throws ShapeError for less
/// than two dimensions, as do all functions below.
Tensor xavier_uniform_(Tensor tensor, double gain = 1.0);
/// N(0, std^2) with std = gain sqrt(2 / (fan_in + fan_out)).
Tensor xavier_normal_(Tensor tensor, double gain = 1.0);
/// U(-bound, bound) with bound = gain sqrt(3 / fan), fan by `mode`, gain = calculate_gain(nonlinearity, a). He et al.
/// 2015.
Tensor kaiming_uniform_(Tensor tensor, double a = 0, FanModeType mode = kFanIn,
                        NonlinearityType nonlinearity = kLeakyReLU);
/// N(0, std^2) with std = gain / sqrt(fan).
Tensor kaiming_normal_(Tensor tensor, double a = 0, FanModeType mode = kFanIn,
                       NonlinearityType nonlinearity = kLeakyReLU);
/// gain Q with orthonormal rows or columns, whichever are fewer; dimensions after the first count as one. Saxe et al.
/// 2013.
Tensor orthogonal_(Tensor tensor, double gain = 1.0);
/// N(0, std^2), with a fraction `sparsity` of each column set to zero; two dimensions. Martens 2010. Throws ValueError
/// unless 0 <= sparsity <= 1.
Tensor sparse_(Tensor matrix, double sparsity, double std = 0.01);

}  // namespace weft::nn::init
