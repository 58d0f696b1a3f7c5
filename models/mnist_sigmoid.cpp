// The typical first network in NumPy: 784-128-10 with sigmoids, one image per step. The loss can be chosen; each has
// its own rate and scale of the initial weights.
#include "weft/app/command_line.h"
#include "weft/report/terminal_picture.h"
#include "weft/train/digits.h"
#include "weft/weft.h"

using namespace weft;
namespace F = nn::functional;

// Added to pixels, so that none is zero.
constexpr double kLift = 0.0099;

// The network's probability of each digit.
Tensor softmax(const Tensor& z) { return z.softmax(1); }

// Losses of the network's outputs and the one-hot target t, summed over the classes.
struct Loss {
  const char *name, *name_in_command;  // in `weft train`
  const char* last;                    // the network's last layer
  double rate, deviation;              // of the initial weights
  Tensor (*of)(const Tensor& outputs, const Tensor& t);
  Tensor (*sure)(const Tensor& outputs);
};
const Loss kLosses[] = {
    {"cross_entropy", "binary_cross_entropy sum", "", 0.3, 1,
     [](const Tensor& z, const Tensor& t) { return F::binary_cross_entropy_with_logits(z, t, kSum); },
     [](const Tensor& z) { return z.sigmoid(); }},
    {"mse", "mse sum", "| sigmoid", 0.5, 0.1, [](const Tensor& a, const Tensor& t) { return (a - t).square().sum(); },
     [](const Tensor& a) { return a; }},
    {"hinge", "hinge sum", "", 0.1, 0.1,
     [](const Tensor& z, const Tensor& t) { return (1 - z * (2 * t - 1)).relu().sum(); }, softmax},
    {"logistic", "logistic sum", "", 0.3, 0.1,
     [](const Tensor& z, const Tensor& t) { return F::soft_margin_loss(z, 2 * t - 1, kSum); }, softmax},
    {"softmax", "cross_entropy", "", 0.3, 0.1,
     [](const Tensor& z, const Tensor& t) { return F::cross_entropy(z, t, F::CrossEntropyFuncOptions(kSum)); },
     softmax},
};

// Prints an image, the probability of each digit, and the prediction.
void predict(nn::Model& net, const Loss& loss, const train::Digits& digits, int64_t index) {
  const Tensor sure = loss.sure(net((digits.images()[index] + kLift).unsqueeze(0)))[0];
  fmt::print("{}", train::terminal_picture(digits.pixels()[index]));
  for (int64_t digit = 0; digit < 10; ++digit) fmt::print("{}: {:.2f}  ", digit, sure[digit].item<double>());
  fmt::print("\nimage {} of the test set is a {}, read as {}\n", index, digits.targets()[index].item<int64_t>(),
             sure.argmax().item<int64_t>());
}

int main(int argc, char** argv) {
  return models::run(argc, argv, [](int argc, char** argv) {
    models::Options options("Trains 784-128-10 with sigmoids on MNIST, an image per step.");
    std::string name = "cross_entropy";
    double l2 = 1e-4, decay = 0.999;
    int64_t index = 0;
    const auto positive = options.number("at least 0", [](double v) { return v >= 0; });
    std::vector<std::string> names;
    for (const Loss& loss : kLosses) names.push_back(loss.name);
    options.app.add_option("--loss", name, "cross_entropy, mse, hinge, logistic or softmax")
        ->check(options.one_of(names))
        ->capture_default_str();
    options.app.add_option("--l2", l2, "penalty of the squared weights")->check(positive)->capture_default_str();
    options.app.add_option("--decay", decay, "factor of the rate and of the penalty per step")
        ->check(options.number("from 0 to 1", [](double v) { return v >= 0 && v <= 1; }))
        ->capture_default_str();
    options.app.add_option("--predict", index, "test image to predict at the end")
        ->check(options.integer(0, INT64_MAX))
        ->capture_default_str();
    options.steps = 60000;
    options.test_every = 500;
    options.keep_best = true;
    for (auto* list : {&options.rules.free, &options.rules.not_kept}) list->push_back("--predict");
    options.parse(argc, argv);
    if (options.app.count("--epochs") > 0 && options.app.count("--steps") == 0) options.steps.reset();
    const Loss& loss = *std::find_if(std::begin(kLosses), std::end(kLosses), [&](auto& l) { return l.name == name; });
    options.set_defaults(loss.rate, 1);

    auto digits = train::load_digits(options.data);
    check<IndexError>(index < digits.test.targets().size(0), "[mnist_sigmoid] --predict {}: there are {} test images",
                      index, digits.test.targets().size(0));
    options.announce(digits, {{-kLift}, {1}}, loss.name_in_command);
    auto lifted = [](const train::Digits& d) {
      return data::datasets::TensorDataset(d.images() + kLift, d.targets()).map(data::transforms::Stack<>());
    };
    auto train_loader = data::make_data_loader<data::samplers::RandomSampler>(lifted(digits.train), *options.batch);
    auto test_loader = data::make_data_loader<data::samplers::SequentialSampler>(lifted(digits.test), 1000);

    nn::Model net =
        nn::parse(fmt::format("input 1 28 28 | flatten | linear 128 init normal {0} bias zeros | sigmoid | linear 10 "
                              "init normal {0} bias zeros {1}",
                              loss.deviation, loss.last));
    optim::SGD optimizer(net->named_parameters(), *options.lr);
    auto& penalty = static_cast<optim::SGDOptions&>(optimizer.param_groups()[0].options());
    optim::ExponentialLR schedule(optimizer, decay);

    auto loss_of = [&](const Tensor& outputs, const Tensor& target) {
      return loss.of(outputs, one_hot(target, 10).to(kFloat)) / static_cast<double>(target.size(0));
    };
    const train::Scoring scoring{loss_of, loss.sure};
    auto test = [&] { return train::evaluate(net, *test_loader, scoring); };
    train::Run run(options, *net, optimizer, train::position_of(*train_loader), test, &schedule);
    while (run.next_epoch())
      for (auto& batch : *train_loader) {
        Tensor outputs = net(batch.data);
        Tensor value = loss_of(outputs, batch.target);
        optimizer.zero_grad();
        value.backward();
        penalty.weight_decay(l2 * std::pow(decay, run.steps()));
        optimizer.step();
        if (!run.step(value, outputs, batch.target)) break;
      }
    run.finish();

    NoGradGuard no_grad;
    if (const auto best = run.take_best()) fmt::print("best accuracy {:.2f} %\n", 100 * *best);
    predict(net, loss, digits.test, index);
    return 0;
  });
}
