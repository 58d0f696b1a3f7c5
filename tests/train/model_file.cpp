// Models of the language in files: opened alone, and errors for files that do not fit.
#include "weft/train/model_file.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "tests/temp_folder.h"
#include "weft/nn/nn.h"
#include "weft/optim/optim.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/random.h"
#include "weft/tensor/safetensors.h"
#include "weft/train/checkpoint.h"
#include "weft/train/serialize.h"

using namespace weft;
namespace fs = std::filesystem;

namespace {

struct Folder : TempFolder {
  const std::string file = *this / "a.safetensors";
};

const char* const kText = "input 1 8 8 | conv 4 3 same | batch_norm | relu | flatten | fc = linear 3";

nn::Model trained(uint64_t seed) {
  manual_seed(seed);
  nn::Model net = nn::parse(kText);
  net(randn({5, 1, 8, 8}));  // moves the norm's statistics
  return net;
}

void check_same_results(nn::Model& a, nn::Model& b) {
  const Tensor x = randn({2, 1, 8, 8});
  a->eval(), b->eval();
  BOOST_TEST(a(x).equal(b(x)));
}

/// Checks that load_model throws E with all of `parts`, including the file's name.
template <class E>
void refuses(const std::string& file, std::initializer_list<std::string> parts) {
  BOOST_CHECK_EXCEPTION(load_model(file), E, [&](const E& e) {
    const std::string what = e.what();
    BOOST_TEST_MESSAGE(what);
    bool all = what.find(file) != std::string::npos;
    for (const std::string& part : parts) all = all && what.find(part) != std::string::npos;
    return all;
  });
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(model_file, Folder)

BOOST_AUTO_TEST_CASE(opens_alone) {
  nn::Model net = trained(1);
  save(net, file);
  nn::Model loaded = load_model(file);
  BOOST_TEST(loaded->text() == kText);
  BOOST_TEST(loaded->is_training());
  check_same_results(net, loaded);
  // Like any weights: by name, from Python, into a module with the same names.
  BOOST_TEST(load_safetensors(file).find("fc.weight"));
  nn::Model other = trained(2);
  load(other, file);
  check_same_results(net, other);
}

BOOST_AUTO_TEST_CASE(keeps_the_floating_type) {
  nn::Model net = trained(1);
  net->to(kFloat64);
  save(net, file);
  BOOST_TEST((load_model(file)->parameters()[0].dtype() == kFloat64));
}

BOOST_AUTO_TEST_CASE(opens_a_checkpoint) {
  nn::Model net = trained(1);
  optim::Adam adam(net->named_parameters());
  train::Checkpoint checkpoint(*net, &adam);
  checkpoint.metadata["note"] = "mine";
  checkpoint.save(file);
  nn::Model loaded = load_model(file);
  check_same_results(net, loaded);

  nn::Model again = trained(3);
  optim::Adam fresh(again->named_parameters());
  train::Checkpoint resumed(*again, &fresh);
  resumed.load(file);
  BOOST_TEST((resumed.metadata == Metadata{{"format", "pt"}, {"note", "mine"}}));
  check_same_results(net, again);

  // Resuming requires the same model: another activation has the same weights, but is another model.
  nn::Model tanh = nn::parse("input 1 8 8 | conv 4 3 same | batch_norm | tanh | flatten | fc = linear 3");
  optim::Adam its(tanh->named_parameters());
  const Tensor before = tanh->parameters()[0].detach().clone();
  BOOST_CHECK_EXCEPTION(train::Checkpoint(*tanh, &its).load(file), StateError, [&](const StateError& e) {
    const std::string what = e.what();
    return what.find(file) != std::string::npos && what.find("of another model") != std::string::npos &&
           what.find("tanh") != std::string::npos && what.find("relu") != std::string::npos;
  });
  BOOST_TEST(tanh->parameters()[0].equal(before));
}

BOOST_AUTO_TEST_CASE(refuses_what_does_not_fit) {
  nn::Model net = trained(1);
  const NamedTensors tensors = train::tensors_of(*net);
  auto with = [&](Metadata metadata) { save(tensors, file, metadata); };
  save(nn::Linear(2, 3), file);
  refuses<StateError>(file, {"contains no model's text"});
  with({{"weft.model", kText}});
  refuses<StateError>(file, {"of version none of the model language, this weft reads version 1"});
  with({{"weft.model", kText}, {"weft.language", "2"}});
  refuses<StateError>(file, {"of version 2"});
  with({{"weft.model", "input 1 8 8 | cnov 4 3"}, {"weft.language", "1"}});
  refuses<StateError>(file, {"cannot be built", "line 1, column 15: unknown layer 'cnov'"});
  with({{"weft.model", "input 1 8 8 | conv 4 9"}, {"weft.language", "1"}});
  refuses<StateError>(file, {"cannot be built", "kernel 9 is larger than height 8"});
  with({{"weft.model", "input 1 8 8 | conv 3 3 same | batch_norm | relu | flatten | fc = linear 3"},
        {"weft.language", "1"}});
  refuses<ShapeError>(file, {"'0.weight' is [4, 1, 3, 3], expected [3, 1, 3, 3]"});
  with({{"weft.model", "input 1 8 8 | flatten | fc = linear 3"}, {"weft.language", "1"}});
  refuses<StateError>(file, {"has '0.bias'", "which weft::nn::ModelImpl does not have"});
  with({{"weft.model", "input 1 8 8 | flatten | last = linear 3"}, {"weft.language", "1"}});
  refuses<StateError>(file, {"has no 'last.weight'"});
  std::ofstream(file) << "noise";
  refuses<IoError>(file, {});
  refuses<IoError>(file + "x", {});
}

BOOST_AUTO_TEST_CASE(a_text_larger_than_its_file_is_not_built) {
  // Texts of a few bytes that would take 68 GB, or eight thousand names.
  for (const auto& [text, parameters] : {std::pair("input 100000 | linear 170000", "describes 17000170000 parameters"),
                                         {"input 1 | repeat 4000 (linear 1)", "describes 8000 parameters"}}) {
    save(NamedTensors{{"0.weight", zeros({2, 2})}}, file, {{"weft.model", text}, {"weft.language", "1"}});
    refuses<StateError>(file, {parameters, "hold 4 elements"});
  }
}

BOOST_AUTO_TEST_CASE(a_model_changed_by_hand_takes_no_text_along) {
  nn::Model net = trained(1);
  net->push_back(nn::ReLU());
  save(net, file);
  refuses<StateError>(file, {"contains no model's text"});
}

BOOST_AUTO_TEST_SUITE_END()
