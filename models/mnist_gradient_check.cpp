// Checks backward: prints each derivative beside a central difference, the change of the loss when this parameter alone
// is increased and decreased a little.
#include <filesystem>

#include "weft/app/command_line.h"
#include "weft/models/nets.h"
#include "weft/train/digits.h"
#include "weft/train/progress.h"
#include "weft/train/table.h"
#include "weft/weft.h"

using namespace weft;
namespace F = nn::functional;

constexpr double kStep = 1e-4, kAllowed = 1e-6;

nn::Model saved_or_new(const std::string& path, bool named) {
  const bool saved = named || std::filesystem::exists(path);
  fmt::print("{}\n", saved ? "the model in " + path : "a new model, because there is no " + path);
  return saved ? load_model(path) : nn::parse(models::kTwoLayerNet);
}

// Differences between `gradient` and central differences of `loss` over `parameter`, at its elements `where`.
Tensor differences(Tensor parameter, const Tensor& gradient, const Tensor& where, const std::function<double()>& loss) {
  auto* values = parameter.data_ptr<double>();
  const Tensor analytic = gradient.flatten().contiguous();
  Tensor out = empty({where.numel()}, kFloat64);
  for (int64_t n = 0; n < where.numel(); ++n) {
    const int64_t i = where.data_ptr<int64_t>()[n];
    const double before = values[i];
    values[i] = before + kStep;
    const double above = loss();
    values[i] = before - kStep;
    const double below = loss();
    values[i] = before;
    out.data_ptr<double>()[n] = std::abs((above - below) / (2 * kStep) - analytic.data_ptr<double>()[i]);
  }
  return out;
}

int main(int argc, char** argv) {
  return models::run(argc, argv, [](int argc, char** argv) {
    models::BaseOptions options("Compares gradients with central differences of the loss, in float64.");
    std::string path = "two_layer.safetensors";
    int64_t sample = 100, images = 10;
    bool all = false;
    auto* model = options.app.add_option("--model", path, "a saved model; if it does not exist, a new one is checked");
    model->capture_default_str();
    options.app.add_option("--sample", sample, "elements of each parameter to check")
        ->check(options.count())
        ->capture_default_str();
    options.app.add_flag("--all", all, "check all elements");
    options.app.add_option("--images", images, "number of images for the mean loss")
        ->check(options.count())
        ->capture_default_str();
    options.parse(argc, argv);

    const train::Digits digits = train::first(train::load_digits(options.data).train, images);
    const Tensor x = digits.images().to(kFloat64);
    nn::Model net = saved_or_new(path, model->count() > 0);
    net->to(kFloat64);
    net->eval();
    F::cross_entropy(net(x), digits.targets()).backward();

    NoGradGuard no_grad;
    auto loss = [&] { return F::cross_entropy(net(x), digits.targets()).item<double>(); };
    train::Progress progress;
    train::Table table({"parameter", "numbers", "checked", "largest difference", "mean difference"});
    double largest = 0;
    for (auto& p : net->named_parameters()) {
      const int64_t size = p.value().numel();
      const Tensor where = all ? arange(size) : randperm(size).slice(0, 0, std::min(sample, size)).contiguous();
      progress.show([&] { return fmt::format("{}: {} numbers", p.key(), where.numel()); });
      const Tensor d = differences(p.value(), p.value().grad(), where, loss);
      largest = std::max(largest, d.max().item<double>());
      table.add({p.key(), fmt::format("{}", size), fmt::format("{}", where.numel()),
                 fmt::format("{:.1e}", d.max().item<double>()), fmt::format("{:.1e}", d.mean().item<double>())});
    }
    progress.clear();
    const bool right = largest < kAllowed;
    fmt::print("{}{} {}\n", table.text(), right ? "all below" : "not all below", kAllowed);
    return right ? 0 : 1;
  });
}
