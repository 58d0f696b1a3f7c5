// save and load of tensors, modules and optimizers.
#include "weft/train/serialize.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "tests/temp_folder.h"
#include "weft/nn/nn.h"
#include "weft/optim/optim.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/random.h"

using namespace weft;
namespace fs = std::filesystem;

namespace {

struct Folder : TempFolder {
  const std::string file = *this / "a.safetensors";
};

/// Two layers and a norm, whose buffers are float32 and int64.
struct NetImpl : nn::Module {
  explicit NetImpl(int64_t hidden = 4)
      : first(register_module("first", nn::Linear(3, hidden))),
        norm(register_module("norm", nn::BatchNorm1d(hidden))),
        last(register_module("last", nn::Linear(hidden, 2))) {}
  Tensor forward(const Tensor& x) { return last(relu(norm(first(x)))); }
  nn::Linear first;
  nn::BatchNorm1d norm;
  nn::Linear last;
};
WEFT_MODULE(Net);

Net net_of(uint64_t seed, int64_t hidden = 4) {
  manual_seed(seed);
  Net net(hidden);
  net(randn({5, 3}));  // moves the norm's buffers
  return net;
}

void check_same(const NamedTensors& a, const NamedTensors& b) {
  BOOST_REQUIRE_EQUAL(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    BOOST_TEST(a[i].first == b[i].first);
    BOOST_TEST((a[i].second.dtype() == b[i].second.dtype()));
    BOOST_TEST(a[i].second.equal(b[i].second));
  }
}

NamedTensors copy_of(const NamedTensors& tensors) {
  NamedTensors out;
  for (const auto& [name, t] : tensors) out.emplace_back(name, t.detach().clone());
  return out;
}

/// Checks that loading `file` throws E with a message that contains all of `parts`, and leaves the net unchanged.
template <class E>
void refuses(Net& net, const std::string& file, std::initializer_list<const char*> parts) {
  const NamedTensors before = copy_of(train::tensors_of(*net));
  BOOST_CHECK_EXCEPTION(load(net, file), E, [&](const E& e) {
    const std::string what = e.what();
    BOOST_TEST_MESSAGE(what);
    bool all = what.find(file) != std::string::npos;
    for (const char* part : parts) all = all && what.find(part) != std::string::npos;
    return all;
  });
  check_same(before, train::tensors_of(*net));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(serialize, Folder)

BOOST_AUTO_TEST_CASE(tensors) {
  const Tensor one = tensor({{1, 2}, {3, 4}});
  save(one, file);
  Tensor loaded;
  load(loaded, file);
  BOOST_TEST(loaded.equal(one));

  save(TensorList{one, ones({2}), zeros({0})}, file);
  TensorList list;
  load(list, file);
  BOOST_REQUIRE_EQUAL(list.size(), 3u);
  BOOST_TEST(list[1].equal(ones({2})));
  BOOST_CHECK_THROW(load(loaded, file), StateError);
  BOOST_TEST(loaded.equal(one));

  const NamedTensors named{{"b", one}, {"a", ones({2})}};
  save(named, file);
  NamedTensors again;
  load(again, file);
  check_same(again, named);
  BOOST_CHECK_THROW(load(again, file + "x"), IoError);
}

BOOST_AUTO_TEST_CASE(a_module_by_value_holder_and_pointer) {
  Net net = net_of(1), other = net_of(2), third = net_of(3);
  save(net, file);
  const StateDict saved = load_safetensors(file);
  BOOST_TEST(saved.tensors.front().first == "first.weight");
  BOOST_TEST(saved.find("norm.running_mean"));
  BOOST_TEST(saved.metadata.at("format") == "pt");

  void* memory = other->first->weight.data_ptr();
  const uint32_t version = other->first->weight._version();
  load(other, file);
  check_same(train::tensors_of(*net), train::tensors_of(*other));
  BOOST_TEST(other->first->weight.data_ptr() == memory);
  BOOST_TEST(other->first->weight._version() > version);
  BOOST_TEST(other->first->weight.requires_grad());
  BOOST_TEST(other->first->weight.is_leaf());

  save(*net, file, {{"format", "mine"}, {"note", "text"}});
  BOOST_TEST((load_safetensors(file).metadata == Metadata{{"format", "mine"}, {"note", "text"}}));
  load(third.ptr(), file);
  check_same(train::tensors_of(*net), train::tensors_of(*third));
  save(third.ptr(), file);
  load(*other, file);
  BOOST_CHECK_THROW(save(Net(nullptr), file), StateError);
  BOOST_CHECK_THROW(load(std::shared_ptr<NetImpl>(), file), StateError);
}

BOOST_AUTO_TEST_CASE(a_module_that_does_not_fit_stays_as_it_is) {
  Net net = net_of(1);
  auto with = [&](auto change) {
    NamedTensors tensors = train::tensors_of(*net);
    change(tensors);
    save(tensors, file);
  };
  with([](NamedTensors& t) { t.erase(t.begin() + 1); });
  refuses<StateError>(net, file, {"has no 'first.bias'"});
  with([](NamedTensors& t) { t.emplace_back("extra", ones({1})); });
  refuses<StateError>(net, file, {"has 'extra'"});
  with([](NamedTensors& t) { t[1].first = "renamed"; });
  refuses<StateError>(net, file, {"has no 'first.bias'", "'renamed' instead"});
  with([](NamedTensors& t) {
    for (size_t i = 0; i < t.size(); ++i) t[i].first = fmt::format("t{}", i);
  });
  refuses<StateError>(net, file, {"and 4 more"});
  with([](NamedTensors& t) { t.back().second = ones({7}, kInt64); });
  refuses<ShapeError>(net, file, {"norm.num_batches_tracked", "[7]", "[]"});
  with([](NamedTensors& t) { t[2].second = t[2].second.detach().to(kFloat64); });
  refuses<DtypeError>(net, file, {"float64", "float32"});
  save(net_of(1, 5), file);
  refuses<ShapeError>(net, file, {"first.weight", "[5, 3]", "[4, 3]"});
  fs::resize_file(file, fs::file_size(file) - 1);
  refuses<IoError>(net, file, {});
}

BOOST_AUTO_TEST_CASE(an_optimizer) {
  Net net = net_of(1);
  optim::Adam adam(net->named_parameters(), optim::AdamOptions(0.01).betas({0.7, 0.9}));
  for (int i = 0; i < 2; ++i) {
    adam.zero_grad();
    net(ones({3, 3})).sum().backward();
    adam.step();
  }
  save(adam, file);
  BOOST_TEST((load_safetensors(file).at("first.weight/exp_avg").sizes() == IntArrayRef{4, 3}));

  optim::Adam other(net->named_parameters());
  load(other, file);
  check_same(adam.state_dict().tensors, other.state_dict().tensors);
  BOOST_TEST((adam.state_dict().metadata == other.state_dict().metadata));
  optim::SGD sgd(net->named_parameters(), 0.1);
  BOOST_CHECK_EXCEPTION(load(sgd, file), StateError,
                        [&](const StateError& e) { return std::string(e.what()).find(file) != std::string::npos; });
}

BOOST_AUTO_TEST_SUITE_END()
