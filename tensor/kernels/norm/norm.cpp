// Normalisation by channel or group of channels. Statistics are computed block by block while a block is in the cache,
// and joined in double precision in the order of the blocks.
#include "weft/tensor/kernels/norm/norm.h"

#include <algorithm>
#include <cmath>

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/kernels/elementwise/wide.h"
#include "weft/tensor/parallel.h"

namespace weft::kernel {
namespace {

constexpr double kCost = 0.3;  // ns per element and pass

// The blocks over which a batch is summed: its planes, or runs of at most kBlockRows rows of one image. If statistics
// span images, an interleaved batch is one long image.
struct Blocks {
  Blocks(ChannelLayout l, bool across_images) : layout(l) {
    if (layout.interleaved && across_images) layout.size *= layout.images, layout.images = 1;
    per_image = layout.interleaved ? (layout.size + kBlockRows - 1) / kBlockRows : 1;
  }
  int64_t count() const { return layout.images * per_image; }
  int64_t first_row(int64_t block) const { return block % per_image * kBlockRows; }
  int64_t rows(int64_t block) const {
    return layout.interleaved ? std::min(kBlockRows, layout.size - first_row(block)) : layout.size;
  }
  int64_t image(int64_t block) const { return block / per_image; }
  /// Index of the first element of an interleaved block.
  int64_t offset(int64_t block) const { return (image(block) * layout.size + first_row(block)) * layout.channels; }
  ChannelLayout layout;
  int64_t per_image;
};

/// Calls plane(plane) for each plane, or rows(block) for each interleaved block, in parallel.
template <class Plane, class Rows>
void for_blocks(const Blocks& b, const Plane& plane, const Rows& rows) {
  const ChannelLayout& l = b.layout;
  if (l.interleaved)
    parallel_for(b.count(), kCost * static_cast<double>(std::min(kBlockRows, l.size) * l.channels),
                 [&](int64_t begin, int64_t end) {
                   for (int64_t i = begin; i < end; ++i) rows(i);
                 });
  else
    parallel_for(l.planes(), kCost * static_cast<double>(l.size) + 4, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) plane(i);
    });
}

/// A table [block, channel] of partial results, not cleared.
template <class T>
class Partial {
 public:
  explicit Partial(const Blocks& b)
      : channels_(b.layout.channels), memory_(make_ref<Buffer>(b.count() * channels_ * sizeof(T))) {}
  T* row(int64_t block) { return static_cast<T*>(memory_->data()) + block * channels_; }
  T& operator[](int64_t i) { return row(0)[i]; }

 private:
  int64_t channels_;
  Ref<Buffer> memory_;
};

struct Moments {
  double n = 0, mean = 0, m2 = 0;
};

template <class T>
NormStats stats(const T* x, const ChannelLayout& layout, const NormGroups& groups) {
  const auto& f = channel_loops<T>();
  const Blocks b(layout, groups.across_images);
  const ChannelLayout& l = b.layout;
  Partial<double> mean(b), m2(b);
  for_blocks(
      b, [&](int64_t p) { f.plane_moments(x + p * l.size, l.size, &mean[p], &m2[p]); },
      [&](int64_t i) { f.row_moments(x + b.offset(i), b.rows(i), l.channels, mean.row(i), m2.row(i)); });

  // Chan's formula (Chan, Golub, LeVeque 1979); most blocks of a group have equally many elements.
  std::vector<Moments> joined(groups.count(layout));
  for (int64_t i = 0; i < b.count(); ++i) {
    const auto more = static_cast<double>(b.rows(i));
    double before = 0, share = 1;  // fraction of the new elements in the total
    for (int64_t c = 0; c < l.channels; ++c) {
      Moments& m = joined[groups.of(l, b.image(i), c)];
      if (m.n != before) before = m.n, share = more / (m.n + more);
      const double delta = mean.row(i)[c] - m.mean;
      m.mean += delta * share;
      m.m2 += m2.row(i)[c] + delta * delta * m.n * share;
      m.n += more;
    }
  }
  NormStats result;
  for (const Moments& m : joined) {
    result.mean.push_back(m.mean);
    result.var.push_back(m.m2 / m.n);
  }
  return result;
}

/// Values by image and channel, or by channel if all images share them.
template <class T>
struct PerChannel {
  PerChannel(const ChannelLayout& l, const NormGroups& groups)
      : images(groups.across_images ? 1 : l.images), channels(l.channels), data(images * channels) {}
  T* row(int64_t image) { return data.data() + (images == 1 ? 0 : image * channels); }
  T at(const ChannelLayout& l, int64_t plane) const { return data[images == 1 ? plane % l.channels : plane]; }
  int64_t images, channels;
  std::vector<T> data;
};

/// Fills out[i](image, channel) = f(image, channel, group)[i].
template <class T, size_t N, class F>
std::array<PerChannel<T>, N> per_channel(const ChannelLayout& l, const NormGroups& groups, const F& f) {
  auto make = [&]<size_t... I>(std::index_sequence<I...>) {
    return std::array<PerChannel<T>, N>{((void)I, PerChannel<T>(l, groups))...};
  };
  auto out = make(std::make_index_sequence<N>());
  for (int64_t image = 0; image < out[0].images; ++image)
    for (int64_t c = 0; c < l.channels; ++c) {
      const std::array<double, N> v = f(c, groups.of(l, image, c));
      for (size_t i = 0; i < N; ++i) out[i].row(image)[c] = static_cast<T>(v[i]);
    }
  return out;
}

template <class T>
const T* data_or_null(const Tensor& t) {
  return t.defined() ? t.data_ptr<T>() : nullptr;
}

/// The part of a mean that T cannot represent: it matters if the mean is large against the deviations.
template <class T>
double rounded_off(double mean) {
  return std::isfinite(mean) ? mean - static_cast<T>(mean) : 0;
}

template <class T>
void apply(const T* x, T* y, const ChannelLayout& l, const NormGroups& groups, const std::vector<double>& mean,
           const std::vector<double>& rstd, const T* weight, const T* bias) {
  const auto& f = channel_loops<T>();
  auto [m, a, b] = per_channel<T, 3>(l, groups, [&](int64_t c, int64_t k) -> std::array<double, 3> {
    const double scale = (weight ? weight[c] : 1) * rstd[k];
    return {mean[k], scale, (bias ? bias[c] : 0.0) - scale * rounded_off<T>(mean[k])};
  });
  auto &vm = m, &va = a, &vb = b;
  const Blocks blocks(l, groups.across_images);
  for_blocks(
      blocks,
      [&](int64_t p) { f.plane_affine(x + p * l.size, y + p * l.size, l.size, vm.at(l, p), va.at(l, p), vb.at(l, p)); },
      [&](int64_t i) {
        const int64_t at = blocks.offset(i), image = blocks.image(i);
        f.row_affine(x + at, y + at, blocks.rows(i), l.channels, vm.row(image), va.row(image), vb.row(image));
      });
}

/// Sums of g and g (x - mean) by image and channel (over all images if statistics span them).
template <class T>
struct Dots {
  std::vector<double> g, gx;
};

template <class T>
Dots<T> dots(const T* g, const T* x, const Blocks& b, const NormGroups& groups, const std::vector<double>& mean) {
  const auto& f = channel_loops<T>();
  const ChannelLayout& l = b.layout;
  auto means = per_channel<T, 2>(l, groups, [&](int64_t, int64_t k) -> std::array<double, 2> {
    return {mean[k], rounded_off<T>(mean[k])};
  });
  Partial<T> sg(b), sx(b);
  for_blocks(
      b, [&](int64_t p) { f.plane_dots(g + p * l.size, x + p * l.size, l.size, means[0].at(l, p), &sg[p], &sx[p]); },
      [&](int64_t i) {
        const int64_t at = b.offset(i);
        f.row_dots(g + at, x + at, b.rows(i), l.channels, means[0].row(b.image(i)), sg.row(i), sx.row(i));
      });
  const int64_t images = groups.across_images ? 1 : l.images;
  Dots<T> sums{std::vector<double>(images * l.channels), std::vector<double>(images * l.channels)};
  for (int64_t i = 0; i < b.count(); ++i) {
    const T* rest = means[1].row(b.image(i));
    for (int64_t c = 0; c < l.channels; ++c) {
      const int64_t at = (images == 1 ? 0 : b.image(i)) * l.channels + c;
      const double g = sg.row(i)[c];
      sums.g[at] += g;
      sums.gx[at] += sx.row(i)[c] - rest[c] * g;
    }
  }
  return sums;
}

/// dx = rstd (w g - S1 / n - (x - mean) rstd^2 S2 / n), S1 and S2 the sums over the group of w g and w g (x - mean).
template <class T>
void grad_x(const T* g, const T* x, T* out, const Blocks& b, const NormGroups& groups, int64_t group_size,
            const std::vector<double>& mean, const std::vector<double>& rstd, const T* weight, const Dots<T>* sums) {
  const auto& f = channel_loops<T>();
  const ChannelLayout& l = b.layout;
  std::vector<double> s1(rstd.size()), s2(rstd.size());
  if (sums)
    for (size_t i = 0; i < sums->g.size(); ++i) {
      const auto c = static_cast<int64_t>(i) % l.channels;
      const int64_t k = groups.of(l, static_cast<int64_t>(i) / l.channels, c);
      const double w = weight ? weight[c] : 1;
      s1[k] += w * sums->g[i];
      s2[k] += w * sums->gx[i];
    }
  const auto n = static_cast<double>(group_size);
  auto [m, p, q, r] = per_channel<T, 4>(l, groups, [&](int64_t c, int64_t k) -> std::array<double, 4> {
    const double s = rstd[k], slope = -s * s * s * s2[k] / n;
    return {mean[k], (weight ? weight[c] : 1) * s, slope, -s * s1[k] / n - slope * rounded_off<T>(mean[k])};
  });
  auto &vm = m, &vp = p, &vq = q, &vr = r;
  for_blocks(
      b,
      [&](int64_t i) {
        const int64_t at = i * l.size;
        f.plane_mix(g + at, x + at, out + at, l.size, vm.at(l, i), vp.at(l, i), vq.at(l, i), vr.at(l, i));
      },
      [&](int64_t i) {
        const int64_t at = b.offset(i), k = b.image(i);
        f.row_mix(g + at, x + at, out + at, b.rows(i), l.channels, vm.row(k), vp.row(k), vq.row(k), vr.row(k));
      });
}

}  // namespace

std::vector<double> NormStats::rstd(double eps) const {
  std::vector<double> r;
  for (double v : var) r.push_back(1 / std::sqrt(v + eps));
  return r;
}

NormStats norm_stats(const Tensor& x, const NormGroups& groups) {
  if (goes_wide(x.dtype())) [[unlikely]]
    return kernel::norm_stats(widened(x), groups);
  return dispatch_float("norm", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    return stats(flat_data<T>(x), channel_layout(x), groups);
  });
}

Tensor norm_apply(const Tensor& x, const NormGroups& groups, const std::vector<double>& mean,
                  const std::vector<double>& rstd, const Tensor& weight, const Tensor& bias) {
  if (goes_wide(x.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& x, const Tensor& weight,
                       const Tensor& bias) { return kernel::norm_apply(x, groups, mean, rstd, weight, bias); },
                   x, weight, bias);
  Tensor out = output_like(x, x.dtype());
  dispatch_float("norm", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    apply(flat_data<T>(x), flat_data<T>(out), channel_layout(x), groups, mean, rstd, data_or_null<T>(weight),
          data_or_null<T>(bias));
  });
  return out;
}

NormGrads narrowed(const NormGrads& grads, const Tensor& x, const Tensor& weight) {
  const Dtype parameters = weight.defined() ? weight.dtype() : x.dtype();
  return {narrowed(grads.x, x.dtype()), narrowed(grads.weight, parameters), narrowed(grads.bias, parameters)};
}

NormGrads norm_grad(const Tensor& grad, const Tensor& x, const NormGroups& groups, const std::vector<double>& mean,
                    const std::vector<double>& rstd, const Tensor& weight, bool fixed, bool need_x, bool need_params) {
  if (goes_wide(x.dtype())) [[unlikely]]
    return narrowed(
        norm_grad(widened(grad), widened(x), groups, mean, rstd, widened(weight), fixed, need_x, need_params), x,
        weight);
  const Tensor g = laid_out_like(grad, x);
  const ChannelLayout layout = channel_layout(x);
  const Blocks b(layout, groups.across_images);
  NormGrads result;
  dispatch_float("norm", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T *pg = flat_data<T>(g), *px = flat_data<T>(x), *w = data_or_null<T>(weight);
    Dots<T> sums;
    if (!fixed || need_params) sums = dots(pg, px, b, groups, mean);
    if (need_x) {
      result.x = output_like(x, x.dtype());
      grad_x(pg, px, flat_data<T>(result.x), b, groups, groups.size(layout), mean, rstd, w, fixed ? nullptr : &sums);
    }
    if (!need_params) return;
    const int64_t channels = layout.channels;
    std::vector<double> dw(channels), db(channels);
    for (size_t i = 0; i < sums.g.size(); ++i) {
      const auto c = static_cast<int64_t>(i) % channels;
      dw[c] += sums.gx[i] * rstd[groups.of(b.layout, static_cast<int64_t>(i) / channels, c)];
      db[c] += sums.g[i];
    }
    result.weight = empty({channels}, x.dtype());
    result.bias = empty({channels}, x.dtype());
    std::copy(dw.begin(), dw.end(), result.weight.data_ptr<T>());
    std::copy(db.begin(), db.end(), result.bias.data_ptr<T>());
  });
  return result;
}

}  // namespace weft::kernel
