// Writes models as ONNX graphs.
#include "weft/io/onnx_export.h"

#include <fmt/format.h>

#include "weft/autograd/grad_mode.h"
#include "weft/io/onnx.h"
#include "weft/nn/branches.h"
#include "weft/nn/dropout.h"
#include "weft/nn/flatten.h"
#include "weft/tensor/atomic_file.h"
#include "weft/tensor/creation.h"

namespace weft::io {
namespace detail {

std::string ExportSite::number(double value) const {
  return out.constant(scalar_tensor(value, in.is_floating_point() ? in.dtype() : result.dtype()));
}

std::string ExportSite::reshaped(const std::string& value, const Tensor& like) const {
  std::vector<int64_t> sizes = like.sizes().vec();
  sizes[0] = 0;  // that of the input
  return node("Reshape", {value, out.integers(sizes)});
}

namespace {

/// Walks the modules and writes their nodes; `value` is an example that passes through them.
class Exporter {
 public:
  std::string chain(nn::SequentialImpl& net, const std::string& path, const std::string& prefix, std::string x,
                    Tensor& value) {
    const auto& names = net.named_children();
    size_t i = 0;
    for (nn::AnyModule& any : net) {
      const std::string key = names.keys()[i++];
      x = layer(any, path + "/" + key, prefix + key + ".", x, value);
    }
    return x;
  }
  OnnxWriter out;

 private:
  std::string layer(nn::AnyModule& any, const std::string& path, const std::string& prefix, const std::string& x,
                    Tensor& value) {
    const std::shared_ptr<nn::Module> module = any.ptr();
    if (auto* net = module->as<nn::Sequential>()) return chain(*net, path, prefix, x, value);
    ExportSite site{out, path, prefix, x, value, {}};
    if (auto* residual = module->as<nn::Residual>()) {
      const std::string body = chain(*residual->body, path + "/body", prefix + "body.", x, value);
      return described(site.add(x, body), value);
    }
    if (auto* parallel = module->as<nn::Parallel>()) return branches(*parallel, site, value);
    site.result = value = any.forward(value);
    if (module->as<nn::Dropout>() || module->as<nn::Dropout2d>() || module->as<nn::Identity>()) return x;
    for (auto* write : {export_activation, export_product, export_norm, export_shape, export_pool})
      if (const std::string name = write(site, *module); !name.empty()) return described(name, value);
    fail<ValueError>("[save_onnx] {}: {} has no form in ONNX", path.substr(1), module->name());
  }

  std::string branches(nn::ParallelImpl& parallel, const ExportSite& s, Tensor& value) {
    std::vector<std::string> names;
    TensorList values;
    for (size_t i = 0; i < parallel.branches.size(); ++i) {
      Tensor part = s.in;
      const std::string key = std::to_string(i);
      names.push_back(chain(*parallel.branches[i], s.path + "/" + key, s.prefix + key + ".", s.x, part));
      values.push_back(part);
    }
    value = parallel.forward(s.in);
    const std::string joined =
        parallel.options.add() ? s.node("Sum", names) : s.node("Concat", names, {{"axis", parallel.options.dim()}});
    return described(joined, value);
  }

  std::string described(const std::string& name, const Tensor& value) {
    out.describe(13, name, value);
    return name;
  }
};

}  // namespace
}  // namespace detail

void save_onnx(const nn::Model& model, const std::string& path) {
  NoGradGuard no_grad;
  const auto copy = std::dynamic_pointer_cast<nn::ModelImpl>(model->clone());
  check<StateError>(copy != nullptr, "[save_onnx] '{}': the model cannot be copied", path);
  copy->eval();
  const TensorList parameters = copy->parameters();
  Dims sizes = copy->input_sizes();
  sizes.insert(0, 2);
  const Dtype floats = parameters.empty() ? kFloat32 : parameters.front().dtype();
  Tensor value = zeros(sizes, copy->reads_whole_numbers() ? kInt64 : floats);
  detail::Exporter exporter;
  exporter.out.describe(11, "x", value);
  const std::string last = exporter.chain(*copy, "", "", "x", value);
  exporter.out.output(last, value);
  write_whole(path, exporter.out.finish(model->text()));
}

}  // namespace weft::io
