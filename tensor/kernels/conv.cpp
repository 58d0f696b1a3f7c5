#include "weft/tensor/kernels/conv.h"

#include <algorithm>

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/conv_reference.h"
#include "weft/tensor/kernels/elementwise.h"
#include "weft/tensor/kernels/image.h"
#include "weft/tensor/kernels/reduce.h"
#include "weft/tensor/onednn.h"
#include "weft/tensor/parallel.h"

namespace weft::kernel {
namespace {

using onednn::ConvPass;
using onednn::ConvPlan;
using Plan = std::shared_ptr<const ConvPlan>;

// x_sizes and y_sizes are [n, c, h, w] and [n, o, oh, ow].
ConvShape shape_of(IntArrayRef x_sizes, IntArrayRef y_sizes, int64_t kh, int64_t kw, const ConvOptions& o, bool bias) {
  ConvShape s{x_sizes[0], x_sizes[1], x_sizes[2], x_sizes[3], y_sizes[1], y_sizes[2], y_sizes[3], kh,
              kw,         o.groups,   o.stride,   o.dilation, o.padding,  o.padding,  bias};
  // A transposed convolution with output padding has rows and columns at the far end that the kernel does not reach.
  for (size_t i = 0; i < 2; ++i) {
    const int64_t reach = (y_sizes[i + 2] - 1) * o.stride[i] + ((i ? kw : kh) - 1) * o.dilation[i] + 1;
    if ((x_sizes[i + 2] + 2 * o.padding[i] - reach) / o.stride[i] != 0)
      s.pad_high[i] = reach - x_sizes[i + 2] - o.padding[i];
  }
  return s;
}

bool fast(const ConvShape& s, Dtype dtype) {
  // oneDNN takes no padding of less than -stride.
  return dtype == kFloat32 && s.pad_high[0] + s.stride[0] >= 0 && s.pad_high[1] + s.stride[1] >= 0;
}

double flops_per_image(const ConvShape& s) {
  return 2.0 * static_cast<double>(s.o * (s.c / s.groups) * s.kh * s.kw) * static_cast<double>(s.oh * s.ow);
}
constexpr double kFlopsPerNs = 100;  // of one core, roughly

// How a batch is cut: by its shape alone. Single-threaded primitives lose nothing on small pieces (the rate is the same
// down to one image), so a piece is what takes `target` ns, of at most 8 images, and divides the batch where it can:
// then one plan serves all pieces.
struct Cut {
  int64_t piece, count;
  double cost;  // of a piece, ns
};
Cut cut_batch(const ConvShape& s, double target) {
  const double per_image = flops_per_image(s) / kFlopsPerNs;
  int64_t piece = std::clamp<int64_t>(static_cast<int64_t>(target / per_image), 1, std::min<int64_t>(8, s.n));
  for (int64_t divisor = piece; divisor > piece / 2; --divisor)
    if (s.n % divisor == 0) {
      piece = divisor;
      break;
    }
  return {piece, (s.n + piece - 1) / piece, per_image * static_cast<double>(piece)};
}
constexpr double kPieceNs = 60'000;

// The plans of whole pieces and of the last one, with the weights each wants.
struct PiecePlans {
  PiecePlans(ConvPass pass, ConvShape s, const Cut& cut, const float* weight) {
    const int64_t rest = s.n % cut.piece;
    s.n = cut.piece;
    whole = prepare(pass, s, weight);
    last = whole;
    if (rest == 0) return;
    s.n = rest;
    last = prepare(pass, s, weight);
  }
  struct Ready {
    Plan plan;
    const float* weight;
    Ref<Buffer> packed;
  };
  static Ready prepare(ConvPass pass, const ConvShape& s, const float* weight) {
    Ready r{onednn::conv_plan(pass, s), weight, {}};
    if (!weight || r.plan->weights_as_they_lie) return r;
    r.packed = make_ref<Buffer>(r.plan->packed_bytes);
    r.plan->pack(weight, static_cast<float*>(r.packed->data()));
    r.weight = static_cast<const float*>(r.packed->data());
    return r;
  }
  Ready whole, last;
};

struct Scratch {
  explicit Scratch(const ConvPlan& plan) {
    if (plan.scratch_bytes > 0) memory = make_ref<Buffer>(plan.scratch_bytes);
  }
  void* data() const { return memory ? memory->data() : nullptr; }
  Ref<Buffer> memory;
};

// Runs a pass whose result lies image by image: each piece on its own. body(first image, images) follows each piece.
void run_pieces(ConvPass pass, const ConvShape& s, const float* weight, const float* bias, const float* x,
                const float* y, FunctionRef<void(int64_t, int64_t)> then) {
  const Cut cut = cut_batch(s, kPieceNs);
  const PiecePlans plans(pass, s, cut, weight);
  parallel_pieces(cut.count, cut.cost, [&](int64_t i) {
    const auto& ready = i + 1 < cut.count ? plans.whole : plans.last;
    const int64_t first = i * cut.piece;
    const Scratch scratch(*ready.plan);
    ready.plan->run({const_cast<float*>(x) + first * s.c * s.h * s.w, const_cast<float*>(ready.weight),
                     const_cast<float*>(bias), const_cast<float*>(y) + first * s.o * s.oh * s.ow, scratch.data()});
    then(first, std::min(cut.piece, s.n - first));
  });
}

template <class T>
T* data_or_null(const Tensor& t) {
  return t.defined() ? t.data_ptr<T>() : nullptr;
}
Tensor contiguous_or_undefined(const Tensor& t) { return t.defined() ? kernel::contiguous(t) : t; }

// The parts in which a weight gradient is summed: each is the sum of consecutive pieces, as many as memory allows.
struct Parts {
  static constexpr int64_t kMemory = int64_t{64} << 20;
  Parts(const ConvPlan& plan, int64_t pieces, int64_t o)
      : floats(plan.packed_bytes / 4 + (o + 15) / 16 * 16),
        bias_at(plan.packed_bytes / 4),
        count(std::clamp<int64_t>(kMemory / (floats * 4), std::min<int64_t>(4, pieces), pieces)),
        memory(make_ref<Buffer>(count * floats * 4)) {}
  float* part(int64_t i) const { return static_cast<float*>(memory->data()) + i * floats; }
  /// Adds all parts to the first, in their order.
  void sum() const {
    parallel_for(floats, 0.1 * static_cast<double>(count), [&](int64_t begin, int64_t end) {
      float* to = part(0);
      for (int64_t p = 1; p < count; ++p) {
        const float* from = part(p);
        for (int64_t i = begin; i < end; ++i) to[i] += from[i];
      }
    });
  }
  int64_t floats, bias_at, count;
  Ref<Buffer> memory;
};

void weight_grad(const ConvShape& s, const float* dy, const float* x, float* dw, float* db) {
  // Each piece costs another set of partial sums, so it should be worth them.
  const double weights = static_cast<double>(s.o * (s.c / s.groups) * s.kh * s.kw);
  const Cut cut = cut_batch(s, std::max(kPieceNs, 16 * weights));
  const PiecePlans plans(ConvPass::WeightGrad, s, cut, nullptr);
  // Both plans must sum in one order of weights; they differ in nothing but the number of images.
  check(plans.whole.plan->packed_bytes == plans.last.plan->packed_bytes, "[conv2d] plans of one shape disagree");
  const Parts parts(*plans.whole.plan, cut.count, s.o);
  auto run = [&](int64_t i, float* to) {
    const ConvPlan& plan = *(i + 1 < cut.count ? plans.whole : plans.last).plan;
    const int64_t first = i * cut.piece;
    const Scratch scratch(plan);
    plan.run({const_cast<float*>(x) + first * s.c * s.h * s.w, to, db ? to + parts.bias_at : nullptr,
              const_cast<float*>(dy) + first * s.o * s.oh * s.ow, scratch.data()});
  };
  const double cost = cut.cost * static_cast<double>(cut.count) / static_cast<double>(parts.count);
  parallel_pieces(parts.count, cost, [&](int64_t p) {
    float* part = parts.part(p);
    const int64_t begin = p * cut.count / parts.count, end = (p + 1) * cut.count / parts.count;
    run(begin, part);
    if (end - begin == 1) return;
    const auto more = make_ref<Buffer>(parts.floats * 4);
    auto* next = static_cast<float*>(more->data());
    const int64_t used = parts.bias_at + (db ? s.o : 0);
    for (int64_t i = begin + 1; i < end; ++i) {
      run(i, next);
      for (int64_t j = 0; j < used; ++j) part[j] += next[j];
    }
  });
  parts.sum();
  plans.whole.plan->unpack(parts.part(0), dw);
  if (db) std::copy_n(parts.part(0) + parts.bias_at, s.o, db);
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t oh, int64_t ow,
              const ConvOptions& options) {
  const Tensor w = kernel::contiguous(weight), b = contiguous_or_undefined(bias);
  const Dims sizes{x.size(0), w.size(0), oh, ow};
  const ConvShape s = shape_of(x.sizes(), sizes, w.size(2), w.size(3), options, b.defined());
  const bool quick = fast(s, x.dtype()) && x.numel() > 0;
  const Tensor y = quick ? new_channels_last(sizes, x.dtype(), x) : empty(sizes, x.dtype());
  if (y.numel() == 0) return y;
  if (quick) {
    const auto image = image_as<float>(x, true);
    run_pieces(ConvPass::Forward, s, w.data_ptr<float>(), data_or_null<float>(b), image.data, image_data<float>(y),
               [](int64_t, int64_t) {});
    return y;
  }
  dispatch_float("conv2d", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto image = image_as<T>(x, false);
    conv_forward_reference<T>(s, image.data, w.data_ptr<T>(), data_or_null<T>(b), y.data_ptr<T>());
  });
  return y;
}

Tensor conv2d_input_grad(const Tensor& dy, const Tensor& weight, const Tensor& bias, int64_t h, int64_t w,
                         const ConvOptions& options) {
  const Tensor k = kernel::contiguous(weight), b = contiguous_or_undefined(bias);
  const Dims sizes{dy.size(0), k.size(1) * options.groups, h, w};
  const ConvShape s = shape_of(sizes, dy.sizes(), k.size(2), k.size(3), options, false);
  const bool quick = fast(s, dy.dtype()) && dy.numel() > 0;
  const Tensor dx = quick ? new_channels_last(sizes, dy.dtype(), dy) : empty(sizes, dy.dtype());
  if (dx.numel() == 0) return dx;
  if (quick) {
    const auto image = image_as<float>(dy, true);
    float* to = image_data<float>(dx);
    run_pieces(ConvPass::InputGrad, s, k.data_ptr<float>(), nullptr, to, image.data, [&](int64_t first, int64_t n) {
      if (!b.defined()) return;
      const float* add = b.data_ptr<float>();
      for (int64_t pixel = first * h * w; pixel < (first + n) * h * w; ++pixel)
        for (int64_t c = 0; c < s.c; ++c) to[pixel * s.c + c] += add[c];
    });
    return dx;
  }
  dispatch_float("conv_transpose2d", dy.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto image = image_as<T>(dy, false);
    conv_input_grad_reference<T>(s, image.data, k.data_ptr<T>(), data_or_null<T>(b), dx.data_ptr<T>());
  });
  return dx;
}

std::pair<Tensor, Tensor> conv2d_weight_grad(const Tensor& dy, const Tensor& x, int64_t kh, int64_t kw,
                                             const ConvOptions& options, bool with_bias) {
  const Dims sizes{dy.size(1), x.size(1) / options.groups, kh, kw};
  const ConvShape s = shape_of(x.sizes(), dy.sizes(), kh, kw, options, with_bias);
  const Tensor dw = empty(sizes, x.dtype()), db = with_bias ? empty({s.o}, x.dtype()) : Tensor();
  if (fast(s, x.dtype()) && x.numel() > 0 && dy.numel() > 0 && dw.numel() > 0) {
    const auto g = image_as<float>(dy, true), image = image_as<float>(x, true);
    weight_grad(s, g.data, image.data, dw.data_ptr<float>(), data_or_null<float>(db));
    return {dw, db};
  }
  dispatch_float("conv2d", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto g = image_as<T>(dy, false), image = image_as<T>(x, false);
    conv_weight_grad_reference<T>(s, g.data, image.data, dw.data_ptr<T>(), data_or_null<T>(db));
  });
  return {dw, db};
}

Tensor conv2d_bias_grad(const Tensor& dy) { return reduce(Reduce::Sum, dy, DimMask(0b1101)); }

}  // namespace weft::kernel
