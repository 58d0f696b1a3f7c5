// A network in the style of libtorch's MNIST example; only namespace and header differ.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <filesystem>
#include <sstream>

#include "tests/temp_folder.h"
#include "weft/weft.h"

namespace torch = weft;
namespace fs = std::filesystem;

namespace {

struct Net : torch::nn::Module {
  Net()
      : conv1(torch::nn::Conv2dOptions(1, 10, 5)),
        conv2(torch::nn::Conv2dOptions(10, 20, 5)),
        fc1(320, 50),
        fc2(50, 10) {
    register_module("conv1", conv1);
    register_module("conv2", conv2);
    register_module("conv2_drop", conv2_drop);
    register_module("fc1", fc1);
    register_module("fc2", fc2);
  }

  torch::Tensor forward(torch::Tensor x) {
    x = torch::relu(torch::max_pool2d(conv1->forward(x), 2));
    x = torch::relu(torch::max_pool2d(conv2_drop->forward(conv2->forward(x)), 2));
    x = x.view({-1, 320});
    x = torch::relu(fc1->forward(x));
    x = torch::dropout(x, 0.5, is_training());
    x = fc2->forward(x);
    return torch::log_softmax(x, 1);
  }

  torch::nn::Conv2d conv1;
  torch::nn::Conv2d conv2;
  torch::nn::Dropout2d conv2_drop;
  torch::nn::Linear fc1;
  torch::nn::Linear fc2;
};

template <typename DataLoader>
void train(Net& model, torch::Device device, DataLoader& data_loader, torch::optim::Optimizer& optimizer) {
  model.train();
  for (auto& batch : data_loader) {
    auto data = batch.data.to(device), targets = batch.target.to(device);
    optimizer.zero_grad();
    auto output = model.forward(data);
    auto loss = torch::nll_loss(output, targets);
    BOOST_TEST(!std::isnan(loss.template item<float>()));
    loss.backward();
    optimizer.step();
  }
}

template <typename DataLoader>
double test(Net& model, torch::Device device, DataLoader& data_loader, size_t dataset_size) {
  torch::NoGradGuard no_grad;
  model.eval();
  double test_loss = 0;
  int64_t correct = 0;
  for (const auto& batch : data_loader) {
    auto data = batch.data.to(device), targets = batch.target.to(device);
    auto output = model.forward(data);
    test_loss += torch::nll_loss(output, targets, {}, torch::Reduction::Sum).template item<float>();
    auto pred = output.argmax(1);
    correct += pred.eq(targets).sum().template item<int64_t>();
  }
  return static_cast<double>(correct) / static_cast<double>(dataset_size);
}

// MNIST's files, from generated digits.
struct Files : weft::TempFolder {
  Files() {
    write("train", 3000, 1);
    write("t10k", 500, 2);
  }
  void write(const std::string& part, size_t count, uint64_t seed) {
    torch::data::datasets::SyntheticDigits set(count, seed);
    torch::data::write_idx((path / (part + "-images-idx3-ubyte")).string(), set.pixels());
    torch::data::write_idx((path / (part + "-labels-idx1-ubyte")).string(), set.targets().to(torch::kUInt8));
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(libtorch_example)

BOOST_AUTO_TEST_CASE(trains) {
  Files files;
  torch::manual_seed(1);
  torch::Device device(torch::cuda::is_available() ? "cuda" : "cpu");
  Net model;
  model.to(device);

  auto train_dataset = torch::data::datasets::MNIST(files.path.string())
                           .map(torch::data::transforms::Normalize<>(0.1307, 0.3081))
                           .map(torch::data::transforms::Stack<>());
  BOOST_TEST(train_dataset.size().value() == 3000u);
  auto train_loader =
      torch::data::make_data_loader<torch::data::samplers::SequentialSampler>(std::move(train_dataset), 64);
  auto test_dataset = torch::data::datasets::MNIST(files.path.string(), torch::data::datasets::MNIST::Mode::kTest)
                          .map(torch::data::transforms::Normalize<>(0.1307, 0.3081))
                          .map(torch::data::transforms::Stack<>());
  const size_t test_dataset_size = test_dataset.size().value();
  auto test_loader = torch::data::make_data_loader(std::move(test_dataset), 1000);

  torch::optim::SGD optimizer(model.parameters(), torch::optim::SGDOptions(0.01).momentum(0.5));
  double accuracy = 0;
  for (size_t epoch = 1; epoch <= 6; ++epoch) {
    train(model, device, *train_loader, optimizer);
    accuracy = test(model, device, *test_loader, test_dataset_size);
  }
  BOOST_TEST(accuracy > 0.5);  // chance is a tenth
}

BOOST_AUTO_TEST_CASE(prints_as_libtorch_does) {
  Net model;
  std::ostringstream out;
  out << model.conv1 << "\n" << model.conv2_drop << "\n" << model.fc1 << "\n" << torch::zeros({2, 3}).sizes();
  BOOST_TEST(out.str() ==
             "weft::nn::Conv2d(1, 10, kernel_size=[5, 5], stride=[1, 1])\n"
             "weft::nn::Dropout2d(p=0.5, inplace=false)\n"
             "weft::nn::Linear(in_features=320, out_features=50, bias=true)\n"
             "[2, 3]");
  std::vector<std::string> shapes;
  for (const auto& p : model.named_parameters()) shapes.push_back(p.key() + " " + torch::to_string(p.value().sizes()));
  const std::vector<std::string> want = {
      "conv1.weight [10, 1, 5, 5]", "conv1.bias [10]", "conv2.weight [20, 10, 5, 5]", "conv2.bias [20]",
      "fc1.weight [50, 320]",       "fc1.bias [50]",   "fc2.weight [10, 50]",         "fc2.bias [10]"};
  BOOST_TEST(shapes == want, boost::test_tools::per_element());
  BOOST_TEST(model.forward(torch::rand({7, 1, 28, 28})).sizes() == torch::IntArrayRef({7, 10}));
}

BOOST_AUTO_TEST_SUITE_END()
