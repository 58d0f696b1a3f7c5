#include <cstring>
#include <string_view>

#include "weft/tensor/onednn/detail.h"

namespace weft::onednn {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;

// The memory descriptors of a convolution; the implementation chooses the layout of the weights.
struct Descs {
  explicit Descs(const ConvShape& s)
      : x({s.n, s.c, s.h, s.w}, memory::data_type::f32, Tag::nhwc),
        y({s.n, s.o, s.oh, s.ow}, memory::data_type::f32, Tag::nhwc),
        stride(s.stride.begin(), s.stride.end()),
        dilation{s.dilation[0] - 1, s.dilation[1] - 1},
        pad_low(s.pad_low.begin(), s.pad_low.end()),
        pad_high(s.pad_high.begin(), s.pad_high.end()) {
    memory::dims dims{s.o, s.c / s.groups, s.kh, s.kw};
    if (s.groups > 1) dims = {s.groups, s.o / s.groups, s.c / s.groups, s.kh, s.kw};
    weight = memory::desc(dims, memory::data_type::f32, Tag::any);
    plain_weight = memory::desc(dims, memory::data_type::f32, s.groups > 1 ? Tag::goihw : Tag::oihw);
    if (s.bias) bias = memory::desc({s.o}, memory::data_type::f32, Tag::x);
  }
  memory::desc x, y, weight, plain_weight, bias;
  memory::dims stride, dilation, pad_low, pad_high;
};

using Forward = dnnl::convolution_forward;
using InputGrad = dnnl::convolution_backward_data;
using WeightGrad = dnnl::convolution_backward_weights;
constexpr auto kDirect = dnnl::algorithm::convolution_direct;
constexpr auto kTraining = dnnl::prop_kind::forward_training;

// The implementations of a pass in oneDNN's order, best first; iterate with desc.next_impl(). Up to 2.x an op
// descriptor is needed, and the iteration reads it and the forward pass that a gradient refers to: they are stored
// here.
#if DNNL_VERSION_MAJOR >= 3
Forward::primitive_desc describe(const Descs& d, const Forward*) {
  return {detail::engine(), kTraining, kDirect,    d.x,
          d.weight,         d.bias,    d.y,        d.stride,
          d.dilation,       d.pad_low, d.pad_high, detail::user_scratchpad()};
}
InputGrad::primitive_desc describe(const Descs& d, const InputGrad*, const Forward::primitive_desc& forward) {
  return {detail::engine(),         kDirect, d.x, d.weight, d.y, d.stride, d.dilation, d.pad_low, d.pad_high, forward,
          detail::user_scratchpad()};
}
WeightGrad::primitive_desc describe(const Descs& d, const WeightGrad*, const Forward::primitive_desc& forward) {
  return {detail::engine(), kDirect,    d.x,       d.weight,   d.bias,  d.y,
          d.stride,         d.dilation, d.pad_low, d.pad_high, forward, detail::user_scratchpad()};
}
template <class Primitive>
struct Candidates {
  explicit Candidates(const Descs& d)
      : forward(describe(d, static_cast<const Forward*>(nullptr))),
        desc(describe(d, static_cast<const Primitive*>(nullptr), forward)) {}
  Forward::primitive_desc forward;
  typename Primitive::primitive_desc desc;
};
template <>
struct Candidates<Forward> {
  explicit Candidates(const Descs& d) : desc(describe(d, static_cast<const Forward*>(nullptr))) {}
  Forward::primitive_desc desc;
};
#else
Forward::desc op_of(const Descs& d, const Forward*) {
  return {kTraining, kDirect, d.x, d.weight, d.bias, d.y, d.stride, d.dilation, d.pad_low, d.pad_high};
}
InputGrad::desc op_of(const Descs& d, const InputGrad*) {
  return {kDirect, d.x, d.weight, d.y, d.stride, d.dilation, d.pad_low, d.pad_high};
}
WeightGrad::desc op_of(const Descs& d, const WeightGrad*) {
  return {kDirect, d.x, d.weight, d.bias, d.y, d.stride, d.dilation, d.pad_low, d.pad_high};
}
template <class Primitive>
struct Candidates;
template <>
struct Candidates<Forward> {
  explicit Candidates(const Descs& d)
      : op(op_of(d, static_cast<const Forward*>(nullptr))), desc(op, detail::user_scratchpad(), detail::engine()) {}
  Forward::desc op;
  Forward::primitive_desc desc;
};
template <class Primitive>
struct Candidates {
  explicit Candidates(const Descs& d)
      : forward(d),
        op(op_of(d, static_cast<const Primitive*>(nullptr))),
        desc(op, detail::user_scratchpad(), detail::engine(), forward.desc) {}
  Candidates<Forward> forward;
  typename Primitive::desc op;
  typename Primitive::primitive_desc desc;
};
#endif

std::string_view isa_of(std::string_view name) { return name.substr(name.rfind(':') + 1); }
bool starts_with(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }

// Chooses one of oneDNN's implementations, by measurement on both versions (AVX2 and AVX-512, GFLOP/s on one thread).
// oneDNN's first choice is often the batch-reduced one ("brg..."), and the plain generated one of the same instruction
// set is as fast or faster: 1->32 channels 5x5 forward 115 against 91, 7->13 3x3 100 against 73, depthwise 95 against
// 67, 32->64 5x5 139 against 136; it is slower only on AVX2 with many channels on both sides, 103 against 117. The
// input gradient of a few channels wastes most of a vector there: as a matrix product it reaches 22 against 8.
struct Choice {
  Choice(ConvPass pass, const ConvShape& s, std::string_view first) : isa(isa_of(first)) {
    const int64_t in = s.c / s.groups, out = s.o / s.groups;
    const bool wide = first.find("avx2") != first.npos && in >= 48 && out >= 48;
    as_product = pass == ConvPass::InputGrad && in <= 4 && s.groups == 1;
    plain = !as_product && starts_with(first, "br") && !wide;
  }
  bool is(std::string_view name) const {
    return as_product ? name.find("gemm") != name.npos : starts_with(name, "jit") && isa_of(name) == isa;
  }
  std::string_view isa;
  bool as_product, plain;
};

template <class Primitive>
typename Primitive::primitive_desc best(ConvPass pass, const ConvShape& s, const Descs& descs) {
  const Candidates<Primitive> first(descs);
  const Choice choice(pass, s, first.desc.impl_info_str());
  if (!choice.as_product && !choice.plain) return first.desc;
  Candidates<Primitive> next(descs);
  while (!starts_with(next.desc.impl_info_str(), "ref") && next.desc.next_impl())
    if (choice.is(next.desc.impl_info_str())) return next.desc;
  return first.desc;
}

template <class Primitive>
class Plan final : public ConvPlan {
 public:
  Plan(ConvPass pass, const ConvShape& s) : descs_(s), desc_(best<Primitive>(pass, s, descs_)), primitive_(desc_) {
    packed_ = desc_.query_md(pass == ConvPass::WeightGrad ? dnnl::query::diff_weights_md : dnnl::query::weights_md, 0);
    weights_as_they_lie = packed_ == descs_.plain_weight;
    packed_bytes = detail::bytes_of(packed_);
    scratch_bytes = detail::bytes_of(desc_.scratchpad_desc());
    implementation = desc_.impl_info_str();
    if (weights_as_they_lie) return;
    const bool unpacks = pass == ConvPass::WeightGrad;
    const memory::desc &from = unpacks ? packed_ : descs_.plain_weight, &to = unpacks ? descs_.plain_weight : packed_;
    dnnl::reorder::primitive_desc reorder(detail::engine(), from, detail::engine(), to);
    reorder_ = dnnl::reorder(reorder);
  }

  void run(const Operands& o) const override {
    using detail::at;
    const memory x = at(descs_.x, o.x), y = at(descs_.y, o.y), weight = at(packed_, o.weight);
    const memory scratch = at(desc_.scratchpad_desc(), o.scratch);
    const memory bias = o.bias ? at(descs_.bias, o.bias) : memory();
    if constexpr (std::is_same_v<Primitive, Forward>)
      detail::execute(primitive_, {{DNNL_ARG_SRC, x},
                                   {DNNL_ARG_WEIGHTS, weight},
                                   {DNNL_ARG_BIAS, bias},
                                   {DNNL_ARG_DST, y},
                                   {DNNL_ARG_SCRATCHPAD, scratch}});
    else if constexpr (std::is_same_v<Primitive, InputGrad>)
      detail::execute(
          primitive_,
          {{DNNL_ARG_DIFF_SRC, x}, {DNNL_ARG_WEIGHTS, weight}, {DNNL_ARG_DIFF_DST, y}, {DNNL_ARG_SCRATCHPAD, scratch}});
    else
      detail::execute(primitive_, {{DNNL_ARG_SRC, x},
                                   {DNNL_ARG_DIFF_WEIGHTS, weight},
                                   {DNNL_ARG_DIFF_BIAS, bias},
                                   {DNNL_ARG_DIFF_DST, y},
                                   {DNNL_ARG_SCRATCHPAD, scratch}});
  }
  void pack(const float* weight, float* packed) const override {
    reorder(detail::at(descs_.plain_weight, weight), detail::at(packed_, packed));
  }
  void unpack(const float* packed, float* weight) const override {
    reorder(detail::at(packed_, packed), detail::at(descs_.plain_weight, weight));
  }

 private:
  void reorder(const memory& from, const memory& to) const {
    if (weights_as_they_lie)
      std::memcpy(to.get_data_handle(), from.get_data_handle(), static_cast<size_t>(packed_bytes));
    else
      detail::execute(reorder_, {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
  }
  Descs descs_;
  typename Primitive::primitive_desc desc_;
  Primitive primitive_;
  memory::desc packed_;
  dnnl::primitive reorder_;
};

// The bytes of this struct are the cache's key.
struct Key {
  int64_t kind, n, c, h, w, o, oh, ow, kh, kw, groups;
  std::array<int64_t, 2> stride, dilation, pad_low, pad_high;
  int64_t bias;
};

}  // namespace

std::shared_ptr<const ConvPlan> conv_plan(ConvPass pass, const ConvShape& s) {
  const Key key{static_cast<int64_t>(pass),
                s.n,
                s.c,
                s.h,
                s.w,
                s.o,
                s.oh,
                s.ow,
                s.kh,
                s.kw,
                s.groups,
                s.stride,
                s.dilation,
                s.pad_low,
                s.pad_high,
                s.bias};
  auto make = [&]() -> std::shared_ptr<const void> {
    std::shared_ptr<const ConvPlan> plan;
    if (pass == ConvPass::Forward)
      plan = std::make_shared<Plan<Forward>>(pass, s);
    else if (pass == ConvPass::InputGrad)
      plan = std::make_shared<Plan<InputGrad>>(pass, s);
    else
      plan = std::make_shared<Plan<WeightGrad>>(pass, s);
    return plan;
  };
  return std::static_pointer_cast<const ConvPlan>(
      detail::find_plan({reinterpret_cast<const char*>(&key), sizeof key}, make));
}

}  // namespace weft::onednn
