// Initial values of parameters, drawing PyTorch's numbers in PyTorch's order.
#pragma once

#include "weft/nn/options.h"
#include "weft/tensor/tensor.h"

namespace weft::nn::init {

/// What follows a layer: kLinear, kConv1D..kConvTranspose3D, kSigmoid, kTanh, kReLU, kLeakyReLU or kSELU.
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
/// Whether the variance is kept in the forward (kFanIn) or the backward pass (kFanOut).
struct FanModeType {
  FanModeType(enumtype::kFanIn) : fan_in(true) {}    // NOLINT
  FanModeType(enumtype::kFanOut) : fan_in(false) {}  // NOLINT
  bool fan_in;
};

/// The recommended gain; param is the negative slope of kLeakyReLU.
double calculate_gain(NonlinearityType nonlinearity, double param = 0.01);
/// {inputs, outputs} of one element of a weight [out, in, kernel...]. Throws ShapeError for less than two dimensions.
std::pair<int64_t, int64_t> calculate_fan_in_and_fan_out(const Tensor& tensor);

// Each fills the tensor in place without recording, and returns it.
Tensor constant_(Tensor tensor, const Scalar& value);
Tensor ones_(Tensor tensor);
Tensor zeros_(Tensor tensor);
/// The identity, of two dimensions (ShapeError).
Tensor eye_(Tensor matrix);
/// Keeps the channels of a convolution weight of 3 to 5 dimensions as they come in (ShapeError; ValueError unless
/// groups divides the first).
Tensor dirac_(Tensor tensor, int64_t groups = 1);
Tensor uniform_(Tensor tensor, double low = 0, double high = 1);
Tensor normal_(Tensor tensor, double mean = 0, double std = 1);
/// Normal numbers within [a, b], by the inverse of the error function on uniform ones.
Tensor trunc_normal_(Tensor tensor, double mean = 0, double std = 1, double a = -2, double b = 2);
/// Glorot and Bengio 2010.
Tensor xavier_uniform_(Tensor tensor, double gain = 1.0);
Tensor xavier_normal_(Tensor tensor, double gain = 1.0);
/// He et al. 2015; a is the negative slope of kLeakyReLU.
Tensor kaiming_uniform_(Tensor tensor, double a = 0, FanModeType mode = kFanIn,
                        NonlinearityType nonlinearity = kLeakyReLU);
Tensor kaiming_normal_(Tensor tensor, double a = 0, FanModeType mode = kFanIn,
                       NonlinearityType nonlinearity = kLeakyReLU);
/// Rows or columns, whichever are fewer, orthonormal times gain; dimensions after the first count as one. Saxe et al.
/// 2013.
Tensor orthogonal_(Tensor tensor, double gain = 1.0);
/// Normal columns with a fraction `sparsity` of each set to zero; of two dimensions. Martens 2010.
Tensor sparse_(Tensor matrix, double sparsity, double std = 0.01);

}  // namespace weft::nn::init
