// PyTorch's files: what torch.save wrote, state dicts of our own, pickles that must be refused, damaged files.
#include "weft/io/pytorch.h"

#include "tests/io/support.h"
#include "weft/io/zip.h"

using namespace weft;
using namespace weft::test;

BOOST_AUTO_TEST_SUITE(pytorch)

namespace {

void check_expected(const StateDict& got, const std::string& name, bool only_these = true) {
  const TensorMap want = read_tensors("interop/" + name + ".expected.safetensors");
  if (only_these) BOOST_TEST(got.tensors.size() == want.size());
  for (const auto& [key, tensor] : want) {
    const Tensor* found = got.find(key);
    BOOST_REQUIRE_MESSAGE(found, name << " has no " << key);
    BOOST_TEST(same(found->detach(), tensor), name << ": " << key);
  }
}

/// An archive of torch.save with this pickle and one storage of four floats.
std::string archive(const TempFolder& folder, const std::string& pickle,
                    const std::string& storage = std::string(16, '\0')) {
  io::detail::ZipWriter zip(folder / "a.pt");
  zip.add("a/data.pkl", pickle);
  zip.add("a/data/0", storage);
  zip.finish();
  return folder / "a.pt";
}

std::string text(const std::string& s) {
  return std::string("X") + static_cast<char>(s.size()) + std::string(3, '\0') + s;
}
std::string number(int64_t v) {
  std::string out("\x8a\x08");
  return out.append(reinterpret_cast<const char*>(&v), 8);
}
/// The opcodes of a tensor of storage '0'.
std::string pickled_tensor(int64_t elements, int64_t offset, const std::string& sizes, const std::string& strides) {
  return "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\nFloatStorage\n" + text("0") +
         text("cpu") + number(elements) + "tQ" + number(offset) + "(" + sizes + "t(" + strides + "t\x89" +
         "ccollections\nOrderedDict\n)RtR";
}
const std::string kProto("\x80\x02");

}  // namespace

BOOST_AUTO_TEST_CASE(files_of_torch) {
  for (const char* name : {"state_dict", "state_dict_legacy", "views", "list_of_tensors", "lstm"})
    check_expected(io::load_state_dict(interop(std::string(name) + ".pt")), name);
  check_expected(io::load_state_dict(interop("checkpoint.pt")), "checkpoint", false);
  const StateDict part = io::load_state_dict(interop("checkpoint.pt"), "model");
  BOOST_TEST(part.tensors.size() == 12u);
  BOOST_TEST(same(part.at("fc.weight"), read_tensors("interop/checkpoint.expected.safetensors").at("model.fc.weight")));
  message_of<StateError>([] { io::load_state_dict(interop("checkpoint.pt"), "model.none"); });
}

BOOST_AUTO_TEST_CASE(dtypes) {
  const StateDict got = io::load_state_dict(interop("dtypes.pt"));
  const std::map<std::string, std::vector<double>> want = {
      {"bf16", {0.73828125, 0.7421875, -0.271484375, 0.0341796875, -0.89453125}},
      {"f16", {-0.414306640625, -0.164794921875, -0.318603515625, 1.2099609375, -0.87548828125}},
      {"f64", {-0.6964589953422546, -0.0877378061413765, -2.276685953140259}},
      {"i8", {-3, 4}},
      {"i16", {-300, 4}},
      {"i32", {7}},
      {"i64", {1099511627776}},
      {"u8", {255}},
      {"b", {1, 0}}};
  BOOST_TEST(got.tensors.size() == want.size());
  for (const auto& [name, values] : want) {
    const Tensor t = got.at(name).to(kFloat64);
    BOOST_REQUIRE(t.numel() == static_cast<int64_t>(values.size()));
    for (size_t i = 0; i < values.size(); ++i) BOOST_TEST(t[static_cast<int64_t>(i)].item<double>() == values[i], name);
  }
  for (const auto& [name, dtype] : {std::pair{"bf16", kBFloat16},
                                    {"f16", kFloat16},
                                    {"i8", kInt8},
                                    {"i16", kInt16},
                                    {"f64", kFloat64},
                                    {"i32", kInt32},
                                    {"i64", kInt64},
                                    {"u8", kUInt8},
                                    {"b", kBool}})
    BOOST_TEST(got.at(name).dtype() == dtype);
}

BOOST_AUTO_TEST_CASE(views_share_memory) {
  const StateDict got = io::load_state_dict(interop("views.pt"));
  for (const char* name : {"row", "step", "shared"}) BOOST_TEST(got.at(name).is_alias_of(got.at("t")), name);
  BOOST_TEST(got.at("t").strides() == IntArrayRef({1, 6}));
  BOOST_TEST(got.at("n").requires_grad());
  BOOST_TEST(!got.at("t").requires_grad());
}

BOOST_AUTO_TEST_CASE(nested_values) {
  using Kind = io::PyValue::Kind;
  const io::PyValue all = io::load_pytorch(interop("checkpoint.pt"));
  BOOST_REQUIRE(all.kind == Kind::Dict);
  BOOST_TEST((all.at("epoch").kind == Kind::Int));
  BOOST_TEST((all.at("loss").kind == Kind::Float));
  BOOST_TEST((all.at("name").kind == Kind::String));
  BOOST_TEST((all.at("history").kind == Kind::List));
  BOOST_TEST(all.at("optimizer").at("param_groups").items.size() == 1u);
  const StateDict flat = io::flatten(all);
  BOOST_TEST(flat.metadata.at("epoch") == to_text(all.at("epoch").integer));
  BOOST_TEST(flat.metadata.contains("optimizer.param_groups.0.lr"));
  message_of<StateError>([&] { all.at("none"); });
  message_of<StateError>([&] { all.at("epoch").at("x"); });
}

BOOST_AUTO_TEST_CASE(round_trip) {
  TempFolder folder;
  NamedTensors saved;
  for (const Dtype dtype : {kBool, kUInt8, kInt32, kInt64, kFloat32, kFloat64})
    saved.emplace_back(fmt::format("{}", dtype), (randn({2, 3}) * 3).to(dtype));
  const Tensor whole = randn({4, 6});
  saved.emplace_back("whole", whole);
  saved.emplace_back("turned", whole.t());
  saved.emplace_back("row", whole.select(0, 2));
  saved.emplace_back("part", randn({100, 100}).slice(0, 3, 5));
  saved.emplace_back("scalar", randn({}));
  saved.emplace_back("empty", zeros({0, 3}));
  saved.emplace_back("parameter", randn({3}).set_requires_grad(true));
  io::save_state_dict(saved, folder / "a.pt");
  const StateDict back = io::load_state_dict(folder / "a.pt");
  BOOST_REQUIRE(back.tensors.size() == saved.size());
  for (size_t i = 0; i < saved.size(); ++i) {
    BOOST_TEST(back.tensors[i].first == saved[i].first);
    BOOST_TEST(same(back.tensors[i].second, saved[i].second.detach()), saved[i].first);
  }
  BOOST_TEST(back.at("turned").is_alias_of(back.at("whole")));
  BOOST_TEST(back.at("row").is_alias_of(back.at("whole")));
  BOOST_TEST(bytes_of(folder / "a.pt").size() < 20000u);  // of the larger storage only the part
  // Each storage is aligned for mapping.
  const std::string bytes = bytes_of(folder / "a.pt");
  const io::detail::ZipReader zip(bytes, "[test]");
  for (const auto& e : zip.entries()) BOOST_TEST(e.begin % 64 == 0u);
  message_of<ValueError>([&] { io::save_state_dict({{"a", whole}, {"a", whole}}, folder / "b.pt"); });
  message_of<StateError>([&] { io::save_state_dict({{"a", Tensor()}}, folder / "b.pt"); });
  BOOST_TEST(folder.files() == 1);
}

BOOST_AUTO_TEST_CASE(refused_pickles) {
  TempFolder folder;
  const auto error = [&](const std::string& pickle) {
    const std::string path = archive(folder, kProto + pickle + ".");
    return message_of([&] { io::load_pytorch(path); });
  };
  BOOST_TEST(contains(error("cos\nsystem\n" + text("true") + "\x85R"), "needs 'os.system' of Python"));
  BOOST_TEST(contains(error("cbuiltins\neval\n)R"), "'builtins.eval'"));
  BOOST_TEST(contains(error(text("os") + text("system") + "\x93"), "'os.system'"));
  BOOST_TEST(contains(error("ctorch._utils\n_rebuild_tensor_v2\n" + text("x") + "\x81"), "opcode 0x81"));
  BOOST_TEST(contains(error("(Iabc\n"), "opcode 0x49"));
  BOOST_TEST(contains(error("R"), "takes more objects"));
  BOOST_TEST(contains(error("h\x05"), "recalls object 5"));
  BOOST_TEST(contains(error("NN"), "2 objects"));
  BOOST_TEST(contains(error("]q\1h\1a"), "cycle"));
  BOOST_TEST(contains(error(std::string(100000, ']') + std::string(99999, 'a')), "nested more than"));
  // Thirty lists, each of the previous one ten times.
  std::string laughs = "]q";
  laughs += '\0';
  for (char i = 0; i < 30; ++i) {
    laughs += "](";
    for (int k = 0; k < 10; ++k) laughs += std::string("h") + i;
    laughs += std::string("eq") + static_cast<char>(i + 1);
  }
  BOOST_TEST(contains(error("(" + laughs + "l"), "repeats its values too often"));
  BOOST_TEST(contains(error("ctorch\nFloatStorage\n)R"), "not a function"));
}

BOOST_AUTO_TEST_CASE(wrong_windows) {
  TempFolder folder;
  const auto error = [&](const std::string& tensor, const std::string& storage = std::string(16, '\0')) {
    const std::string path = archive(folder, kProto + tensor + ".", storage);
    return message_of([&] { io::load_pytorch(path); });
  };
  const std::string good = pickled_tensor(4, 0, number(2) + number(2), number(2) + number(1));
  BOOST_TEST(same(io::load_pytorch(archive(folder, kProto + good + ".")).tensor, zeros({2, 2})));
  BOOST_TEST(contains(error(pickled_tensor(4, 1, number(2) + number(2), number(2) + number(1))), "leaves its storage"));
  BOOST_TEST(contains(error(pickled_tensor(4, -1, number(1), number(1))), "leaves its storage"));
  BOOST_TEST(contains(error(pickled_tensor(4, 0, number(2), number(-1))), "leaves its storage"));
  BOOST_TEST(contains(error(pickled_tensor(4, 0, number(2), number(INT64_MAX))), "leaves its storage"));
  BOOST_TEST(contains(error(pickled_tensor(4, 0, number(-2), number(1))), "negative size"));
  BOOST_TEST(contains(error(pickled_tensor(4, 0, number(2), number(1) + number(1))), "1 sizes and 2 strides"));
  BOOST_TEST(contains(error(pickled_tensor(4, 0, number(int64_t{1} << 40), number(0))), "is expanded"));
  BOOST_TEST(contains(error(pickled_tensor(int64_t{1} << 50, 0, number(1), number(1))), "holds 16 bytes, expected"));
  BOOST_TEST(contains(error(pickled_tensor(INT64_MAX, 0, number(1), number(1))), "more than memory holds"));
  BOOST_TEST(contains(error(good, "12345678"), "holds 8 bytes, expected 16"));
}

BOOST_AUTO_TEST_CASE(other_files) {
  BOOST_TEST(contains(message_of([] { io::load_pytorch(interop("c_order.npy")); }), "a NumPy array"));
  BOOST_TEST(contains(message_of([] { io::load_pytorch(interop("plain.npz")); }), "no data.pkl"));
}

BOOST_AUTO_TEST_CASE(damaged_files) {
  for (const char* name : {"state_dict.pt", "state_dict_legacy.pt", "checkpoint.pt", "views.pt", "dtypes.pt",
                           "list_of_tensors.pt", "lstm.pt"})
    BOOST_TEST(read_damaged(interop(name), 2000, [](const std::string& path) { io::load_state_dict(path); }) > 1000);
}

BOOST_AUTO_TEST_SUITE_END()
