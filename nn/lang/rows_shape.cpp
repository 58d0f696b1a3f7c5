// Rows of layers that rearrange elements.
#include <numeric>

#include "weft/nn/flatten.h"
#include "weft/nn/lang/rows.h"
#include "weft/nn/lang/walk.h"

namespace weft::nn::lang {

void check_dims(const LayerCall& call, std::initializer_list<size_t> counts, const char* wanted) {
  const Dims& in = call.input();
  bool fits = false;
  for (size_t n : counts) fits |= in.size() == n;
  const size_t most = *std::max_element(counts.begin(), counts.end());
  const char* hint = in.size() == 1 && most > 1 ? "; `unflatten` before it splits a dimension"
                     : in.size() > most         ? "; `flatten` before it joins dimensions"
                     : in.size() == 2 && most == 3 && call.name() == "conv" ? "; `conv1d` takes [channels, length]"
                                                                            : "";
  check<ShapeError>(fits, "[{}] takes {}, got {}{}", call.name(), wanted, in, hint);
}

std::string nearest_divisors(int64_t n, int64_t wanted) {
  int64_t below = 1, above = n;
  for (int64_t d = 1; d * d <= n; ++d) {
    if (n % d != 0) continue;
    for (int64_t divisor : {d, n / d}) {
      if (divisor < wanted) below = std::max(below, divisor);
      if (divisor > wanted) above = std::min(above, divisor);
    }
  }
  return wanted < n ? fmt::format("{} or {}", below, above) : fmt::format("{}", n);
}

int64_t parameter_count(const LayerCall& call, std::initializer_list<int64_t> factors) {
  double product = 1;
  int64_t count = 1;
  for (int64_t f : factors) {
    product *= static_cast<double>(f);
    check<ShapeError>(product <= static_cast<double>(kMostParameters), "[{}] needs more than {} parameters for {}",
                      call.name(), kMostParameters, call.input());
    count *= f;
  }
  return count;
}

namespace {

Plan plan_flatten(const LayerCall& c) {
  const Dims& in = c.input();
  const size_t start = c.axis("start"), end = c.axis("end");
  check<ShapeError>(start <= end, "[flatten] start {} is after end {} of the input {}", c.whole("start"),
                    c.whole("end"), in);
  Dims out;
  for (size_t d = 0; d < in.size(); ++d) {
    if (d > start && d <= end)
      out[out.size() - 1] *= in[d];
    else
      out.push_back(in[d]);
  }
  return {out, 0, 0};
}

/// The product of the parts, without the open -1 and without part `but`.
double product_of(const std::vector<int64_t>& parts, size_t but = SIZE_MAX) {
  double product = 1;
  for (size_t i = 0; i < parts.size(); ++i)
    if (i != but && parts[i] > 0) product *= static_cast<double>(parts[i]);
  return product;
}

bool divides(double product, int64_t size) {
  return product <= static_cast<double>(size) && size % static_cast<int64_t>(product) == 0;
}

/// Suggests a change of one part (the last, if there are several) so that the product equals `size`.
std::string split_hint(const std::vector<int64_t>& parts, bool open, int64_t size) {
  for (size_t i = parts.size(); i-- > 0;) {
    const double others = product_of(parts, i);
    if (parts[i] < 0 || !divides(others, size)) continue;
    const int64_t rest = size / static_cast<int64_t>(others);
    return fmt::format("; {} in place of {} fits", open ? nearest_divisors(rest, parts[i]) : fmt::format("{}", rest),
                       parts[i]);
  }
  return "";
}

Plan plan_unflatten(const LayerCall& c) {
  const size_t axis = c.axis("dim");
  std::vector<int64_t> parts = c.list("sizes");
  const int64_t size = c.input()[axis];
  int64_t* open = nullptr;
  for (int64_t& part : parts) {
    check<ValueError>(part != 0 && (part > 0 || !open), "[unflatten] sizes must be positive except for one -1, got {}",
                      IntArrayRef(c.list("sizes")));
    if (part < 0) open = &part;
  }
  const double product = product_of(parts);
  const bool fits = open ? divides(product, size) : product == static_cast<double>(size);
  check<ShapeError>(fits, "[unflatten] {} of the input {} cannot be split into {}, which make {}{}{}", size, c.input(),
                    IntArrayRef(c.list("sizes")), open ? "multiples of " : "", product, split_hint(parts, open, size));
  if (open) *open = size / static_cast<int64_t>(product);
  Dims out = c.input();
  out.erase(axis);
  for (size_t i = 0; i < parts.size(); ++i) out.insert(axis + i, parts[i]);
  return {out, 0, 0};
}

Plan plan_pixel_shuffle(const LayerCall& c) {
  check_dims(c, {3}, "[channels, height, width]");
  const int64_t r = c.whole("factor");
  const Dims& in = c.input();
  const int64_t fewer = in[0] - in[0] % (r * r), more = fewer + r * r;
  check<ShapeError>(in[0] % (r * r) == 0, "[pixel_shuffle] factor {} needs channels that {} divides, got {}: {}{} fits",
                    r, r * r, in, fewer ? fmt::format("{} or ", fewer) : "", more);
  return {{in[0] / (r * r), in[1] * r, in[2] * r}, 0, 0};
}

// Pads
// -----------------------------------------------------------------------------------------------------------------
/// {left, right}, for images {left, right, top, bottom}
std::vector<int64_t> borders(const LayerCall& c) {
  std::vector<int64_t> given = c.list("borders");
  const bool image = c.input().size() == 3;
  const size_t count = image ? 4 : 2;
  check<ValueError>(given.size() == 1 || given.size() == count,
                    "[{}] takes one border, or left{} for the input {}, got {}", c.name(),
                    image ? ", right, top and bottom" : " and right", c.input(), given.size());
  if (given.size() == 1) given.assign(count, int64_t{given.front()});
  return given;
}

Plan plan_borders(const LayerCall& c) {
  constexpr const char* kAxis[][3] = {{"size"}, {"", "length"}, {"", "height", "width"}};
  const std::vector<int64_t> by = borders(c);
  Dims out = c.input();
  for (size_t d = out.size() - by.size() / 2; d < out.size(); ++d) {
    const size_t at = 2 * (out.size() - 1 - d);
    const int64_t before = by[at], after = by[at + 1], size = out[d];
    const char* axis = kAxis[out.size() - 1][d];
    check<ShapeError>(c.name() != "reflection_pad" || (before < size && after < size),
                      "[reflection_pad] borders {} and {} do not fit {} {} of the input {}: at most {} fits", before,
                      after, axis, size, c.input(), size - 1);
    out[d] += before + after;
    check<ShapeError>(out[d] > 0,
                      "[{}] {} before and {} after leave nothing of {} {} of the input {}: together at least {} fits",
                      c.name(), before, after, axis, size, c.input(), 1 - size);
  }
  return {out, 0, 0};
}

Plan plan_pad(const LayerCall& c) {
  check_dims(c, {3}, "[channels, height, width]");
  return plan_borders(c);
}

Plan plan_constant_pad(const LayerCall& c) {
  check_dims(c, {1, 2, 3}, "[features], [channels, length] or [channels, height, width]");
  return plan_borders(c);
}

AnyModule build_constant_pad(const LayerCall& c) {
  const double value = c.number("value");
  return c.input().size() == 3 ? AnyModule(ConstantPad2d(borders(c), value))
                               : AnyModule(ConstantPad1d(borders(c), value));
}

template <class Pad>
LayerRow pad_row(const char* name, const char* what, double least) {
  return {.name = name,
          .what = what,
          .shapes = "[C, H, W] -> [C, top + H + bottom, left + W + right]",
          .arguments = {list("borders", least, kMostExtent, 4).says("one for all sides, or left, right, top, bottom")},
          .takes = Takes::Any,
          .plan = plan_pad,
          .build = [](const LayerCall& c) { return AnyModule(Pad(borders(c))); }};
}

}  // namespace

std::vector<LayerRow> shape_rows() {
  return {
      {.name = "input",
       .what = "The sizes of one sample; only at the beginning of a model.",
       .shapes = "-> [sizes]",
       .arguments = {list("sizes")},
       .plan = [](const LayerCall&) -> Plan {
         fail<ValueError>("[input] is only allowed at the beginning of a model");
       },
       .build = [](const LayerCall&) { return AnyModule(Identity()); }},
      {.name = "flatten",
       .what = "Merges dimensions into one. Dimensions count from 1, the sample's first, or from -1, its last.",
       .shapes = "[C, H, W] -> [C H W]",
       .arguments = {whole("start", -8, 8).defaults_to(1), whole("end", -8, 8).defaults_to(-1)},
       .takes = Takes::Any,
       .plan = plan_flatten,
       .build =
           [](const LayerCall& c) {
             return AnyModule(Flatten(FlattenOptions().start_dim(c.whole("start")).end_dim(c.whole("end"))));
           }},
      {.name = "unflatten",
       .what = "Splits a dimension into several; one of the sizes may be -1.",
       .shapes = "[F] -> [sizes]",
       .arguments = {list("sizes", -1)},
       .options = {whole("dim", -8, 8).defaults_to(1)},
       .takes = Takes::Any,
       .plan = plan_unflatten,
       // A negative dim counts from the end of the actual batch, as here.
       .build = [](const LayerCall& c) { return AnyModule(Unflatten(c.whole("dim"), c.list("sizes"))); }},
      {.name = "identity",
       .what = "Returns its input, as the shortcut of a `parallel`.",
       .shapes = "[*] -> [*]",
       .takes = Takes::Any,
       .plan = same_sizes,
       .build = [](const LayerCall&) { return AnyModule(Identity()); }},
      {.name = "pixel_shuffle",
       .what = "Moves channels into height and width.",
       .shapes = "[C f f, H, W] -> [C, H f, W f]",
       .arguments = {whole("factor", 1, 256)},
       .takes = Takes::Any,
       .plan = plan_pixel_shuffle,
       .build = [](const LayerCall& c) { return AnyModule(PixelShuffle(c.whole("factor"))); }},
      {.name = "constant_pad",
       .what = "Pads with a constant; a negative border crops. ConstantPad1d, which pads the last dimension, or "
               "ConstantPad2d, depending on the input.",
       .shapes = "[F] -> [left + F + right], [C, L] -> [C, left + L + right] or [C, H, W] as zero_pad",
       .arguments = {list("borders", -kMostExtent, kMostExtent, 4)
                         .says("one for all sides, or left and right; for images left, right, top, bottom")},
       .options = {number("value", -kMostNumber, kMostNumber).defaults_to(0).says("1 gives a column of ones")},
       .takes = Takes::Any,
       .plan = plan_constant_pad,
       .build = build_constant_pad},
      pad_row<ZeroPad2d>("zero_pad", "Pads with zeros; a negative border crops.", -kMostExtent),
      pad_row<ReflectionPad2d>("reflection_pad", "Pads with a reflection of the image.", 0),
      pad_row<ReplicationPad2d>("replication_pad", "Pads with copies of the edge.", 0),
  };
}

}  // namespace weft::nn::lang
