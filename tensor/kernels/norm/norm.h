// Normalisation kernels with their gradients: by channel or group of channels (batch, group, instance norm), and by row
// (layer norm). No autograd.
#pragma once

#include <vector>

#include "weft/tensor/kernels/norm/channels.h"

namespace weft::kernel {

/// The elements of a batch that share statistics: a channel of all images (batch norm), or a group of adjacent channels
/// of one image (group norm; instance norm has one channel per group).
struct NormGroups {
  bool across_images;
  int64_t per_image;

  int64_t count(const ChannelLayout& x) const { return across_images ? x.channels : x.images * per_image; }
  int64_t size(const ChannelLayout& x) const { return x.numel() / count(x); }
  int64_t of(const ChannelLayout& x, int64_t image, int64_t channel) const {
    return across_images ? channel : image * per_image + channel * per_image / x.channels;
  }
};

/// One value per group.
struct NormStats {
  std::vector<double> mean, var;  ///< var: biased
  std::vector<double> rstd(double eps) const;
};

/// x must be dense (dense_batch); float32 or float64.
NormStats norm_stats(const Tensor& x, const NormGroups& groups);

/// weight (x - mean) rstd + bias with weight and bias by channel, 1 and 0 if undefined. The result has the layout of x.
Tensor norm_apply(const Tensor& x, const NormGroups& groups, const std::vector<double>& mean,
                  const std::vector<double>& rstd, const Tensor& weight, const Tensor& bias);

struct NormGrads {
  Tensor x, weight, bias;
};
/// Gradients computed from widened operands, in the dtypes of x and weight again.
NormGrads narrowed(const NormGrads& grads, const Tensor& x, const Tensor& weight);
/// The gradients of norm_apply. `fixed`: mean and rstd do not depend on x. Gradients not requested are undefined.
NormGrads norm_grad(const Tensor& g, const Tensor& x, const NormGroups& groups, const std::vector<double>& mean,
                    const std::vector<double>& rstd, const Tensor& weight, bool fixed, bool need_x, bool need_params);

/// The inner loops of layer norm: one row of n elements. w and b may be null.
template <class T>
struct LayerLoops {
  void (*forward)(const T* x, T* y, int64_t n, const T* w, const T* b, double eps, double* mean, double* rstd);
  void (*grad)(const T* g, const T* x, T* out, int64_t n, const T* w, double mean, double rstd);
  /// dw += g xhat, db += g
  void (*params)(const T* g, const T* x, int64_t n, double mean, double rstd, T* dw, T* db);
};

/// Layer norm of rows of `n` consecutive elements of a contiguous x; weight and bias of n elements or undefined.
/// `mean` and `rstd` receive one float64 per row.
Tensor layer_norm(const Tensor& x, int64_t n, const Tensor& weight, const Tensor& bias, double eps, Tensor& mean,
                  Tensor& rstd);
NormGrads layer_norm_grad(const Tensor& g, const Tensor& x, int64_t n, const Tensor& weight, const Tensor& mean,
                          const Tensor& rstd, bool need_x, bool need_params);

}  // namespace weft::kernel
