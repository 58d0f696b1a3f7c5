// evaluate and measure: accepted models and loaders, and the modes of the modules.
#include "weft/train/evaluate.h"

#include <boost/test/unit_test.hpp>

#include "weft/data/data.h"
#include "weft/nn/nn.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/random.h"

using namespace weft;
using namespace weft::train;

namespace {

auto loader_of(int64_t n) {
  auto set = data::datasets::TensorDataset(randn({n, 4}), randint(0, 3, {n}));
  return data::make_data_loader<data::samplers::SequentialSampler>(std::move(set).map(data::transforms::Stack<>()), 8);
}

struct NetImpl : nn::Module {
  NetImpl() : fc(register_module("fc", nn::Linear(4, 3))), drop(register_module("drop", nn::Dropout(0.9))) {}
  Tensor forward(const Tensor& x) {
    seen_training |= is_training() || drop->is_training();
    return drop(fc(x));
  }
  nn::Linear fc;
  nn::Dropout drop;
  bool seen_training = false;
};
WEFT_MODULE(Net);

}  // namespace

BOOST_AUTO_TEST_SUITE(evaluate)

BOOST_AUTO_TEST_CASE(any_form_of_a_model_and_a_loader) {
  manual_seed(1);
  Net net;
  auto loader = loader_of(20);
  net->eval();
  const double loss = train::evaluate([&](const Tensor& x) { return net(x); }, *loader).loss;
  net->train();
  const std::shared_ptr<NetImpl> pointer = net.ptr();
  const Net& held = net;
  for (const double other :
       {train::evaluate(net, loader).loss, train::evaluate(net, *loader).loss, train::evaluate(held, loader).loss,
        train::evaluate(*net, loader).loss, train::evaluate(pointer, loader).loss,
        train::evaluate(pointer.get(), loader.get()).loss, measure(net, loader).evaluation().loss})
    BOOST_TEST(other == loss);
  BOOST_TEST(!net->seen_training);
  BOOST_TEST(train::evaluate(nn::Sequential(net), loader, Scoring{}).loss == loss);
}

BOOST_AUTO_TEST_CASE(modes_are_put_back) {
  Net net;
  auto loader = loader_of(9);
  net->drop->eval();
  train::evaluate(net, loader);
  BOOST_TEST(net->is_training());
  BOOST_TEST(net->fc->is_training());
  BOOST_TEST(!net->drop->is_training());
  BOOST_CHECK_THROW(train::evaluate(nn::Sequential(nn::Linear(5, 3)), loader), ShapeError);
  nn::Sequential wrong{nn::Linear(5, 3)};
  BOOST_CHECK_THROW(train::evaluate(wrong, loader), ShapeError);
  BOOST_TEST(wrong->is_training());
  BOOST_TEST(wrong->ptr(0)->is_training());
}

BOOST_AUTO_TEST_SUITE_END()
