// Convolutional networks on MNIST: the quick recipe reaches 99 % in one epoch; --net tutorial is the classic one.
#include "weft/app/command_line.h"
#include "weft/models/nets.h"
#include "weft/train/digits.h"
#include "weft/weft.h"

using namespace weft;
namespace F = nn::functional;

// Weights from a normal distribution of deviation 0.1, truncated at two deviations, and biases 0.1.
nn::Model tutorial_net() {
  auto conv = [](int64_t channels) { return nn::conv(channels, 5).same().init("truncated_normal", 0.1).bias(0.1); };
  auto linear = [](int64_t features) { return nn::linear(features).init("truncated_normal", 0.1).bias(0.1); };
  return nn::input(1, 28, 28) | conv(32) | nn::relu() | nn::max_pool(2) | conv(64) | nn::relu() | nn::max_pool(2) |
         nn::flatten() | linear(1024) | nn::relu() | nn::dropout(0.5) | linear(10);
}

int main(int argc, char** argv) {
  return models::run(argc, argv, [](int argc, char** argv) {
    models::Options options(
        "Trains a convolutional network on MNIST: quick (Adam, one cycle to 0.01, batches of 256) or tutorial (Adam "
        "1e-4, 50).");
    std::string name = "quick";
    options.app.add_option("--net", name, "quick or tutorial")
        ->check(options.one_of({"quick", "tutorial"}))
        ->capture_default_str();
    options.epochs = 2;
    options.parse(argc, argv);
    const bool quick = name == "quick";
    quick ? options.set_defaults(1e-2, 256) : options.set_defaults(1e-4, 50);

    auto digits = train::load_digits(options.data);
    const train::InputScale scale = quick ? train::InputScale{{0.1307}, {0.3081}} : train::InputScale{};
    options.announce(digits, scale);
    data::transforms::Normalize<> normalize(scale.mean, scale.deviation);
    data::transforms::Stack<> stack;
    auto train_loader =
        data::make_data_loader<data::samplers::RandomSampler>(digits.train.map(normalize).map(stack), *options.batch);
    auto test_loader =
        data::make_data_loader<data::samplers::SequentialSampler>(digits.test.map(normalize).map(stack), 1000);

    nn::Model net = quick ? models::quick_net() : tutorial_net();
    auto adam = optim::AdamOptions(*options.lr);
    if (quick) adam.betas({0.7, 0.9});
    optim::Adam optimizer(net->named_parameters(), adam);
    train::Position position = train::position_of(*train_loader);
    // One cycle: up to the full rate and down to nothing. The tutorial's rate is constant.
    std::optional<optim::OneCycleLR> schedule;
    const int64_t steps = options.steps.value_or(options.epochs * position.batches);
    if (quick) schedule.emplace(optimizer, optim::OneCycleLROptions(*options.lr, steps).cycle_momentum(false));

    auto test = [&] { return train::evaluate(net, *test_loader); };
    train::Run run(options, *net, optimizer, position, test, schedule ? &*schedule : nullptr);
    while (run.next_epoch())
      for (auto& batch : *train_loader) {
        Tensor logits = net(batch.data);
        Tensor loss = F::cross_entropy(logits, batch.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        if (!run.step(loss, logits, batch.target)) break;
      }
    run.finish();
    return 0;
  });
}
