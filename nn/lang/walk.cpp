#include "weft/nn/lang/walk.h"

#include <fmt/format.h>

#include <mutex>
#include <set>
#include <utility>

#include "weft/autograd/grad_mode.h"
#include "weft/nn/lang/lexer.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/random.h"

namespace weft::nn::lang {
namespace {

std::string key_of(const LayerSpec& layer, size_t position) {
  return layer.name.empty() ? std::to_string(position) : layer.name;
}

/// The layers allowed before one that reads integers.
std::string movers() {
  std::vector<std::string> names;
  for (const LayerRow* row : rows())
    if (row->takes == Takes::Any && row->branches.most == 0) names.push_back(row->name);
  return fmt::format("{}", fmt::join(names, ", "));
}

/// Restores the default generator's state on destruction.
class KeptGenerator {
 public:
  KeptGenerator() {
    std::lock_guard lock(default_generator().mutex());
    state_ = default_generator().get_state();
  }
  ~KeptGenerator() {
    std::lock_guard lock(default_generator().mutex());
    default_generator().set_state(state_);
  }

 private:
  Tensor state_;
};

Tensor run_on_zeros(const LayerRow& row, const AnyModule& module, const Dims& batch) {
  module.ptr()->eval();
  try {
    return module.forward(zeros(batch, row.takes == Takes::Whole ? kInt64 : kFloat32));
  } catch (Error& e) {
    e.add_context(row.name);
    throw;
  }
}

/// The plan of a row without one: runs its module on zeros.
Plan probe(const LayerRow& row, const LayerCall& call) {
  KeptGenerator kept;
  NoGradGuard no_grad;
  const AnyModule module = row.build(call);
  Dims batch = call.input();
  batch.insert(0, 2);
  const Tensor made = run_on_zeros(row, module, batch);
  check<ShapeError>(made.dim() >= 1 && made.size(0) == 2, "[{}] makes {} of {}: the first dimension is the batch",
                    row.name, made.sizes(), batch);
  return {Dims(made.sizes().data() + 1, made.sizes().size() - 1), module.ptr()->num_parameters(), 0};
}

/// `in`: the input sizes, empty for the `input` of a model.
void check_output(const std::string& name, const Plan& plan, const Dims& in) {
  const auto of = [&] { return in.empty() ? "one sample" : fmt::format("the input {}", in); };
  if (plan.output.size() > kMostDims)
    fail<ShapeError>("[{}] would make {} of {}: at most {} dimensions fit", name, plan.output, of(), kMostDims);
  double elements = 1;
  for (int64_t size : plan.output) {
    if (size < 1) fail<ShapeError>("[{}] would make {} of {}, which is empty", name, plan.output, of());
    elements *= static_cast<double>(size);
  }
  if (elements > kMostElements)
    fail<ShapeError>("[{}] would make {} of {}: at most {} elements fit", name, plan.output, of(), kMostElements);
}

}  // namespace

std::pair<Dims, Chain> split_input(const Chain& description) {
  const std::vector<LayerSpec>& layers = description.layers;
  Plan given;
  at_place(layers.empty() ? Place{} : layers.front().place, [&] {
    check<ValueError>(!layers.empty() && layers.front().layer == "input",
                      "[model] begins with the sizes of one sample: input 1 28 28 | ...");
    const LayerSpec& input = layers.front();
    check<ValueError>(input.name.empty(), "[input] cannot be named {}", input.name);
    for (double n : input.find("sizes")->numbers) given.output.push_back(static_cast<int64_t>(n));
    check_output("input", given, {});
  });
  return {given.output, {std::vector<LayerSpec>(layers.begin() + 1, layers.end())}};
}

template <class F>
auto Walk::at(const LayerSpec& layer, const std::string& key, F f) {
  path_.push_back(key);
  try {
    auto result = f();
    path_.pop_back();
    return result;
  } catch (Error& e) {
    e.add_place(layer.place.line ? text_of(layer.place) : fmt::format("layer {}", fmt::join(path_, ".")));
    throw;
  }
}

void Walk::check_numbers(const LayerRow& row, const Dims& in) {
  if (row.takes == Takes::Any) return;
  const bool whole = row.takes == Takes::Whole;
  if (maker && whole)
    fail<DtypeError>(
        "[{}] reads integers, but the elements of the input {} are floats computed by {}; only {} may precede it",
        row.name, in, maker->name, movers());
  if (maker) return;
  if (!reader) reader = &row;
  check<DtypeError>(reader->takes == row.takes, "[{}] takes {}, but {} takes the same elements of the sample as {}",
                    row.name, whole ? "integers" : "floats", reader->name, whole ? "floats" : "integers");
}

Walk Walk::again() const {
  Walk walk;
  walk.path_ = path_;
  return walk;
}

Plan Walk::plan_layer(const LayerSpec& layer, const Dims& in) {
  const LayerRow& row = row_of(layer.layer);
  check<ValueError>(++layers <= kMostLayers, "[{}] the model has more than {} layers", row.name, kMostLayers);
  check_numbers(row, in);
  const size_t visit = visits.size();
  if (keeps_visits) visits.push_back({fmt::format("{}", fmt::join(path_, ".")), depth_, layer.head(), {}, 0, 0, false});
  LayerCall call(layer, row, in, *this);
  Plan plan = row.plan ? row.plan(call) : probe(row, call);
  if (row.takes != Takes::Any) maker = &row;
  check_output(row.name, plan, in);
  check<ShapeError>(plan.parameters <= kMostParameters - parameters, "[{}] brings the model to more than {} parameters",
                    row.name, kMostParameters);
  parameters += plan.parameters;
  flop += plan.flop;
  if (keeps_visits) {
    Visit& v = visits[visit];
    v.output = plan.output, v.parameters = plan.parameters, v.flop = plan.flop, v.branches = !layer.branches.empty();
  }
  return plan;
}

Dims Walk::plan(const Chain& chain, Dims sizes, size_t first) {
  std::set<std::string_view> names;
  for (const LayerSpec& layer : chain.layers) {
    const std::string key = key_of(layer, first++);
    sizes = at(layer, key, [&] {
      check<ValueError>(layer.name.empty() || names.insert(layer.name).second, "[{}] the name '{}' is taken",
                        layer.layer, layer.name);
      return plan_layer(layer, sizes).output;
    });
  }
  return sizes;
}

void Walk::build(SequentialImpl& net, const Chain& chain, Dims sizes) {
  const bool outside = std::exchange(building_, true);
  for (const LayerSpec& layer : chain.layers) {
    const std::string key = key_of(layer, net.size());
    sizes = at(layer, key, [&] {
      const LayerRow& row = row_of(layer.layer);
      net.push_back(key, row.build(LayerCall(layer, row, sizes, *this)));
      return again().plan_layer(layer, sizes).output;
    });
  }
  building_ = outside;
}

Dims Walk::plan_branch(const std::string& key, const Chain& branch, const Dims& in) {
  path_.push_back(key);
  ++depth_;
  Dims out = building_ ? again().plan(branch, in) : plan(branch, in);
  --depth_;
  path_.pop_back();
  return out;
}

Sequential Walk::build_branch(const std::string& key, const Chain& branch, const Dims& in) {
  path_.push_back(key);
  Sequential net;
  build(*net, branch, in);
  path_.pop_back();
  return net;
}

}  // namespace weft::nn::lang
