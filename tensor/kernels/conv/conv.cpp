#include "weft/tensor/kernels/conv/conv.h"

#include <algorithm>

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/conv/conv_reference.h"
#include "weft/tensor/kernels/elementwise/elementwise_loops.h"
#include "weft/tensor/kernels/elementwise/wide.h"
#include "weft/tensor/kernels/reduce/reduce.h"
#include "weft/tensor/kernels/walk/image.h"
#include "weft/tensor/onednn/onednn.h"
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
  // oneDNN accepts no padding of -stride or less.
  return dtype == kFloat32 && s.pad_high[0] > -s.stride[0] && s.pad_high[1] > -s.stride[1];
}

double flops_per_image(const ConvShape& s) {
  return 2.0 * static_cast<double>(s.o * (s.c / s.groups) * s.kh * s.kw) * static_cast<double>(s.oh * s.ow);
}
constexpr double kFlopsPerNs = 100;  // of one core, approximately

// The partition of a batch, determined by its shape alone. Single-threaded primitives run at the same rate down to one
// image, so a piece takes about `target` ns, has at most 8 images, and divides the batch if possible: then one plan
// serves all pieces.
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

// The plans of full pieces and of the last one, with the weights in the order of each.
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

// The buffers of one piece of a batch for a plan.
struct Piece {
  void run(const float* x, const float* bias, const float* y) const {
    const Scratch scratch(plan);
    plan.run({const_cast<float*>(x), const_cast<float*>(weight), const_cast<float*>(bias), const_cast<float*>(y),
              scratch.data()});
  }
  const ConvPlan& plan;
  const float* weight;
  int64_t first, images;
};

// Calls body(piece) for the pieces of a pass whose result is computed image by image.
void for_each_piece(ConvPass pass, const ConvShape& s, const float* weight, FunctionRef<void(const Piece&)> body) {
  const Cut cut = cut_batch(s, kPieceNs);
  const PiecePlans plans(pass, s, cut, weight);
  parallel_pieces(cut.count, cut.cost, [&](int64_t i) {
    const auto& ready = i + 1 < cut.count ? plans.whole : plans.last;
    const int64_t first = i * cut.piece;
    body({*ready.plan, ready.weight, first, std::min(cut.piece, s.n - first)});
  });
}

int64_t input_image(const ConvShape& s) { return s.c * s.h * s.w; }
int64_t output_image(const ConvShape& s) { return s.o * s.oh * s.ow; }

// The gradient of y in the form that passes read, channels-last.
class GradientImages {
 public:
  GradientImages(const ConvGrad& dy, const ConvShape& s)
      : windows_(dy.windows),
        g_(image_as<float>(dy.g, true)),
        channels_(s.o),
        image_(output_image(s)),
        pooled_(dy.g.numel() / s.n) {
    if (windows_) positions_ = image_as<int32_t>(dy.positions, true);
  }
  // The images from `first` on, in place or unpooled into `memory`.
  const float* read(int64_t first, int64_t images, Ref<Buffer>& memory) const {
    if (!windows_) return g_.data + first * image_;
    memory = make_ref<Buffer>(images * image_ * 4);
    auto* to = static_cast<float*>(memory->data());
    max_pool_grad_images(*windows_, images, channels_, g_.data + first * pooled_, positions_.data + first * pooled_,
                         to);
    return to;
  }

 private:
  const PoolWindows* windows_;
  Image<float> g_;
  Image<int32_t> positions_;
  int64_t channels_, image_, pooled_;
};

template <class T>
T* data_or_null(const Tensor& t) {
  return t.defined() ? t.data_ptr<T>() : nullptr;
}
Tensor contiguous_or_undefined(const Tensor& t) { return t.defined() ? kernel::contiguous(t) : t; }

// The parts of a weight gradient: each is the sum over consecutive pieces; their number is limited by memory.
struct Parts {
  static constexpr int64_t kMemory = int64_t{64} << 20;
  Parts(const ConvPlan& plan, int64_t pieces, int64_t o)
      : floats(plan.packed_bytes / 4 + (o + 15) / 16 * 16),
        bias_at(plan.packed_bytes / 4),
        count(std::clamp<int64_t>(kMemory / (floats * 4), std::min<int64_t>(4, pieces), pieces)),
        memory(make_ref<Buffer>(count * floats * 4)) {}
  float* part(int64_t i) const { return static_cast<float*>(memory->data()) + i * floats; }
  /// Adds all parts to the first, in order.
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

void weight_grad(const ConvShape& s, const GradientImages& dy, const float* x, float* dw, float* db) {
  // Each part costs another set of partial sums, so it must hold enough work.
  const double weights = static_cast<double>(s.o * (s.c / s.groups) * s.kh * s.kw);
  const Cut cut = cut_batch(s, std::max(kPieceNs, 16 * weights));
  const PiecePlans plans(ConvPass::WeightGrad, s, cut, nullptr);
  // Both plans must use one order of weights; they differ only in the number of images.
  check(plans.whole.plan->packed_bytes == plans.last.plan->packed_bytes, "[conv2d] plans of one shape disagree");
  const Parts parts(*plans.whole.plan, cut.count, s.o);
  auto run = [&](int64_t i, float* to) {
    const ConvPlan& plan = *(i + 1 < cut.count ? plans.whole : plans.last).plan;
    const int64_t first = i * cut.piece;
    Ref<Buffer> memory;
    const float* g = dy.read(first, std::min(cut.piece, s.n - first), memory);
    Piece{plan, to, first, cut.piece}.run(x + first * input_image(s), db ? to + parts.bias_at : nullptr, g);
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

namespace {

// A convolution of a full batch, analysed once for all ways to run it.
struct Forward {
  Forward(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t oh, int64_t ow, const ConvOptions& options)
      : w(kernel::contiguous(weight)),
        b(contiguous_or_undefined(bias)),
        sizes{x.size(0), w.size(0), oh, ow},
        shape(shape_of(x.sizes(), sizes, w.size(2), w.size(3), options, b.defined())),
        quick(permit && fast(shape, x.dtype()) && x.numel() > 0 && numel_of(sizes) > 0) {}
  // body(piece, the function that writes the piece's images to memory)
  template <class Body>
  void each(const Tensor& x, Body&& body) const {
    const auto image = image_as<float>(x, true);
    const float* bias = data_or_null<float>(b);
    for_each_piece(ConvPass::Forward, shape, w.data_ptr<float>(), [&](const Piece& p) {
      body(p, [&](float* to) { p.run(image.data + p.first * input_image(shape), bias, to); });
    });
  }
  onednn::Permit permit;
  Tensor w, b;
  Dims sizes;
  ConvShape shape;
  bool quick;
};

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t oh, int64_t ow,
              const ConvOptions& options, std::optional<Unary> act) {
  if (goes_wide(x.dtype())) [[unlikely]]
    return in_wide([&](const Tensor& x, const Tensor& weight,
                       const Tensor& bias) { return kernel::conv2d(x, weight, bias, oh, ow, options, act); },
                   x, weight, bias);
  const Forward f(x, weight, bias, oh, ow, options);
  if (f.quick) {
    const Tensor y = new_channels_last(f.sizes, x.dtype(), x);
    float* to = image_data<float>(y);
    const UnaryLoop loop = act ? unary_loop(*act, kFloat32) : nullptr;
    const int64_t image = output_image(f.shape);
    f.each(x, [&](const Piece& p, auto&& write) {
      float* piece = to + p.first * image;
      write(piece);
      if (loop) loop(piece, piece, p.images * image, 0, 0);
    });
    return y;
  }
  const Tensor y = empty(f.sizes, x.dtype());
  if (y.numel() == 0) return y;
  dispatch_float("conv2d", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto image = image_as<T>(x, false);
    conv_forward_reference<T>(f.shape, image.data, f.w.data_ptr<T>(), data_or_null<T>(f.b), y.data_ptr<T>());
  });
  return act ? unary(*act, y) : y;
}

PooledConv conv2d_max_pool(const Tensor& x, const Tensor& weight, const Tensor& bias, const ConvOptions& options,
                           const PoolWindows& windows, bool with_positions, bool relu) {
  if (goes_wide(x.dtype())) [[unlikely]] {
    auto y =
        kernel::conv2d_max_pool(widened(x), widened(weight), widened(bias), options, windows, with_positions, relu);
    y.values = narrowed(y.values, x.dtype());
    return y;
  }
  const Forward f(x, weight, bias, windows.h.in, windows.w.in, options);
  if (!f.quick || orders_agree(f.sizes)) {
    const Tensor y = conv2d(x, weight, bias, windows.h.in, windows.w.in, options);
    auto [values, positions] = max_pool(y, windows, with_positions, relu);
    return {values, positions, lies_channels_last(y)};
  }
  const Dims sizes{f.sizes[0], f.sizes[1], windows.h.out, windows.w.out};
  const PooledConv result{new_channels_last(sizes, kFloat32, x),
                          with_positions ? new_channels_last(sizes, kInt32, x) : Tensor(), true};
  float* values = image_data<float>(result.values);
  int32_t* positions = with_positions ? image_data<int32_t>(result.positions) : nullptr;
  const int64_t image = output_image(f.shape), pooled = sizes[1] * sizes[2] * sizes[3];
  f.each(x, [&](const Piece& p, auto&& write) {
    const auto memory = make_ref<Buffer>(p.images * image * 4);
    auto* y = static_cast<float*>(memory->data());
    write(y);
    const int64_t at = p.first * pooled;
    max_pool_images(windows, p.images, sizes[1], relu, y, values + at, positions ? positions + at : nullptr);
  });
  return result;
}

Dims ConvGrad::sizes() const {
  if (!windows) return g.sizes();
  return {g.size(0), g.size(1), windows->h.in, windows->w.in};
}

ConvGrad ConvGrad::wide() const {
  ConvGrad wide = *this;
  wide.g = widened(g);
  return wide;
}

Tensor conv2d_input_grad(const ConvGrad& dy, const Tensor& weight, const Tensor& bias, int64_t h, int64_t w,
                         const ConvOptions& options) {
  if (goes_wide(weight.dtype())) [[unlikely]]
    return narrowed(kernel::conv2d_input_grad(dy.wide(), widened(weight), widened(bias), h, w, options),
                    weight.dtype());
  const Tensor k = kernel::contiguous(weight), b = contiguous_or_undefined(bias);
  const Dims sizes{dy.g.size(0), k.size(1) * options.groups, h, w};
  const ConvShape s = shape_of(sizes, dy.sizes(), k.size(2), k.size(3), options, false);
  const Dtype dtype = dy.g.dtype();
  const onednn::Permit permit;
  const bool quick = permit && fast(s, dtype) && dy.g.numel() > 0;
  const Tensor dx = quick ? new_channels_last(sizes, dtype, dy.g) : empty(sizes, dtype);
  if (dx.numel() == 0) return dx;
  if (quick) {
    const GradientImages g(dy, s);
    const float* add = data_or_null<float>(b);
    for_each_piece(ConvPass::InputGrad, s, k.data_ptr<float>(), [&](const Piece& p) {
      float* to = image_data<float>(dx) + p.first * input_image(s);
      Ref<Buffer> memory;
      p.run(to, nullptr, g.read(p.first, p.images, memory));
      if (!add) return;
      for (int64_t pixel = 0; pixel < p.images * h * w; ++pixel)
        for (int64_t c = 0; c < s.c; ++c) to[pixel * s.c + c] += add[c];
    });
    return dx;
  }
  dispatch_float("conv_transpose2d", dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto image = image_as<T>(dy.whole(), false);
    conv_input_grad_reference<T>(s, image.data, k.data_ptr<T>(), data_or_null<T>(b), dx.data_ptr<T>());
  });
  return dx;
}

std::pair<Tensor, Tensor> conv2d_weight_grad(const ConvGrad& dy, const Tensor& x, int64_t kh, int64_t kw,
                                             const ConvOptions& options, bool with_bias) {
  if (goes_wide(x.dtype())) [[unlikely]]
    return narrowed(kernel::conv2d_weight_grad(dy.wide(), widened(x), kh, kw, options, with_bias), x.dtype());
  const Dims out = dy.sizes(), sizes{out[1], x.size(1) / options.groups, kh, kw};
  const ConvShape s = shape_of(x.sizes(), out, kh, kw, options, with_bias);
  const Tensor dw = empty(sizes, x.dtype()), db = with_bias ? empty({s.o}, x.dtype()) : Tensor();
  const onednn::Permit permit;
  if (permit && fast(s, x.dtype()) && x.numel() > 0 && dy.g.numel() > 0 && dw.numel() > 0) {
    const auto image = image_as<float>(x, true);
    weight_grad(s, GradientImages(dy, s), image.data, dw.data_ptr<float>(), data_or_null<float>(db));
    return {dw, db};
  }
  dispatch_float("conv2d", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto g = image_as<T>(dy.whole(), false), image = image_as<T>(x, false);
    conv_weight_grad_reference<T>(s, g.data, image.data, dw.data_ptr<T>(), data_or_null<T>(db));
  });
  return {dw, db};
}

Tensor conv2d_bias_grad(const Tensor& dy) { return reduce(Reduce::Sum, dy, DimMask(0b1101)); }

}  // namespace weft::kernel
