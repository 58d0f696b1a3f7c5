// Every declared op has a row in the tables, and every row is complete.
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <regex>
#include <set>

#include "tests/autograd/golden_ops.h"
#include "tests/op_rows.h"

using namespace weft;
using namespace weft::test;

namespace {

/// Names of the ops declared in a header, one declaration a line: `Tensor name(` or `Tensor2 name(`.
std::set<std::string> declared_in(const std::string& header) {
  std::ifstream in(WEFT_TEST_DIR "/../" + header);
  BOOST_REQUIRE_MESSAGE(in.good(), header << " cannot be read");
  std::set<std::string> names;
  const std::regex declaration("^Tensor2? ([a-z0-9_]+)\\(");
  std::smatch found;
  for (std::string line; std::getline(in, line);)
    if (std::regex_search(line, found, declaration)) names.insert(found[1]);
  return names;
}

/// The ops of ops.def, without those that only fill.
std::set<std::string> declared_ops() {
  std::set<std::string> names = {
#define WEFT_OP(result, name, params, args) #name,
#define WEFT_OP_INPLACE(name, params, args) #name,
#define WEFT_METHOD(result, name, params, args) #name,
#define WEFT_FILL(name, params, args)
#include "weft/tensor/ops.def"
  };
  for (const char* header : {"autograd/nn_ops.h", "autograd/functions.h", "autograd/fused.h"})
    names.merge(declared_in(header));
  for (const char* same : {"type_as", "cpu", "toType"}) names.erase(same);  // other spellings of `to`
  return names;
}

/// The op of a row: the first word of its name.
std::string op_of(const OpRow& row) { return row.name.substr(0, row.name.find(' ')); }

}  // namespace

BOOST_AUTO_TEST_SUITE(op_coverage)

BOOST_AUTO_TEST_CASE(every_op_has_a_row) {
  std::set<std::string> rows;
  for (Table table : tables())
    for (const OpRow& row : table()) rows.insert(op_of(row));
  const std::set<std::string> ops = declared_ops();
  BOOST_CHECK(ops.size() > 150);
  for (const std::string& op : ops)
    BOOST_CHECK_MESSAGE(rows.count(op), op << " has no row in tests/autograd/rows_*.cpp");
}

BOOST_AUTO_TEST_CASE(every_row_has_values_and_an_error) {
  for (Table table : tables())
    for (const OpRow& row : table()) {
      BOOST_CHECK_MESSAGE(row.reference || golden_ops().count(op_of(row)) || op_of(row).starts_with("dropout"),
                          row.name << " is compared to nothing");
      BOOST_CHECK_MESSAGE(row.bad, row.name << " has no call that must throw");
    }
}

BOOST_AUTO_TEST_SUITE_END()
