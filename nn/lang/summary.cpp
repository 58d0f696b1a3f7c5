#include "weft/nn/lang/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ostream>
#include <sstream>

#include "weft/autograd/grad_mode.h"
#include "weft/nn/conv.h"
#include "weft/nn/lang/walk.h"
#include "weft/nn/linear.h"
#include "weft/tensor/creation.h"

namespace weft::nn {
namespace {

std::string with_commas(int64_t n) {
  const std::string digits = std::to_string(n);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

/// FLOP of one sample in a built-in module that multiplies by weights; 0 for others.
double flop_of(Module& module, const Tensor& in, const Tensor& out) {
  auto product = [](const Tensor& weight, const Tensor& places, int64_t channels) {
    return 2.0 * static_cast<double>(weight.numel()) * static_cast<double>(places.numel()) /
           static_cast<double>(places.size(0) * channels);
  };
  if (auto* m = module.as<Linear>()) return product(m->weight, out, out.size(-1));
  if (auto* m = module.as<Conv2d>()) return product(m->weight, out, out.size(1));
  if (auto* m = module.as<Conv1d>()) return product(m->weight, out, out.size(1));
  if (auto* m = module.as<ConvTranspose2d>()) return product(m->weight, in, in.size(1));
  return 0;
}

std::string text_of(const Module& module) {
  std::ostringstream out;
  module.pretty_print(out);
  const std::string text = out.str();
  return text.starts_with("weft::nn::") ? text.substr(10) : text;
}

/// Temporary hooks on modules; the destructor removes them and restores the training mode.
class Watch {
 public:
  explicit Watch(Module& net) : net_(net), training_(net.is_training()) { net_.eval(); }
  ~Watch() {
    for (HookHandle& handle : handles_) handle.remove();
    net_.train(training_);
  }
  void add(HookHandle handle) { handles_.push_back(std::move(handle)); }

 private:
  Module& net_;
  bool training_;
  std::vector<HookHandle> handles_;
};

}  // namespace

Summary summary(const lang::Chain& description) {
  const auto [input, layers] = lang::split_input(description);
  lang::Walk walk;
  walk.keeps_visits = true;
  walk.plan(layers, input);
  Summary out{input, {}, walk.parameters, walk.flop / 1e6};
  for (lang::Visit& v : walk.visits)
    out.rows.push_back(
        {std::move(v.key), v.depth, std::move(v.text), std::move(v.output), v.parameters, v.flop / 1e6, v.branches});
  return out;
}

Summary summary(const Model& model) {
  check<StateError>(model->is_as_described(), "[summary] the model was changed by hand: give the sizes of a sample");
  return summary(model->description());
}

Summary summary(const Sequential& net, IntArrayRef sample_sizes) {
  Summary out{sample_sizes, {}, net->num_parameters(), 0};
  Watch watch(*net);
  for (const auto& [name, module] : net->named_modules({}, false)) {
    const size_t row = out.rows.size(), depth = static_cast<size_t>(std::count(name.begin(), name.end(), '.'));
    int64_t own = 0;
    for (const Tensor& parameter : module->parameters(false)) own += parameter.numel();
    out.rows.push_back({name, depth, text_of(*module), {}, own, 0, !module->children().empty()});
    watch.add(module->register_forward_hook([&out, row](Module& m, const TensorList& inputs, Tensor& made) {
      if (!made.defined()) return;
      SummaryRow& r = out.rows[row];
      r.output = made.sizes();
      if (!r.output.empty()) r.output.erase(0);
      if (!inputs.empty()) r.mflop = flop_of(m, inputs.front(), made) / 1e6;
    }));
  }
  NoGradGuard no_grad;
  Dims batch = sample_sizes;
  batch.insert(0, 2);
  net->forward(zeros(batch));
  for (const SummaryRow& row : out.rows) out.mflop += row.mflop;
  return out;
}

std::ostream& operator<<(std::ostream& stream, const Summary& s) {
  std::vector<std::array<std::string, 5>> cells{{"name", "layer", "output", "parameters", "MFLOP"},
                                                {"", "input", to_string(s.input), "", ""}};
  for (const SummaryRow& row : s.rows)
    cells.push_back({std::string(2 * row.depth, ' ') + row.name, row.layer, to_string(row.output),
                     row.group && !row.parameters ? "" : with_commas(row.parameters),
                     row.group ? "" : fmt::format("{:.3f}", row.mflop)});
  cells.push_back({"total", "", "", with_commas(s.parameters), fmt::format("{:.3f}", s.mflop)});
  std::array<size_t, 5> widths{};
  for (const auto& line : cells)
    for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  for (const auto& line : cells) {
    std::string text = fmt::format("{:<{}}  {:<{}}  {:<{}}  {:>{}}  {:>{}}", line[0], widths[0], line[1], widths[1],
                                   line[2], widths[2], line[3], widths[3], line[4], widths[4]);
    text.erase(text.find_last_not_of(' ') + 1);
    stream << text << '\n';
  }
  return stream;
}

}  // namespace weft::nn
