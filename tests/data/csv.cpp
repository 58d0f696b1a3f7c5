// CSV files: good ones, every kind of bad one, and iris.
#include "weft/data/csv.h"

#include "tests/data/support.h"
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
  bad("1,2\n3,4\n", {":1:", "names of the columns", "1, 2"});
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
