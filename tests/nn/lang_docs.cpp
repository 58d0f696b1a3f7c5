// docs/model-language.md: its reference equals the table's, and its models can be built.
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>

#include "tests/nn/support.h"
#include "weft/nn/lang/initialisers.h"

namespace weft {
namespace {

using nn::lang::Field;

const std::string kPage = WEFT_TEST_DIR "/../docs/model-language.md";

std::string page() {
  std::ifstream in(kPage);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string range(const Field& f) { return fmt::format("{} to {}", f.least, f.most); }

std::string kind(const Field& f) {
  switch (f.kind) {
    case Field::Kind::Flag:
      return "flag";
    case Field::Kind::Whole:
      return "integer, " + range(f);
    case Field::Kind::Number:
      return "number, " + range(f);
    case Field::Kind::Sizes:
      return (f.count == 1 ? "integer, " : "sizes, ") + range(f);
    case Field::Kind::List:
      return fmt::format("up to {} integers, {}", f.count, range(f));
    case Field::Kind::Word:
      return fmt::format("`{}`", fmt::join(f.words, "`, `"));
    case Field::Kind::Initialiser:
      return "initialiser";
  }
  return {};
}

std::string entry(const Field& f, const std::string& title) {
  std::string text = "* " + title + ": " + kind(f);
  if (f.default_value)
    text += f.default_value->word.empty() ? fmt::format("; default {}", fmt::join(f.default_value->numbers, " "))
                                          : "; default `" + f.default_value->word + "`";
  return text + (f.note.empty() ? "" : "; " + f.note) + "\n";
}

std::string reference() {
  std::string text;
  for (const nn::lang::LayerRow* row : nn::lang::rows()) {
    if (row->what.starts_with("Test:")) continue;  // registered by other tests
    const std::string usage = usage_of(*row).empty() ? row->name : usage_of(*row).substr(2);
    const char* chains = row->branches.most == 0 ? "" : row->branches.most == 1 ? " (chain)" : " (chain, chain, ...)";
    text += fmt::format("\n### {}\n\n`{}{}`  \n{} `{}`\n", row->name, usage, chains, row->what, row->shapes);
    if (!row->arguments.empty() || !row->options.empty()) text += "\n";
    for (const Field& f : row->arguments) text += entry(f, f.name);
    for (const Field& f : row->options) text += entry(f, "option `" + f.name + "`");
  }
  text += "\n### Initialisers\n\n| name | arguments | distribution |\n|---|---|---|\n";
  for (const auto& row : nn::lang::initialisers()) {
    std::string numbers;
    for (const Field& f : row.numbers)
      numbers += (numbers.empty() ? "" : ", ") + f.name +
                 (f.default_value ? fmt::format(" {}", f.default_value->numbers[0]) : "");
    text += fmt::format("| `{}` | {} | {} |\n", row.name, numbers, row.what);
  }
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(lang_docs)

BOOST_AUTO_TEST_CASE(reference_is_what_the_table_says) {
  const std::string text = page();
  const size_t mark = text.find("<!-- Below is what");
  BOOST_REQUIRE(mark != std::string::npos);
  const size_t begin = text.find('\n', mark) + 1;
  if (std::getenv("WEFT_WRITE_DOCS")) std::ofstream(kPage) << text.substr(0, begin) << reference();
  BOOST_TEST(page().substr(begin) == reference());
}

BOOST_AUTO_TEST_CASE(models_can_be_built) {
  const std::string text = page(), open = "```weft\n";
  int models = 0;
  for (size_t at = text.find(open); at != std::string::npos; at = text.find(open, at + 1)) {
    const size_t begin = at + open.size();
    const std::string model = text.substr(begin, text.find("```", begin) - begin);
    BOOST_TEST_CONTEXT(model) BOOST_CHECK_NO_THROW(nn::parse(model));
    ++models;
  }
  BOOST_TEST(models == 4);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace weft
