// Fused loss kernels: losses of a difference (difference_loss.def), cross entropy with class ids, and the selection of
// log-probabilities by class id. No autograd.
#pragma once

#include "weft/tensor/tensor.h"

namespace weft::kernel {

enum class Difference : uint8_t {
#define WEFT_DIFFERENCE_LOSS(Name, value, slope, curvature) Name,
#include "weft/tensor/kernels/loss/difference_loss.def"
};

/// f(x - t) of contiguous x and t of the same sizes and floating dtype.
Tensor difference_values(Difference f, const Tensor& x, const Tensor& t, double p);
/// scale * the sum of f(x - t), a tensor without dimensions; one pass.
Tensor difference_sum(Difference f, const Tensor& x, const Tensor& t, double p, double scale);
/// scale * g f'(x - t); g has x's sizes or one element.
Tensor difference_slope(Difference f, const Tensor& g, const Tensor& x, const Tensor& t, double p, double scale);
/// scale * g f''(x - t)
Tensor difference_curvature(Difference f, const Tensor& g, const Tensor& x, const Tensor& t, double p, double scale);

/// Throws IndexError with the position, the label and the number of classes unless every id is `ignore` or a class.
/// Returns the number of ids that are not `ignore`. ids: contiguous int64.
int64_t check_class_ids(const char* op, const Tensor& ids, int64_t classes, int64_t ignore);

/// log sum exp(x) - x[id] for each row of x [N, C], 0 where ignored: [N]. `stats` [N, 2] receives each row's maximum
/// and the logarithm of its sum of exp(x - maximum), which the gradient reads.
Tensor cross_entropy(const Tensor& x, const Tensor& ids, int64_t ignore, Tensor& stats);
/// scale * g (softmax(x) - one_hot(id)), 0 where ignored; g has N elements or one.
Tensor cross_entropy_grad(const Tensor& g, const Tensor& x, const Tensor& ids, int64_t ignore, const Tensor& stats,
                          double scale);

/// -weight[id] x[n, id, s] of x [N, C, S] for ids [N, S], 0 where ignored: [N, S]. weight [C] or undefined.
Tensor nll(const Tensor& x, const Tensor& ids, const Tensor& weight, int64_t ignore);
/// The adjoint of nll: -weight[id] g[n, s] at [n, id, s], 0 elsewhere.
Tensor nll_grad(const Tensor& g, const Tensor& ids, const Tensor& weight, int64_t ignore, int64_t classes);
/// The sum of weight[id] over ids that are not ignored.
double sum_of_weights(const Tensor& ids, const Tensor& weight, int64_t ignore);

}  // namespace weft::kernel
