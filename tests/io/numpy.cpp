// .npy and .npz: NumPy's files, round trips, damaged and hostile files.
#include "tests/io/support.h"
#include "weft/io/npy.h"
#include "weft/io/zip.h"

using namespace weft;
using namespace weft::test;

BOOST_AUTO_TEST_SUITE(numpy)

BOOST_AUTO_TEST_CASE(files_of_numpy) {
  const TensorMap want = read_tensors("interop/numpy.expected.safetensors");
  for (const char* name : {"c_order.npy", "fortran.npy", "big_endian.npy"})
    BOOST_TEST(same(io::load_npy(interop(name)), want.at("a")), name);
  BOOST_TEST(io::load_npy(interop("fortran.npy")).is_contiguous());
  BOOST_TEST(same(io::load_npy(interop("int.npy")), want.at("int")));
  const NamedTensors plain = io::load_npz(interop("plain.npz")), packed = io::load_npz(interop("compressed.npz"));
  BOOST_REQUIRE(plain.size() == 2u);
  BOOST_TEST(plain[0].first == "a");
  BOOST_TEST(same(plain[0].second, want.at("a")));
  BOOST_TEST(same(plain[1].second, want.at("b")));
  BOOST_REQUIRE(packed.size() == 2u);
  BOOST_TEST(same(packed[0].second, want.at("a")));
  BOOST_TEST(same(packed[1].second, want.at("mask")));
}

BOOST_AUTO_TEST_CASE(round_trips) {
  TempFolder folder;
  NamedTensors all;
  for (const Dtype dtype : {kBool, kUInt8, kInt32, kInt64, kFloat32, kFloat64})
    for (const Dims& sizes : {Dims{}, Dims{5}, Dims{0, 3}, Dims{2, 3, 4}})
      all.emplace_back(fmt::format("{}{}", dtype, sizes), (randn(sizes) * 3).to(dtype));
  all.emplace_back("t", randn({3, 4}).t());
  for (const auto& [name, tensor] : all) {
    io::save_npy(tensor, folder / "a.npy");
    BOOST_TEST(same(io::load_npy(folder / "a.npy"), tensor), name);
    BOOST_TEST(bytes_of(folder / "a.npy").find('\n') % 64 == 63u);
  }
  for (const bool compress : {false, true}) {
    io::save_npz(all, folder / "a.npz", compress);
    const NamedTensors back = io::load_npz(folder / "a.npz");
    BOOST_REQUIRE(back.size() == all.size());
    for (size_t i = 0; i < all.size(); ++i) {
      BOOST_TEST(back[i].first == all[i].first);
      BOOST_TEST(same(back[i].second, all[i].second), all[i].first);
    }
  }
  io::save_npz({{"z", zeros({1000})}}, folder / "small.npz", true);
  BOOST_TEST(bytes_of(folder / "small.npz").size() < 1000u);
}

std::string npy(const std::string& header, const std::string& data) {
  std::string out("\x93NUMPY\1\0", 8);
  out += static_cast<char>(header.size() & 255);
  out += static_cast<char>(header.size() >> 8);
  return out + header + data;
}

BOOST_AUTO_TEST_CASE(narrow_dtypes) {
  TempFolder folder;
  const auto read = [&](const std::string& descr, const std::string& data, const std::string& shape = "2,") {
    write_bytes(folder / "a.npy",
                npy("{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + shape + ")}", data));
    return io::load_npy(folder / "a.npy").to(kFloat64);
  };
  BOOST_TEST(same(read("|i1", "\xfd\x04"), tensor({-3.0, 4.0}, kFloat64)));
  BOOST_TEST(same(read("<i2", std::string("\xd4\xfe\x04\x00", 4)), tensor({-300.0, 4.0}, kFloat64)));
  BOOST_TEST(same(read(">i2", std::string("\xfe\xd4\x00\x04", 4)), tensor({-300.0, 4.0}, kFloat64)));
  BOOST_TEST(same(read("<u2", "\xff\xff\x01\x01"), tensor({65535.0, 257.0}, kFloat64)));
  BOOST_TEST(same(read("<u4", "\xff\xff\xff\xff\x01\x01\x01\x01"), tensor({4294967295.0, 16843009.0}, kFloat64)));
  // 1.5, the smallest subnormal, the largest, minus infinity
  const Tensor half = read("<f2", std::string("\x00\x3e\x01\x00\xff\x7b\x00\xfc", 8), "4,");
  BOOST_TEST(same(half.slice(0, 0, 3), tensor({1.5, 0x1p-24, 65504.0}, kFloat64)));
  BOOST_TEST(half[3].item<double>() == -HUGE_VAL);
}

BOOST_AUTO_TEST_CASE(wrong_files) {
  TempFolder folder;
  const auto error = [&](const std::string& header, const std::string& data) {
    write_bytes(folder / "a.npy", npy(header, data));
    return message_of([&] { io::load_npy(folder / "a.npy"); });
  };
  const auto header = [](const std::string& descr, const std::string& shape) {
    return "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
  };
  BOOST_TEST(contains(error(header("|O", "(1,)"), "x"), "type '|O'"));
  BOOST_TEST(contains(error(header("<u8", "(1,)"), "12345678"), "type '<u8'"));
  BOOST_TEST(contains(error(header("<f4", "(4611686018427387904, 4)"), "x"), "more than memory holds"));
  BOOST_TEST(contains(error(header("<f4", "(1000000000000,)"), "x"), "holds 1 bytes, expected 4000000000000"));
  BOOST_TEST(contains(error(header("<f4", "(1,)"), "12345"), "holds 5 bytes, expected 4"));
  BOOST_TEST(contains(error(header("<f4", "(-1,)"), ""), "an invalid size"));
  BOOST_TEST(contains(error(header("|b1", "(1,)"), "\2"), "a bool is byte 2"));
  BOOST_TEST(contains(error("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", ""), "records"));
  BOOST_TEST(contains(error("{'descr': '<f4', 'shape': (1,)}", "1234"), "2 keys"));
  BOOST_TEST(contains(error("{'descr': '<f4', 'descr': '<f4'}", "1234"), "twice"));
  write_bytes(folder / "b.npy", "hello");
  BOOST_TEST(contains(message_of([&] { io::load_npy(folder / "b.npy"); }), "does not begin as a .npy file"));
  BOOST_TEST(contains(message_of([&] { io::load_npy(folder / "none.npy"); }), "none.npy"));
}

/// An archive as save_npz writes it, with some bytes replaced everywhere.
std::string replaced(std::string bytes, const std::string& from, const std::string& to) {
  BOOST_REQUIRE(from.size() == to.size() && contains(bytes, from));
  for (size_t at = bytes.find(from); at != std::string::npos; at = bytes.find(from, at + 1))
    bytes.replace(at, from.size(), to);
  return bytes;
}

BOOST_AUTO_TEST_CASE(hostile_archives) {
  TempFolder folder;
  io::save_npz({{"abcd", randn({3})}, {"efgh", randn({3})}}, folder / "a.npz");
  const std::string good = bytes_of(folder / "a.npz");
  const auto error = [&](const std::string& bytes) {
    write_bytes(folder / "b.npz", bytes);
    return message_of([&] { io::load_npz(folder / "b.npz"); });
  };
  BOOST_TEST(contains(error(replaced(good, "efgh", "abcd")), "'abcd.npy' twice"));
  BOOST_TEST(contains(error(replaced(good, "abcd", "../x")), "leads out of the archive"));
  BOOST_TEST(contains(error(replaced(good, "abcd", "/x/y")), "leads out of the archive"));
  BOOST_TEST(contains(error(replaced(good, "abcd.npy", "abcd.txt")), "end in .npy"));
  std::string changed = good;
  changed[good.find("NUMPY") + 130] ^= 1;
  BOOST_TEST(contains(error(changed), "wrong checksum"));
  BOOST_TEST(contains(error(""), "too few for a zip archive"));
  BOOST_TEST(contains(error(std::string(100, 'x')), "not a zip archive"));
  // Both entries at the same place: the second overlaps the first.
  changed = good;
  const size_t second = good.rfind("PK\1\2");
  changed.replace(second + 42, 4, std::string(4, '\0'));
  changed.replace(second + 46, 4, "abcd");
  BOOST_TEST(contains(error(changed), "twice"));
  // A thousand times more than deflate can unpack.
  io::save_npz({{"z", zeros({1000})}}, folder / "z.npz", true);
  changed = bytes_of(folder / "z.npz");
  changed.replace(changed.rfind("PK\1\2") + 24, 4, std::string("\0\0\0\x40", 4));
  BOOST_TEST(contains(error(changed), "more than deflate can"));
  // One that unpacks to another size than it claims.
  changed.replace(changed.rfind("PK\1\2") + 24, 4, std::string("\0\x01\0\0", 4));
  BOOST_TEST(contains(error(changed), "does not unpack"));
}

BOOST_AUTO_TEST_CASE(refuses_to_write) {
  TempFolder folder;
  message_of<ValueError>([&] { io::save_npz({{"a", ones({1})}, {"a", ones({1})}}, folder / "a.npz"); });
  message_of<StateError>([&] { io::save_npz({{"a", Tensor()}}, folder / "a.npz"); });
  message_of<StateError>([&] { io::save_npy(Tensor(), folder / "a.npy"); });
  BOOST_TEST(
      contains(message_of<DtypeError>([&] { io::save_npy(zeros({2}, kBFloat16), folder / "a.npy"); }), "bfloat16"));
  BOOST_TEST(folder.files() == 0);
}

BOOST_AUTO_TEST_CASE(damaged_files) {
  for (const char* name : {"c_order.npy", "fortran.npy", "big_endian.npy", "int.npy"})
    BOOST_TEST(read_damaged(interop(name), 2000, [](const std::string& path) { io::load_npy(path); }) > 176);
  for (const char* name : {"plain.npz", "compressed.npz"})
    BOOST_TEST(read_damaged(interop(name), 2000, [](const std::string& path) { io::load_npz(path); }) > 400);
}

BOOST_AUTO_TEST_SUITE_END()
