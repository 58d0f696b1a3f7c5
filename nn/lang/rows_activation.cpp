// Rows of activations: those of activations.def, and prelu.
#include "weft/nn/activation.h"
#include "weft/nn/lang/rows.h"

namespace weft::nn::lang {
namespace {

// Conversion of an option in activations.def, `type name default_value`, to a field
// --------------------------------------------
template <class T>
struct Default {
  Default() = default;
  template <class V>
  Default(const V& v) : value(T(v)) {}  // NOLINT
  std::optional<T> value;
};

Field field_of(const char* name, const Default<double>& default_value) {
  const Field field = number(name, -kMostNumber, kMostNumber);
  return default_value.value ? field.defaults_to(*default_value.value) : field;
}
// A dimension option. If PyTorch has no default for it, the default is the channels or classes.
Field field_of(const char* name, const Default<int64_t>& default_value) {
  return whole(name, -8, 8).defaults_to(default_value.value.value_or(1));
}
Field field_of(const char* name, const Default<std::string>& default_value) {
  return word(name, {"none", "tanh"}).defaults_to(*default_value.value);
}

template <class T>
T get(const LayerCall& c, const char* name) {
  if constexpr (std::is_same_v<T, std::string>)
    return c.word(name);
  else
    return static_cast<T>(c.number(name));
}

// Value checks of the ops that the types of their options do not express
// ------------------------------------------------
constexpr struct {
  std::string_view layer, field;
  double least;
} kBounds[] = {{"celu", "alpha", 1e-6}, {"softplus", "beta", 1e-6}, {"softshrink", "lambda", 0}};

void bound(std::string_view layer, Field& field) {
  for (const auto& b : kBounds)
    if (b.layer == layer && b.field == field.name) field.least = b.least;
}

Plan plan_hardtanh(const LayerCall& c) {
  check<ValueError>(c.number("min_val") < c.number("max_val"), "[hardtanh] min_val {} is not below max_val {}",
                    c.number("min_val"), c.number("max_val"));
  return same_sizes(c);
}

Plan plan_dim(const LayerCall& c) {
  if (c.name() != "glu") return c.axis("dim"), same_sizes(c);
  const size_t axis = c.axis("dim");
  Dims out = c.input();
  check<ShapeError>(out[axis] % 2 == 0, "[glu] halves dimension {} of the input {}, which is odd: {} fits", axis + 1,
                    out, out[axis] == 1 ? "2" : fmt::format("{} or {}", out[axis] - 1, out[axis] + 1));
  out[axis] /= 2;
  return {out, 0, 0};
}

LayerRow row(const char* name, std::vector<Field> arguments, AnyModule (*build)(const LayerCall&)) {
  const bool has_dim = !arguments.empty() && arguments[0].name == "dim";
  const std::string what = has_dim ? "`{}` along a dimension: 1 the channels or classes, -1 the last." : "`{}`";
  for (Field& field : arguments) bound(name, field);
  return {.name = name,
          .what = fmt::format(fmt::runtime(what), name),
          .shapes = std::string_view(name) == "glu" ? "[*] -> the same, dim halved" : "[*] -> the same",
          .arguments = std::move(arguments),
          .plan = has_dim                                ? plan_dim
                  : std::string_view(name) == "hardtanh" ? plan_hardtanh
                                                         : same_sizes,
          .build = build};
}

Plan plan_prelu(const LayerCall& c) { return {c.input(), c.flag("channels") ? c.input()[0] : 1, 0}; }

AnyModule build_prelu(const LayerCall& c) {
  return AnyModule(PReLU(PReLUOptions(c.flag("channels") ? c.input()[0] : 1).init(c.number("init"))));
}

}  // namespace

std::vector<LayerRow> activation_rows() {
  std::vector<LayerRow> rows;
#define WEFT_ACTIVATION0(Name, function) \
  rows.push_back(row(#function, {}, [](const LayerCall&) { return AnyModule(Name()); }));
#define WEFT_ACTIVATION1(Name, function, type, option, default_value, label)                        \
  {                                                                                                 \
    const Default<type> of_option default_value;                                                    \
    rows.push_back(row(#function, {field_of(#option, of_option)},                                   \
                       [](const LayerCall& c) { return AnyModule(Name(get<type>(c, #option))); })); \
  }
#define WEFT_ACTIVATION2(Name, function, type, option, default_value, label, type2, option2, default_value2, label2) \
  {                                                                                                                  \
    const Default<type> of_option default_value;                                                                     \
    const Default<type2> of_option2 default_value2;                                                                  \
    rows.push_back(                                                                                                  \
        row(#function, {field_of(#option, of_option), field_of(#option2, of_option2)},                               \
            [](const LayerCall& c) { return AnyModule(Name(get<type>(c, #option), get<type2>(c, #option2))); }));    \
  }
#include "weft/nn/activations.def"
  rows.push_back(
      {.name = "prelu",
       .what = "x where x > 0, else a learned weight times x.",
       .shapes = "[*] -> the same",
       .options = {flag("channels").says("a weight for each channel or feature"),
                   number("init", -kMostNumber, kMostNumber).defaults_to(0.25).says("initial value of the weights")},
       .plan = plan_prelu,
       .build = build_prelu});
  return rows;
}

}  // namespace weft::nn::lang
