// Convolutional networks on MNIST: the quick recipe reaches 99 % in one epoch; --net tutorial is the classic one.
#include "options.h"
#include "weft/train/digits.h"
#include "weft/weft.h"

using namespace weft;
namespace F = nn::functional;

nn::Sequential quick_net() {
  return nn::Sequential(nn::Conv2d(1, 24, 5), nn::MaxPool2d(2), nn::ReLU(), nn::Conv2d(24, 32, 3), nn::MaxPool2d(2),
                        nn::ReLU(), nn::Flatten(), nn::Linear(800, 256), nn::ReLU(), nn::Linear(256, 10));
}

// Weights normal of deviation 0.1, none further than two deviations out, and biases 0.1.
nn::Sequential tutorial_net() {
  nn::Sequential net(nn::Conv2d(nn::Conv2dOptions(1, 32, 5).padding(2)), nn::ReLU(), nn::MaxPool2d(2),
                     nn::Conv2d(nn::Conv2dOptions(32, 64, 5).padding(2)), nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(),
                     nn::Linear(7 * 7 * 64, 1024), nn::ReLU(), nn::Dropout(0.5), nn::Linear(1024, 10));
  for (auto& parameter : net->named_parameters()) {
    if (parameter.key().ends_with("weight"))
      nn::init::trunc_normal_(parameter.value(), 0, 0.1, -0.2, 0.2);
    else
      nn::init::constant_(parameter.value(), 0.1);
  }
  return net;
}

int main(int argc, char** argv) {
  return models::run(argc, argv, [](int argc, char** argv) {
    models::Options options(
        "Trains a convolutional network on MNIST: quick (Adam, one cycle to 0.01, batches of 256) or tutorial (Adam "
        "1e-4, 50).");
    std::string name = "quick";
    options.app.add_option("--net", name, "quick or tutorial")
        ->check(CLI::IsMember({"quick", "tutorial"}))
        ->capture_default_str();
    options.epochs = 2;
    options.parse(argc, argv);
    const bool quick = name == "quick";
    const double lr = options.lr.value_or(quick ? 1e-2 : 1e-4);
    const int64_t batch_size = options.batch.value_or(quick ? 256 : 50);

    auto digits = train::load_digits(options.data);
    options.about.data = digits.description;
    fmt::print("training on {}, {} threads\n", digits.description, get_num_threads());
    auto normalize = quick ? data::transforms::Normalize<>(0.1307, 0.3081) : data::transforms::Normalize<>(0., 1.);
    data::transforms::Stack<> stack;
    auto train_loader =
        data::make_data_loader<data::samplers::RandomSampler>(digits.train.map(normalize).map(stack), batch_size);
    auto test_loader =
        data::make_data_loader<data::samplers::SequentialSampler>(digits.test.map(normalize).map(stack), 1000);

    nn::Sequential net = quick ? quick_net() : tutorial_net();
    auto adam = optim::AdamOptions(lr);
    if (quick) adam.betas({0.7, 0.9});
    optim::Adam optimizer(net->named_parameters(), adam);
    train::Position position = train::position_of(*train_loader);
    // One cycle: up to the full rate and down to nothing. The tutorial keeps its rate.
    std::optional<optim::OneCycleLR> schedule;
    const int64_t steps = options.steps.value_or(options.epochs * position.batches);
    if (quick) schedule.emplace(optimizer, optim::OneCycleLROptions(lr, steps).cycle_momentum(false));

    auto test = [&] { return train::evaluate([&](const Tensor& x) { return net->forward(x); }, *test_loader); };
    train::Run run(options, *net, optimizer, position, test, schedule ? &*schedule : nullptr);
    while (run.next_epoch())
      for (auto& batch : *train_loader) {
        Tensor loss = F::cross_entropy(net->forward(batch.data), batch.target);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        if (!run.step(loss, batch.data.size(0))) break;
      }
    run.finish();
    return 0;
  });
}
