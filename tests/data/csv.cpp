// CSV files: good ones, every kind of bad one, and iris.
#include "weft/data/csv.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstdlib>

#include "tests/data/support.h"
#include "weft/data/csv_rows.h"
#include "weft/data/data.h"

using namespace weft;
using namespace weft::data;
using Names = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(csv)

BOOST_AUTO_TEST_CASE(columns_rows_and_labels) {
  TempFolder dir;
  write_bytes(dir / "a.csv", "width,kind,height\n1.5,cat,2\n-3e1,dog,+4.25\n0,ant,0.125\n");
  const CsvData d = read_csv(dir / "a.csv", {"kind", {}, kFloat64});
  BOOST_TEST((d.feature_names == Names{"width", "height"}));
  BOOST_TEST((d.class_names == Names{"ant", "cat", "dog"}));
  BOOST_TEST(values<double>(d.data) == (std::vector<double>{1.5, 2, -30, 4.25, 0, 0.125}),
             boost::test_tools::per_element());
  BOOST_TEST((d.data.sizes() == IntArrayRef({3, 2})));
  BOOST_TEST(values<int64_t>(d.target) == (std::vector<int64_t>{1, 2, 0}), boost::test_tools::per_element());
  BOOST_TEST((read_csv(dir / "a.csv", {"kind", {}, kFloat32}).data.dtype() == kFloat32));
}

BOOST_AUTO_TEST_CASE(quotes_spaces_line_ends_and_blank_lines) {
  const CsvData d = parse_csv("\xEF\xBB\xBF\"a, \"\"b\"\"\" , label\r\n\r\n 1 , \"x y\"\r\n  \n\"2\",z\n\n", "t");
  BOOST_TEST((d.feature_names == Names{"a, \"b\""}));
  BOOST_TEST((d.class_names == Names{"x y", "z"}));
  BOOST_TEST(values<float>(d.data) == (std::vector<float>{1, 2}), boost::test_tools::per_element());
  BOOST_TEST(parse_csv("a,y\n1,0", "t").data.item<double>() == 1);  // without a last line end
}

BOOST_AUTO_TEST_CASE(which_column_is_the_label) {
  auto labels = [](const std::string& header) { return parse_csv(header + "\n0,1,2\n", "t").target.item<int64_t>(); };
  BOOST_TEST(labels("a,b,c") == 2);
  BOOST_TEST(labels("a,Class,c") == 1);
  BOOST_TEST(labels("label,Class,c") == 0);
  BOOST_TEST(labels("y,a,SPECIES") == 2);
  check_throws<ValueError>([] { parse_csv("a,b\n1,2\n", "t", {"kind", {}}); }, {"t", "\"kind\"", "a, b"});
}

BOOST_AUTO_TEST_CASE(labels_become_ids) {
  auto read = [](const std::string& labels, const CsvOptions& options = {}) {
    std::string text = "x,y\n";
    for (size_t i = 0; i < labels.size(); i += 3) text += "1," + labels.substr(i, 2) + "\n";
    return parse_csv(text, "t", options);
  };
  BOOST_TEST(values<int64_t>(read(" 3  0 2.").target) == (std::vector<int64_t>{3, 0, 2}),
             boost::test_tools::per_element());
  BOOST_TEST((read(" 3  0").class_names == Names{"0", "1", "2", "3"}));
  BOOST_TEST((read("-1 +1").class_names == Names{"-1", "1"}));
  BOOST_TEST((read(" 1 b ").class_names == Names{"1", "b"}));
  const CsvData known = read("b  a ", {{}, {"b", "c", "a"}});
  BOOST_TEST(values<int64_t>(known.target) == (std::vector<int64_t>{0, 2}), boost::test_tools::per_element());
  BOOST_TEST((known.class_names == Names{"b", "c", "a"}));
  check_throws<IoError>([&] { read("b  d ", {{}, {"b", "c"}}); }, {"t:3", "\"y\"", "\"d\"", "b, c"});
}

BOOST_AUTO_TEST_CASE(a_file_without_a_header_keeps_its_first_row) {
  const CsvData d = parse_csv("5.1,3.5,setosa\n7.0,3.2,versicolor\n", "t");
  BOOST_TEST(!d.has_header);
  BOOST_TEST((d.feature_names == Names{"c1", "c2"}));
  BOOST_TEST((d.class_names == Names{"setosa", "versicolor"}));
  BOOST_TEST(values<float>(d.data) == (std::vector<float>{5.1F, 3.5F, 7, 3.2F}), boost::test_tools::per_element());
  BOOST_TEST(values<int64_t>(d.target) == (std::vector<int64_t>{0, 1}), boost::test_tools::per_element());
  BOOST_TEST(values<float>(parse_csv("1,2\n3,4\n", "t").data) == (std::vector<float>{1, 3}),
             boost::test_tools::per_element());
  BOOST_TEST(values<float>(parse_csv("a,1,2\nb,3,4\n", "t", {"c1", {}}).data) == (std::vector<float>{1, 2, 3, 4}),
             boost::test_tools::per_element());
  check_throws<ValueError>([] { parse_csv("1,a\n2,b\n", "t", {"kind", {}}); }, {"\"kind\"", "c1, c2", "no header"});

  // The first line, and true if it names the columns.
  const std::pair<const char*, bool> rows[] = {
      {"a,b\n1,2", true},
      {"a,b\nc,d", true},              // rejected later: c is not a number
      {"label,0,1,2\n7,0,0,0", true},  // a usual name
      {"0,1,2,Species\n1,2,3,x", true},
      {"id,2020,2021\n1,5,6", true},  // a text above a number
      {"2020,2021,kind\n5,6,good", false},
      {"1,2,3\n4,5,6", false},
      {"0.5,1e3,x\n0.5,1,y", false},
      {"1,2,x", false},
  };
  for (const auto& [text, header] : rows) BOOST_TEST_CONTEXT(text) {
      const std::string name = "t";
      const CsvRows found(text, name, {});
      BOOST_TEST(found.has_header() == header);
      CsvOptions first, none;
      first.header = CsvHeader::kFirst, none.header = CsvHeader::kNone;
      BOOST_TEST(CsvRows(text, name, first).has_header());
      BOOST_TEST(!CsvRows(text, name, none).has_header());
    }
}

BOOST_AUTO_TEST_CASE(semicolons_and_tabs_separate) {
  for (const char* separator : {";", "\t", ","}) BOOST_TEST_CONTEXT(separator) {
      std::string text = "\n a |b c| label \n1|2|\"x|y\"\n 3 | 4|z\n";
      for (size_t at; (at = text.find('|')) != std::string::npos;) text.replace(at, 1, separator);
      const CsvData d = parse_csv(text, "t");
      BOOST_TEST((d.feature_names == Names{"a", "b c"}));
      BOOST_TEST((d.class_names == Names{std::string("x") + separator + "y", "z"}));
      BOOST_TEST(values<float>(d.data) == (std::vector<float>{1, 2, 3, 4}), boost::test_tools::per_element());
    }
  BOOST_TEST((parse_csv("a,b;c,y\n1,2,0\n", "t").feature_names == Names{"a", "b;c"}));
  BOOST_TEST((parse_csv("\"a,b,c\";d;y\n1;2;0\n", "t").feature_names == Names{"a,b,c", "d"}));
  CsvOptions bar;
  bar.separator = '|';
  BOOST_TEST(parse_csv("a|y\n7|0\n", "t", bar).data.item<double>() == 7);
  check_throws<IoError>([] { parse_csv("a;y\n1,5;0\n", "t"); }, {"t:2", "\"1,5\"", "with a point"});
  check_throws<IoError>([] { parse_csv("a|y\n1|0\n", "t"); }, {"two columns", "semicolons or tabs"});
}

BOOST_AUTO_TEST_CASE(real_numbers_are_no_classes) {
  std::string prices = "x,price\n", few = "x,side\n";
  for (int i = 0; i < 40; ++i) {
    prices += fmt::format("{},{}\n", i, 100000 + 317 * i);
    few += fmt::format("{},{}\n", i, i % 2 ? -1 : 20000);
  }
  const std::string regression = "regression target";
  check_throws<IoError>([&] { parse_csv("x,y\n1,0\n2,0.5\n", "t"); }, {"t:3", "\"y\"", "0.5", regression});
  check_throws<IoError>([&] { parse_csv(prices, "t"); }, {"\"price\"", "100000", regression});
  BOOST_TEST((parse_csv(few, "t").class_names == Names{"-1", "20000"}));
  BOOST_TEST((parse_csv("x,y\n1,0.5\n2,other\n", "t").class_names == Names{"0.5", "other"}));
  BOOST_TEST(parse_csv("x,y\n1,0.5\n", "t", {{}, {"0.5", "1.5"}}).target.item<int64_t>() == 0);  // known classes
}

BOOST_AUTO_TEST_CASE(many_columns_take_time_in_proportion) {
  auto seconds = [](int columns, bool twice) {
    std::string header = "label", row = "3";
    for (int c = 0; c < columns; ++c) header += fmt::format(",f{}", twice && c == columns - 1 ? 0 : c), row += ",1";
    const auto start = std::chrono::steady_clock::now();
    if (twice)
      check_throws<IoError>([&] { parse_csv(header + "\n" + row, "t"); }, {"two columns are named \"f0\""});
    else
      BOOST_TEST(parse_csv(header + "\n" + row, "t").data.size(1) == columns);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  // Compared pairwise, this would be five billion comparisons, more than half a minute.
  BOOST_TEST(seconds(100'000, false) < 10);
  BOOST_TEST(seconds(100'000, true) < 10);
  std::string wide = "label";
  for (int c = 0; c < 5000; ++c) wide += fmt::format(",f{}", c);
  check_throws<ValueError>([&] { parse_csv(wide + "\n", "t", {"none", {}}); }, {"label, f0, ", "f8 and 4991 more"});
}

BOOST_AUTO_TEST_CASE(what_is_no_file_of_text) {
  TempFolder dir;
  const std::string path = dir / "a.csv";
  auto bad = [&](const std::string& bytes, const Names& parts) {
    write_bytes(path, bytes);
    check_throws<IoError>([&] { read_csv(path); }, parts);
  };
  check_throws<IoError>([] { read_csv("/dev/zero"); }, {"/dev/zero", "is a device"});
  check_throws<IoError>([] { read_csv("/dev/null"); }, {"/dev/null", "is a device"});
  bad(std::string("\xff\xd8\xff\xe0\0\x10JFIF\0", 11), {path, "a JPEG image"});
  bad(std::string("\xff\xfe"
                  "a\0,\0b\0",
                  8),
      {path, "text in UTF-16"});
  bad(std::string("a,b\n1,\0\n", 9), {path, "a byte 0 at position 6"});
  bad("a,b\n\x01\xff\xc3\xa4,0\n", {":2:", "found \"\\x01\\xff\xc3\xa4\""});
  bad("a,b\n" + std::string(5000, 'x') + ",0\n", {":2:", "\"" + std::string(40, 'x') + "...\""});
  const std::string fifo = dir / "pipe";
  BOOST_REQUIRE(std::system(("mkfifo '" + fifo + "'; (printf 'a,y\\n7,0\\n' > '" + fifo + "') &").c_str()) == 0);
  BOOST_TEST(read_csv(fifo).data.item<double>() == 7);
}

BOOST_AUTO_TEST_CASE(numbers_fit_their_dtype) {
  for (const char* number : {"1e39", "-3.5e38", "1e300"}) {
    const std::string text = std::string("a,y\n") + number + ",0\n";
    check_throws<IoError>([&] { parse_csv(text, "t"); }, {"t:2", "\"a\"", number, "float32"});
    BOOST_TEST(parse_csv(text, "t", {{}, {}, kFloat64}).data.item<double>() == std::stod(number));
  }
  BOOST_TEST(std::isfinite(parse_csv("a,y\n3.4e38,0\n", "t").data.item<double>()));
}

BOOST_AUTO_TEST_CASE(bad_files_are_named_with_line_and_column) {
  TempFolder dir;
  const std::string path = dir / "bad.csv";
  auto bad = [&](const std::string& text, const Names& parts) {
    write_bytes(path, text);
    Names all = parts;
    all.push_back(path);
    check_throws<IoError>([&] { read_csv(path); }, all);
  };
  check_throws<IoError>([&] { read_csv(dir / "nowhere.csv"); }, {dir / "nowhere.csv", "No such file"});
  check_throws<IoError>([&] { read_csv(dir.path.string()); }, {dir.path.string(), "folder"});
  bad("", {"empty"});
  bad("\n \n", {"empty"});
  bad("a,y\n", {"no row"});
  bad("a\n1\n", {":1:", "two columns"});
  bad("a,,y\n1,2,3\n", {":1:", "column 2 has no name"});
  bad("a,b,a\n1,2,3\n", {":1:", "\"a\""});
  bad("a,b,y\n1,2,0\n\n1,2\n", {":4:", "expected 3 columns, found 2"});
  bad("a,b,y\n1,2,0,5\n", {":2:", "expected 3 columns, found 4"});
  bad("a,b,y\n1,2,0\n1,two,0\n", {":3:", "column 2 (\"b\")", "\"two\""});
  bad("a,b,y\n1,,0\n", {":2:", "column 2 (\"b\")", "\"\""});
  for (const char* number : {"nan", "inf", "1e999", "0x10", "1 2", "1.5.", "--1"})
    bad(std::string("a,y\n") + number + ",0\n", {":2:", "column 1 (\"a\")", number});
  bad("a,y\n1,\n", {":2:", "column 2 (\"y\")", "label is missing"});
  bad("a,y\n1,\"b\n", {":2:", "quote does not close"});
  bad("a,y\n1,\"b\"c\n", {":2:", "\"c\"", "closing quote"});
  check_throws<DtypeError>([] { parse_csv("a,y\n1,0\n", "t", {{}, {}, kInt64}); }, {"int64"});
}

BOOST_AUTO_TEST_CASE(iris_is_there) {
  datasets::Iris iris;
  BOOST_TEST(iris.size().value() == 150u);
  BOOST_TEST((iris.class_names() == Names{"setosa", "versicolor", "virginica"}));
  BOOST_TEST(iris.feature_names()[2] == "petal length (cm)");
  BOOST_TEST(values<int64_t>(iris.target().bincount()) == (std::vector<int64_t>{50, 50, 50}),
             boost::test_tools::per_element());
  const datasets::Iris exact(kFloat64);
  const double sums[] = {876.5, 458.6, 563.7, 179.9};  // of the 150 flowers
  const Tensor columns = exact.data().sum({0});
  for (int64_t c = 0; c < 4; ++c) BOOST_TEST(columns[c].item<double>() == sums[c], boost::test_tools::tolerance(1e-12));
  auto loader = make_data_loader(iris.map(transforms::Stack<>()), 50);
  int64_t seen = 0;
  for (auto& batch : *loader) seen += batch.data.size(0);
  BOOST_TEST(seen == 150);
}

BOOST_AUTO_TEST_SUITE_END()
