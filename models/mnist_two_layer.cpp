// A network of two layers, 784-50-10 with a sigmoid between, trained by plain gradient descent on batches of 100 drawn
// with replacement: an image may occur twice, and an epoch has as many draws as there are images.
#include "weft/app/command_line.h"
#include "weft/models/nets.h"
#include "weft/train/digits.h"
#include "weft/weft.h"

using namespace weft;
namespace F = nn::functional;

int main(int argc, char** argv) {
  return models::run(argc, argv, [](int argc, char** argv) {
    models::Options options("Trains 784-50-10 with sigmoids on MNIST: SGD of rate 0.1 on batches of 100.");
    options.epochs = 17;
    options.parse(argc, argv);
    options.set_defaults(0.1, 100);

    auto digits = train::load_digits(options.data);
    options.announce(digits);
    const size_t size = digits.train.size().value();
    data::samplers::WeightedRandomSampler drawn(std::vector<double>(size, 1), size, /*replacement=*/true);
    auto train_loader = data::make_data_loader(digits.train.map(data::transforms::Stack<>()), drawn, *options.batch);
    auto test_loader =
        data::make_data_loader<data::samplers::SequentialSampler>(digits.test.map(data::transforms::Stack<>()), 1000);

    nn::Model net = nn::parse(models::kTwoLayerNet);
    optim::SGD optimizer(net->named_parameters(), *options.lr);

    auto test = [&] { return train::evaluate(net, *test_loader); };
    train::Run run(options, *net, optimizer, train::position_of(*train_loader), test);
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
