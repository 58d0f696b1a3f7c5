// The ops of neural networks as plain functions; nn/functional.h wraps them in option structs. Losses reduce by
// Reduction; shapes are those of PyTorch's functions of the same names. Throws ShapeError for shapes that do not fit.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft {

enum class Reduction : uint8_t { None, Mean, Sum };

// Activations, elementwise: x of any shape and floating-point dtype, the result has the same. Throws DtypeError for
// other dtypes, ValueError for options out of range.
/// x where x > 0, else negative_slope * x.
Tensor leaky_relu(const Tensor& x, double negative_slope = 0.01);
/// x where x > 0, else alpha (e^x - 1). Clevert et al. 2015.
Tensor elu(const Tensor& x, double alpha = 1.0);
/// 1.0507 elu(x, 1.6733). Klambauer et al. 2017.
Tensor selu(const Tensor& x);
/// x where x > 0, else alpha (e^(x / alpha) - 1).
Tensor celu(const Tensor& x, double alpha = 1.0);
/// x P(N(0, 1) < x), exactly by erf (approximate: "none"), or x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
/// ("tanh"). Hendrycks and Gimpel 2016.
Tensor gelu(const Tensor& x, std::string_view approximate = "none");
/// x sigmoid(x).
Tensor silu(const Tensor& x);
/// x tanh(softplus(x)). Misra 2019.
Tensor mish(const Tensor& x);
/// log(1 + e^(beta x)) / beta; x itself where beta x > threshold.
Tensor softplus(const Tensor& x, double beta = 1.0, double threshold = 20.0);
/// x / (1 + |x|).
Tensor softsign(const Tensor& x);
/// x limited to [min_val, max_val].
Tensor hardtanh(const Tensor& x, double min_val = -1.0, double max_val = 1.0);
/// x limited to [0, 6].
Tensor relu6(const Tensor& x);
/// log(sigmoid(x)), without overflow.
Tensor logsigmoid(const Tensor& x);
/// x - tanh(x).
Tensor tanhshrink(const Tensor& x);
/// x where x is outside [-lambd, lambd], else 0; the identity for a negative lambd.
Tensor hardshrink(const Tensor& x, double lambd = 0.5);
/// x - lambd where x > lambd, x + lambd where x < -lambd, else 0.
Tensor softshrink(const Tensor& x, double lambd = 0.5);
/// x where x > threshold, else value.
Tensor threshold(const Tensor& x, double threshold, double value);
/// x * hardsigmoid(x).
Tensor hardswish(const Tensor& x);
/// x / 6 + 1 / 2 limited to [0, 1].
Tensor hardsigmoid(const Tensor& x);
/// a * sigmoid(b) for the halves a and b of x along dim, whose size must be even (ShapeError).
Tensor glu(const Tensor& x, int64_t dim = -1);
/// x where x > 0, else weight * x. weight: one element, or one per channel (dimension 1). He et al. 2015.
Tensor prelu(const Tensor& x, const Tensor& weight);

/// x weight^T + bias: x [*, in] -> [*, out]; weight [out, in], bias [out].
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

/// x [N, C, H, W] or [C, H, W]; weight [O, C / groups, kh, kw]; bias [O] -> [.., O, H', W'], H' = (H + 2 padding -
/// dilation (kh - 1) - 1) / stride + 1. A single integer applies to both dimensions.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, IntArrayRef stride = 1,
              IntArrayRef padding = 0, IntArrayRef dilation = 1, int64_t groups = 1);
/// x [N, C, L] or [C, L]; weight [O, C / groups, k]; bias [O] -> [.., O, L'], L' as H' of conv2d.
Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, IntArrayRef stride = 1,
              IntArrayRef padding = 0, IntArrayRef dilation = 1, int64_t groups = 1);
/// x [N, C, H, W] or [C, H, W]; weight [C, O / groups, kh, kw]; bias [O] -> [.., O, H', W'], H' = (H - 1) stride - 2
/// padding + dilation (kh - 1) + output_padding + 1.
Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {}, IntArrayRef stride = 1,
                        IntArrayRef padding = 0, IntArrayRef output_padding = 0, int64_t groups = 1,
                        IntArrayRef dilation = 1);

/// The maximum of each window: x [N, C, H, W] or [C, H, W] -> [.., H', W'], H' = floor((H + 2 padding - dilation (kh -
/// 1) - 1) / stride) + 1, or ceil with ceil_mode. An empty stride means kernel_size.
Tensor max_pool2d(const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride = {}, IntArrayRef padding = 0,
                  IntArrayRef dilation = 1, bool ceil_mode = false);
/// {values, int64 indices into each H x W plane}
Tensor2 max_pool2d_with_indices(const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride = {},
                                IntArrayRef padding = 0, IntArrayRef dilation = 1, bool ceil_mode = false);
/// The mean of each window; sizes as max_pool2d with dilation 1. The divisor is divisor_override, or the window's size,
/// with count_include_pad including the padding.
Tensor avg_pool2d(const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride = {}, IntArrayRef padding = 0,
                  bool ceil_mode = false, bool count_include_pad = true, std::optional<int64_t> divisor_override = {});
/// The means of output_size windows of nearly equal size: x [N, C, H, W] or [C, H, W] -> [.., output_size...].
Tensor adaptive_avg_pool2d(const Tensor& x, IntArrayRef output_size);
/// The maxima of the same windows.
Tensor adaptive_max_pool2d(const Tensor& x, IntArrayRef output_size);

/// y = (x - mean) / sqrt(var + eps) * weight + bias per channel of x [N, C, ...]; weight, bias, running_mean and
/// running_var [C]. In training the statistics are the batch's, and running_mean and running_var, if defined, are
/// updated in place: (1 - momentum) * old + momentum * new, the variance unbiased. Throws ValueError without training
/// and running statistics.
Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                  const Tensor& running_var, bool training, double momentum = 0.1, double eps = 1e-5);
/// The same over the last dimensions: x [*, normalized_shape...], weight and bias of normalized_shape.
Tensor layer_norm(const Tensor& x, IntArrayRef normalized_shape, const Tensor& weight = {}, const Tensor& bias = {},
                  double eps = 1e-5);
/// The same per sample over num_groups groups of channels: x [N, C, ...], weight and bias [C]. Throws ShapeError unless
/// num_groups divides C.
Tensor group_norm(const Tensor& x, int64_t num_groups, const Tensor& weight = {}, const Tensor& bias = {},
                  double eps = 1e-5);
/// The same per sample and channel: x [N, C, ...] of at least 3 dimensions, weight and bias [C].
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

// Losses. x is input, t target; formulas are per element, and reduction takes their mean (default), their sum, or
// nothing. Sizes of input and target must be equal (ShapeError) unless stated otherwise.
/// -weight[t] log softmax(x)[t] for logits x [N, C, ...] and class ids t [N, ...] (int64, int32 or uint8), or -sum over
/// c of weight[c] t[c] log softmax(x)[c] for probabilities t of x's sizes. label_smoothing s replaces the target
/// distribution t by (1 - s) t + s / C. weight [C]. Mean divides by the sum of weight[t] of the ids that are not
/// ignore_index, for probabilities by the number of samples. Throws IndexError for an id out of range.
Tensor cross_entropy(const Tensor& input, const Tensor& target, const Tensor& weight = {},
                     Reduction reduction = Reduction::Mean, int64_t ignore_index = -100, double label_smoothing = 0);
/// -weight[t] x[t] for log-probabilities x [N, C, ...] and class ids t [N, ...] (int64, int32 or uint8). weight [C].
/// Mean and errors are those of cross_entropy.
Tensor nll_loss(const Tensor& log_probs, const Tensor& target, const Tensor& weight = {},
                Reduction reduction = Reduction::Mean, int64_t ignore_index = -100);
/// (x - t)^2
Tensor mse_loss(const Tensor& input, const Tensor& target, Reduction reduction = Reduction::Mean);
/// |x - t|
Tensor l1_loss(const Tensor& input, const Tensor& target, Reduction reduction = Reduction::Mean);
/// d^2 / (2 beta) where |d| < beta, else |d| - beta / 2, for d = x - t. Throws ValueError for beta < 0.
Tensor smooth_l1_loss(const Tensor& input, const Tensor& target, Reduction reduction = Reduction::Mean,
                      double beta = 1.0);
/// d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2), for d = x - t. Throws ValueError unless delta > 0.
Tensor huber_loss(const Tensor& input, const Tensor& target, Reduction reduction = Reduction::Mean, double delta = 1.0);
/// -weight (t log x + (1 - t) log(1 - x)) for probabilities x (ValueError outside [0, 1]); logarithms are at least
/// -100.
Tensor binary_cross_entropy(const Tensor& input, const Tensor& target, const Tensor& weight = {},
                            Reduction reduction = Reduction::Mean);
/// -weight (pos_weight t log s + (1 - t) log(1 - s)) for s = sigmoid(x), without overflow.
Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target, const Tensor& weight = {},
                                        const Tensor& pos_weight = {}, Reduction reduction = Reduction::Mean);
enum class KLReduction : uint8_t { None, Mean, Sum, BatchMean };
/// t (log t - x) for log-probabilities x, or e^t (t - x) with log_target. BatchMean divides the sum by the batch size.
Tensor kl_div(const Tensor& input, const Tensor& target, KLReduction reduction = KLReduction::Mean,
              bool log_target = false);
/// x where t = 1, max(0, margin - x) where t = -1.
Tensor hinge_embedding_loss(const Tensor& input, const Tensor& target, double margin = 1.0,
                            Reduction reduction = Reduction::Mean);
/// The sum over c != t of weight[t] max(0, margin - x[t] + x[c])^p / C for scores x [N, C] or [C] and class ids t [N]
/// or a scalar; p is 1 or 2.
Tensor multi_margin_loss(const Tensor& input, const Tensor& target, int64_t p = 1, double margin = 1.0,
                         const Tensor& weight = {}, Reduction reduction = Reduction::Mean);
/// log(1 + e^(-t x)) for t in {1, -1}.
Tensor soft_margin_loss(const Tensor& input, const Tensor& target, Reduction reduction = Reduction::Mean);

}  // namespace weft
