// Rows of normalisation and dropout.
#include "weft/nn/batchnorm.h"
#include "weft/nn/dropout.h"
#include "weft/nn/lang/rows.h"
#include "weft/nn/normalization.h"

namespace weft::nn::lang {
namespace {

Field eps() { return number("eps", 1e-12, 1).defaults_to(1e-5); }
Field momentum() { return number("momentum", 0, 1).defaults_to(0.1).says("weight of the new batch in the statistics"); }
Field cumulative() { return flag("cumulative").says("statistics are plain averages of all batches"); }
Field no_affine() { return flag("no_affine").says("omits weight and bias"); }

template <class Options>
Options tracked_options(const LayerCall& c) {
  Options o(c.input()[0]);
  o.eps(c.number("eps")).momentum(c.number("momentum"));
  if (c.flag("cumulative")) o.momentum(nullopt);
  return o;
}

/// Two parameters per feature.
Plan affine(const LayerCall& c, int64_t features, bool with) { return {c.input(), with ? 2 * features : 0, 0}; }

Plan plan_batch_norm(const LayerCall& c) {
  check_dims(c, {1, 2, 3}, "[features], [channels, length] or [channels, height, width]");
  return affine(c, c.input()[0], !c.flag("no_affine"));
}

AnyModule build_batch_norm(const LayerCall& c) {
  const auto o =
      tracked_options<BatchNormOptions>(c).affine(!c.flag("no_affine")).track_running_stats(!c.flag("no_statistics"));
  return c.input().size() == 3 ? AnyModule(BatchNorm2d(o)) : AnyModule(BatchNorm1d(o));
}

Plan plan_instance_norm(const LayerCall& c) {
  check_dims(c, {2, 3}, "[channels, length] or [channels, height, width]");
  check<ShapeError>(numel_of(c.input()) > c.input()[0], "[instance_norm] needs more than one value per channel, got {}",
                    c.input());
  return affine(c, c.input()[0], c.flag("affine"));
}

AnyModule build_instance_norm(const LayerCall& c) {
  const auto o =
      tracked_options<InstanceNormOptions>(c).affine(c.flag("affine")).track_running_stats(c.flag("statistics"));
  return c.input().size() == 3 ? AnyModule(InstanceNorm2d(o)) : AnyModule(InstanceNorm1d(o));
}

/// The last `dims` dimensions.
std::vector<int64_t> normalized_shape(const LayerCall& c) {
  const Dims& in = c.input();
  const auto dims = static_cast<size_t>(c.whole("dims"));
  check<ShapeError>(dims <= in.size(), "[layer_norm] dims {} of the input {}: at most {} fits", dims, in, in.size());
  return {in.end() - dims, in.end()};
}

AnyModule build_layer_norm(const LayerCall& c) {
  return AnyModule(
      LayerNorm(LayerNormOptions(normalized_shape(c)).eps(c.number("eps")).elementwise_affine(!c.flag("no_affine"))));
}

Plan plan_group_norm(const LayerCall& c) {
  const int64_t groups = c.whole("groups"), channels = c.input()[0];
  check<ShapeError>(channels % groups == 0,
                    "[group_norm] groups {} must divide the {} channels of the input {}: {} fits", groups, channels,
                    c.input(), nearest_divisors(channels, groups));
  return affine(c, channels, !c.flag("no_affine"));
}

AnyModule build_group_norm(const LayerCall& c) {
  return AnyModule(
      GroupNorm(GroupNormOptions(c.whole("groups"), c.input()[0]).eps(c.number("eps")).affine(!c.flag("no_affine"))));
}

}  // namespace

std::vector<LayerRow> norm_rows() {
  const Field p = number("p", 0, 1).defaults_to(0.5);
  return {
      {.name = "batch_norm",
       .what = "Normalises each channel by the batch's mean and variance, in evaluation by the running statistics. "
               "BatchNorm1d or BatchNorm2d, depending on the input.",
       .shapes = "[F], [C, L] or [C, H, W] -> the same",
       .options = {eps(), momentum(), cumulative(), no_affine(),
                   flag("no_statistics").says("uses the batch's in evaluation too")},
       .plan = plan_batch_norm,
       .build = build_batch_norm},
      {.name = "instance_norm",
       .what = "Normalises each channel of each sample by itself. InstanceNorm1d or InstanceNorm2d.",
       .shapes = "[C, L] or [C, H, W] -> the same",
       .options = {eps(), momentum(), cumulative(), flag("affine").says("with weight and bias"),
                   flag("statistics").says("uses the training's in evaluation")},
       .plan = plan_instance_norm,
       .build = build_instance_norm},
      {.name = "layer_norm",
       .what = "Normalises each sample over its last dimensions.",
       .shapes = "[*] -> the same",
       .arguments = {whole("dims", 1, kMostDims).defaults_to(1).says("how many")},
       .options = {eps(), no_affine()},
       .plan = [](const LayerCall& c) { return affine(c, numel_of(normalized_shape(c)), !c.flag("no_affine")); },
       .build = build_layer_norm},
      {.name = "group_norm",
       .what = "Normalises each sample over groups of channels.",
       .shapes = "[C, *] -> the same",
       .arguments = {whole("groups")},
       .options = {eps(), no_affine()},
       .plan = plan_group_norm,
       .build = build_group_norm},
      {.name = "dropout",
       .what = "Zeroes elements with probability p in training, and scales the others by 1 / (1 - p).",
       .shapes = "[*] -> the same",
       .arguments = {p},
       .plan = same_sizes,
       .build = [](const LayerCall& c) { return AnyModule(Dropout(c.number("p"))); }},
      {.name = "dropout2d",
       .what = "The same for entire channels.",
       .shapes = "[C, *] -> the same",
       .arguments = {p},
       .plan = same_sizes,
       .build = [](const LayerCall& c) { return AnyModule(Dropout2d(c.number("p"))); }},
  };
}

}  // namespace weft::nn::lang
