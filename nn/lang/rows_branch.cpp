// Rows of layers that contain chains.
#include <fmt/format.h>

#include "weft/nn/branches.h"
#include "weft/nn/lang/rows.h"

namespace weft::nn::lang {
namespace {

// residual
// -------------------------------------------------------------------------------------------------------------
Plan plan_residual(const LayerCall& c) {
  const Dims out = c.plan_branch(0, "body", c.input());
  check<ShapeError>(out == c.input(),
                    "[residual] its body makes {} of {}, which cannot be added; in `parallel(..., ...) add` a second "
                    "chain can adapt the sizes",
                    out, c.input());
  return {out, 0, 0};
}

AnyModule build_residual(const LayerCall& c) { return AnyModule(Residual(c.build_branch(0, "body", c.input()))); }

// repeat
// ---------------------------------------------------------------------------------------------------------------
template <class F>
Dims each_repetition(const LayerCall& c, F f) {
  Dims sizes = c.input();
  for (int64_t i = 0; i < c.whole("times"); ++i) sizes = f(std::to_string(i), sizes);
  return sizes;
}

Plan plan_repeat(const LayerCall& c) {
  return {each_repetition(c, [&](const std::string& key, const Dims& in) { return c.plan_branch(0, key, in); }), 0, 0};
}

AnyModule build_repeat(const LayerCall& c) {
  Sequential net;
  each_repetition(c, [&](const std::string& key, const Dims& in) {
    net->push_back(c.build_branch(0, key, in));
    return c.plan_branch(0, key, in);
  });
  return AnyModule(net);
}

// parallel
// -------------------------------------------------------------------------------------------------------------
Plan plan_parallel(const LayerCall& c) {
  const bool add = c.flag("add");
  check<ValueError>(add != c.flag("concat"), "[parallel] is joined by concat or add: parallel(...) concat");
  check<ValueError>(!add || !c.has("dim"), "[parallel] dim goes with concat");
  std::vector<Dims> made;
  for (size_t i = 0; i < c.branches(); ++i) made.push_back(c.plan_branch(i, std::to_string(i), c.input()));
  const auto require = [&](bool ok, const char* why, size_t number = 0) {
    if (ok) return;
    fail<ShapeError>("[parallel] branches make {} of the input {}, which cannot be {}: {}",
                     fmt::format("{}", fmt::join(made, ", ")), c.input(), add ? "added" : "concatenated",
                     fmt::format(fmt::runtime(why), number));
  };
  Dims out = made.front();
  const size_t axis = add ? out.size() : static_cast<size_t>(c.has("dim") ? c.whole("dim") - 1 : 0);
  require(add || axis < out.size(), "dim is at most {}", out.size());
  for (size_t i = 1; i < made.size(); ++i) {
    require(made[i].size() == out.size(), "their numbers of dimensions differ");
    for (size_t d = 0; d < out.size(); ++d)
      require(d == axis || made[i][d] == out[d], "they differ in dimension {}", d + 1);
    if (!add) out[axis] += made[i][axis];
  }
  return {out, 0, 0};
}

AnyModule build_parallel(const LayerCall& c) {
  std::vector<Sequential> branches;
  for (size_t i = 0; i < c.branches(); ++i) branches.push_back(c.build_branch(i, std::to_string(i), c.input()));
  const auto options = ParallelOptions().add(c.flag("add")).dim(c.has("dim") ? c.whole("dim") : 1);
  return AnyModule(Parallel(std::move(branches), options));
}

}  // namespace

std::vector<LayerRow> branch_rows() {
  return {
      {.name = "residual",
       .what = "Adds the result of its chain to the input.",
       .shapes = "[*] -> the same",
       .branches = {1, 1},
       .takes = Takes::Any,
       .plan = plan_residual,
       .build = build_residual},
      {.name = "repeat",
       .what = "Applies its chain several times, each time with its own weights.",
       .shapes = "those of its chain",
       .arguments = {whole("times", 1, 10'000)},
       .branches = {1, 1, /*in_series=*/true},
       .takes = Takes::Any,
       .plan = plan_repeat,
       .build = build_repeat},
      {.name = "parallel",
       .what = "Applies each of its chains to the input and joins the results.",
       .shapes = "add: that of each chain; concat: the sum along dim",
       .options = {flag("concat").says("joins the results along dim"), flag("add").says("adds the results"),
                   whole("dim", 1, kMostDims).says("of concat; default 1, the channels or features")},
       .branches = {2, kAnyBranchCount},
       .takes = Takes::Any,
       .plan = plan_parallel,
       .build = build_parallel},
  };
}

}  // namespace weft::nn::lang
