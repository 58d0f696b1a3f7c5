// The module path in errors.
#include "tests/nn/support.h"

namespace weft {
namespace {

struct BlockImpl : nn::Module {
  BlockImpl() : conv2(16, 8, 3) { register_module("conv2", conv2); }
  Tensor forward(const Tensor& x) { return conv2->forward(x); }
  nn::Conv2d conv2;
};
WEFT_MODULE(Block);

struct NetImpl : nn::Module {
  NetImpl() : conv1(1, 4, 3) {
    register_module("conv1", conv1);
    register_module("block", block);
    register_module("tail", tail);
  }
  Tensor forward(const Tensor& x) { return tail->forward(block(conv1(x))); }
  nn::Conv2d conv1;
  Block block;
  nn::Sequential tail{nn::Flatten(), nn::Linear(10, 2)};
};
WEFT_MODULE(Net);

struct ReshapesImpl : nn::Module {
  Tensor forward(const Tensor& x) { return x.view({7, 7}); }
};
WEFT_MODULE(Reshapes);

std::string path_in(const std::string& message) {
  const size_t from = message.find("] ") + 2;
  return message.substr(from, message.find(": ") - from);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(errors)

BOOST_AUTO_TEST_CASE(name_the_path_of_keys_below_the_root_class) {
  Net net;
  const std::string message = message_of<ShapeError>([&] { net(randn({2, 1, 8, 8})); });
  BOOST_CHECK_MESSAGE(message.starts_with("[conv2d] Net.block.conv2: "), message);
  BOOST_CHECK_MESSAGE(message.find("16") != std::string::npos && message.find("[2, 4, 6, 6]") != std::string::npos,
                      message);
  // The same if forward is called by name, and if the root is on the stack.
  BOOST_CHECK_EQUAL(message_of<ShapeError>([&] { net->forward(randn({2, 1, 8, 8})); }), message);
  NetImpl on_stack;
  BOOST_CHECK_EQUAL(path_in(message_of<ShapeError>([&] { on_stack.forward(randn({2, 1, 8, 8})); })), "Net.block.conv2");
  BOOST_CHECK_EQUAL(path_in(message_of<ShapeError>([&] { net->tail(randn({2, 5})); })), "Net.tail.1");
}

BOOST_AUTO_TEST_CASE(name_a_layer_alone_by_its_class) {
  BOOST_CHECK_EQUAL(path_in(message_of<ShapeError>([] { nn::Conv2d(3, 4, 3)(randn({1, 2, 8, 8})); })), "Conv2d");
  BOOST_CHECK_EQUAL(path_in(message_of<ShapeError>([] { nn::Linear(3, 4)->forward(randn({2, 2})); })), "Linear");
  nn::Sequential net({{"fc", nn::Linear(3, 4)}});
  BOOST_CHECK_EQUAL(path_in(message_of<ShapeError>([&] { net(randn({2, 2})); })), "Sequential.fc");
}

BOOST_AUTO_TEST_CASE(of_a_users_own_ops_too) {
  Reshapes alone;
  BOOST_CHECK_EQUAL(path_in(message_of<ShapeError>([&] { alone(randn({2, 2})); })), "Reshapes");
  nn::Sequential net(nn::Linear(2, 2), alone);
  BOOST_CHECK_EQUAL(path_in(message_of<ShapeError>([&] { net(randn({2, 2})); })), "Sequential.1");
}

BOOST_AUTO_TEST_CASE(paths_follow_the_last_registration) {
  nn::Linear fc(3, 4);
  BOOST_CHECK_EQUAL(fc->path(), "Linear");
  {
    nn::Module first("app::FirstImpl");
    first.register_module("a", fc);
    BOOST_CHECK_EQUAL(fc->path(), "First.a");
    nn::Module second("Second");
    second.register_module("b", fc);
    BOOST_CHECK_EQUAL(fc->path(), "Second.b");
  }
  BOOST_CHECK_EQUAL(fc->path(), "Linear");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace weft
