// Tensors from one format to another, and other files refused.
#include "weft/io/formats.h"

#include "tests/io/support.h"
#include "weft/tensor/safetensors.h"

using namespace weft;
using namespace weft::test;

BOOST_AUTO_TEST_SUITE(formats)

BOOST_AUTO_TEST_CASE(each_to_each) {
  TempFolder folder;
  StateDict state;
  state.tensors = {{"fc.weight", randn({2, 3})}, {"ids", arange(4)}, {"mask", tensor({1.0, 0.0}).to(kBool)}};
  io::save_tensors(state, folder / "a.safetensors");
  std::string last = folder / "a.safetensors";
  for (const char* extension : {"pt", "npz", "pth", "safetensors", "bin"}) {
    const std::string next = folder / (std::string("b.") + extension);
    io::save_tensors(io::load_tensors(last), next);
    const StateDict back = io::load_tensors(next);
    BOOST_REQUIRE(back.tensors.size() == state.tensors.size());
    for (const auto& [name, tensor] : state.tensors) BOOST_TEST(same(back.at(name), tensor), next << ": " << name);
    last = next;
  }
}

BOOST_AUTO_TEST_CASE(files_of_others) {
  BOOST_TEST(io::load_tensors(interop("state_dict_legacy.pt")).tensors.size() == 12u);
  BOOST_TEST(io::load_tensors(interop("fortran.npy")).at("tensor").sizes() == IntArrayRef({3, 4}));
  BOOST_TEST(io::load_tensors(interop("cnn.onnx")).at("fc.weight").sizes() == IntArrayRef({10, 6}));
}

BOOST_AUTO_TEST_CASE(refused) {
  TempFolder folder;
  StateDict state;
  state.tensors = {{"a", ones({2})}, {"b", ones({2})}};
  BOOST_TEST(
      contains(message_of<ValueError>([&] { io::save_tensors(state, folder / "a.txt"); }), "expected the extension"));
  BOOST_TEST(
      contains(message_of<ValueError>([&] { io::save_tensors(state, folder / "a.npy"); }), "holds one tensor, got 2"));
  BOOST_TEST(folder.files() == 0);
  write_bytes(folder / "a.gz", std::string("\x1f\x8b\x08\0\0\0\0\0\0\0\0\0\0\0\0\0", 16));
  BOOST_TEST(contains(message_of([&] { io::load_tensors(folder / "a.gz"); }), "found a gzip file, expected tensors"));
}

BOOST_AUTO_TEST_SUITE_END()
