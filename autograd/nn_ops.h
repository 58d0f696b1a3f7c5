// The ops of neural networks as plain functions; nn/functional.h wraps them in option structs. Losses reduce by
// Reduction; shapes are those of PyTorch's functions of the same names. Throws ShapeError for shapes that do not fit.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft {

enum class Reduction : uint8_t { None, Mean, Sum };

// Activations: rows of a table in activation.cpp.
Tensor leaky_relu(const Tensor& x, double negative_slope = 0.01);
Tensor elu(const Tensor& x, double alpha = 1.0);
Tensor selu(const Tensor& x);
Tensor celu(const Tensor& x, double alpha = 1.0);
/// approximate: "none" (erf) or "tanh".
Tensor gelu(const Tensor& x, std::string_view approximate = "none");
Tensor silu(const Tensor& x);
Tensor mish(const Tensor& x);
Tensor softplus(const Tensor& x, double beta = 1.0, double threshold = 20.0);
Tensor softsign(const Tensor& x);
Tensor hardtanh(const Tensor& x, double min_val = -1.0, double max_val = 1.0);
Tensor relu6(const Tensor& x);
Tensor logsigmoid(const Tensor& x);
Tensor tanhshrink(const Tensor& x);
/// x where x is outside [-lambd, lambd], else 0; the identity for a negative lambd.
Tensor hardshrink(const Tensor& x, double lambd = 0.5);
Tensor softshrink(const Tensor& x, double lambd = 0.5);
Tensor threshold(const Tensor& x, double threshold, double value);
Tensor hardswish(const Tensor& x);
Tensor hardsigmoid(const Tensor& x);
Tensor glu(const Tensor& x, int64_t dim = -1);
/// weight: one element, or one per channel (dimension 1).
Tensor prelu(const Tensor& x, const Tensor& weight);

/// x weight^T + bias: x [*, in] -> [*, out]; weight [out, in], bias [out].
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

/// x [N, C, H, W] or [C, H, W]; weight [O, C / groups, kh, kw]; bias [O]. A single integer applies to both dimensions.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, IntArrayRef stride = 1,
              IntArrayRef padding = 0, IntArrayRef dilation = 1, int64_t groups = 1);
/// x [N, C, L] or [C, L]; weight [O, C / groups, k].
Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, IntArrayRef stride = 1,
              IntArrayRef padding = 0, IntArrayRef dilation = 1, int64_t groups = 1);
/// x [N, C, H, W]; weight [C, O / groups, kh, kw].
Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, IntArrayRef stride = 1,
                        IntArrayRef padding = 0, IntArrayRef output_padding = 0, int64_t groups = 1,
                        IntArrayRef dilation = 1);

/// An empty stride means kernel_size.
Tensor max_pool2d(const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride = {}, IntArrayRef padding = 0,
                  IntArrayRef dilation = 1, bool ceil_mode = false);
/// {values, int64 indices into each H x W plane}
Tensor2 max_pool2d_with_indices(const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride = {},
                                IntArrayRef padding = 0, IntArrayRef dilation = 1, bool ceil_mode = false);
Tensor avg_pool2d(const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride = {}, IntArrayRef padding = 0,
                  bool ceil_mode = false, bool count_include_pad = true, std::optional<int64_t> divisor_override = {});
Tensor adaptive_avg_pool2d(const Tensor& x, IntArrayRef output_size);
Tensor adaptive_max_pool2d(const Tensor& x, IntArrayRef output_size);

/// x [N, C, ...]. In training the statistics are the batch's, and running_mean and running_var, if defined, are updated
/// in place: (1 - momentum) * old + momentum * new, the variance unbiased.
Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                  const Tensor& running_var, bool training, double momentum = 0.1, double eps = 1e-5);
Tensor layer_norm(const Tensor& x, IntArrayRef normalized_shape, const Tensor& weight = {}, const Tensor& bias = {},
                  double eps = 1e-5);
Tensor group_norm(const Tensor& x, int64_t num_groups, const Tensor& weight = {}, const Tensor& bias = {},
                  double eps = 1e-5);
Tensor instance_norm(const Tensor& x, const Tensor& weight = {}, const Tensor& bias = {}, double eps = 1e-5);

/// Zeroes elements with probability p and scales the others by 1 / (1 - p); the identity unless training. The mask
/// depends only on the generator's state and the element, never on threads. Throws ValueError unless 0 <= p <= 1.
Tensor dropout(const Tensor& x, double p = 0.5, bool training = true);
/// The same for entire channels: x [N, C, ...].
Tensor dropout2d(const Tensor& x, double p = 0.5, bool training = true);

/// The rows of weight [num, dim] at indices (int64 or int32, any shape): [*indices, dim]. Row padding_idx gets no
/// gradient; -1 means none. Throws IndexError for an index or padding_idx outside the table. (The arguments are in the
/// order of libtorch's torch::embedding; functional::embedding takes the indices first, as there.)
Tensor embedding(const Tensor& weight, const Tensor& indices, int64_t padding_idx = -1);
/// pad: {left, right, top, bottom, ...} from the last dimension on. mode: constant, reflect, replicate, circular.
Tensor pad(const Tensor& x, IntArrayRef pad, std::string_view mode = "constant", double value = 0);
/// [N, C r^2, H, W] -> [N, C, H r, W r], r = upscale_factor.
Tensor pixel_shuffle(const Tensor& x, int64_t upscale_factor);

// Losses.
/// input [N, C, ...] of logits; target [N, ...] class ids (int64, int32 or uint8), or probabilities of input's sizes.
/// weight [C]. See losses.def for the formulas of all losses.
Tensor cross_entropy(const Tensor& input, const Tensor& target, const Tensor& weight = {},
                     Reduction reduction = Reduction::Mean, int64_t ignore_index = -100, double label_smoothing = 0);
/// log_probs [N, C, ...]; target [N, ...] class ids (int64, int32 or uint8). weight [C].
Tensor nll_loss(const Tensor& log_probs, const Tensor& target, const Tensor& weight = {},
                Reduction reduction = Reduction::Mean, int64_t ignore_index = -100);
Tensor mse_loss(const Tensor& input, const Tensor& target, Reduction reduction = Reduction::Mean);
Tensor l1_loss(const Tensor& input, const Tensor& target, Reduction reduction = Reduction::Mean);
Tensor smooth_l1_loss(const Tensor& input, const Tensor& target, Reduction reduction = Reduction::Mean,
                      double beta = 1.0);
Tensor huber_loss(const Tensor& input, const Tensor& target, Reduction reduction = Reduction::Mean, double delta = 1.0);
Tensor binary_cross_entropy(const Tensor& input, const Tensor& target, const Tensor& weight = {},
                            Reduction reduction = Reduction::Mean);
Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target, const Tensor& weight = {},
                                        const Tensor& pos_weight = {}, Reduction reduction = Reduction::Mean);
enum class KLReduction : uint8_t { None, Mean, Sum, BatchMean };
Tensor kl_div(const Tensor& input, const Tensor& target, KLReduction reduction = KLReduction::Mean,
              bool log_target = false);
Tensor hinge_embedding_loss(const Tensor& input, const Tensor& target, double margin = 1.0,
                            Reduction reduction = Reduction::Mean);
Tensor multi_margin_loss(const Tensor& input, const Tensor& target, int64_t p = 1, double margin = 1.0,
                         const Tensor& weight = {}, Reduction reduction = Reduction::Mean);
Tensor soft_margin_loss(const Tensor& input, const Tensor& target, Reduction reduction = Reduction::Mean);

}  // namespace weft
