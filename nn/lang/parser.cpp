// From text to description:
//
//   chain  = step { "|" step }
//   step   = [ name "=" ] layer { value } [ "(" chain { "," chain } ")" ] { option { value } }
//
// The values and options of a layer are defined by its row of the table.
#include <algorithm>
#include <set>

#include "weft/nn/lang/initialisers.h"
#include "weft/nn/lang/lexer.h"
#include "weft/nn/lang/table.h"
#include "weft/nn/lang/words.h"

namespace weft::nn::lang {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : tokens_(tokens_of(text)) {}

  Chain whole() {
    Chain out = chain(0);
    if (now().is(')')) refuse("')' without '('");
    if (now().is(',')) refuse("',' outside of a layer's parentheses");
    if (now().kind != Token::Kind::End) refuse("expected '|' or the end, found {}");
    return out;
  }

 private:
  using Kind = Token::Kind;

  const Token& now() const { return tokens_[at_]; }
  const Token& after() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  static bool is_value(const Token& t) { return t.kind == Kind::Number || t.kind == Kind::Sizes; }

  static std::string found(const Token& token) {
    return token.kind == Kind::End ? "the end of the text" : "'" + shortened(token.text) + "'";
  }
  /// Throws an error at the current token; "{}" in the message stands for that token.
  [[noreturn]] void refuse(std::string_view message) const {
    std::string text(message);
    if (const size_t at = text.find("{}"); at != std::string::npos) text.replace(at, 2, found(now()));
    throw ValueError("[parse] " + text_of(now().place) + ": " + text);
  }
  /// Calls f; its errors name the place of `token`.
  template <class F>
  static decltype(auto) at(const Token& token, F f) {
    return at_place(token.place, f);
  }

  Chain chain(int depth) {
    Chain out;
    out.layers.push_back(step(depth));
    while (now().is('|')) {
      ++at_;
      out.layers.push_back(step(depth));
    }
    return out;
  }

  LayerSpec step(int depth) {
    const Token* name = nullptr;
    if (now().kind == Kind::Word && after().is('=')) {
      name = &now();
      at_ += 2;
    }
    if (now().kind != Kind::Word) refuse("expected a layer, found {}");
    const Token& word = now();
    const LayerRow& row = at(word, [&]() -> const LayerRow& { return row_of(word.text); });
    ++at_;
    std::vector<Value> values = arguments(row);
    std::vector<Chain> inside = branches(row, depth);
    LayerSpec layer = at(word, [&] { return make_layer(row.name, std::move(values), std::move(inside)); });
    options(layer, row);
    layer.place = word.place;
    if (name) at(*name, [&] { set_name(layer, name->text); });
    return layer;
  }

  std::vector<Value> arguments(const LayerRow& row) {
    std::vector<Value> values;
    for (;; ++at_) {
      const size_t i = values.size();
      const bool takes_word = i < row.arguments.size() && row.arguments[i].kind == Field::Kind::Word;
      if (is_value(now()))
        values.push_back(number_value());
      else if (takes_word && now().kind == Kind::Word && !row.option(now().text) && !after().is('='))
        values.push_back(std::string(now().text));
      else
        return values;
      // Ranges are checked at the position of the number.
      if (i < row.arguments.size() && row.arguments[i].kind != Field::Kind::List)
        at(now(), [&] { return checked(row.name, row.arguments[i], values.back()); });
    }
  }

  std::vector<Chain> branches(const LayerRow& row, int depth) {
    std::vector<Chain> out;
    if (!now().is('(')) return out;
    if (row.branches.most == 0) throw_at(now(), "[{}] takes no chains in parentheses", row.name);
    if (depth + 1 >= kMostDepth) throw_at(now(), "[{}] branches are nested deeper than {}", row.name, kMostDepth);
    const Token& open = now();
    do {
      ++at_;
      out.push_back(chain(depth + 1));
    } while (now().is(','));
    if (now().kind == Kind::End) throw_at(open, "[{}] '(' without ')'", row.name);
    if (!now().is(')')) refuse("expected '|', ',' or ')', found {}");
    ++at_;
    return out;
  }

  void options(LayerSpec& layer, const LayerRow& row) {
    std::set<std::string_view> given;
    while (now().kind == Kind::Word) {
      const Token& word = now();
      const Field* field = row.option(word.text);
      if (!field) refuse_option(row, word);
      if (!given.insert(word.text).second) throw_at(word, "[{}] {} is given twice", row.name, word.text);
      ++at_;
      Value value = option_value(*field);
      at(word, [&] { set_option(layer, word.text, std::move(value)); });
    }
    if (is_value(now())) throw_at(now(), "[{}] unexpected number {}{}", row.name, now().text, usage_of(row));
    if (now().is('(')) throw_at(now(), "[{}] chains in parentheses must precede the options", row.name);
  }

  Value option_value(const Field& field) {
    Value value;
    const bool initialiser = field.kind == Field::Kind::Initialiser;
    if (now().kind == Kind::Word && (initialiser || field.kind == Field::Kind::Word)) value.word = tokens_[at_++].text;
    if (field.kind == Field::Kind::Word || field.kind == Field::Kind::Flag) return value;
    for (bool more = true; more && is_value(now()); ++at_) {
      const std::vector<double>& numbers = now().numbers;
      value.numbers.insert(value.numbers.end(), numbers.begin(), numbers.end());
      more = initialiser;  // all others take one
    }
    return value;
  }

  Value number_value() const { return Value(std::string(), now().numbers); }

  template <class... Args>
  [[noreturn]] static void throw_at(const Token& token, fmt::format_string<const Args&...> format,
                                    const Args&... args) {
    at(token, [&] { fail<ValueError>(format, args...); });
    std::abort();
  }

  [[noreturn]] static void refuse_option(const LayerRow& row, const Token& word) {
    if (find_row(word.text)) throw_at(word, "[{}] '|' is missing before '{}'", row.name, word.text);
    throw_at(word, "[{}] unknown option '{}'{}", row.name, shortened(word.text), row.options_hint(word.text));
  }

  std::vector<Token> tokens_;
  size_t at_ = 0;
};

}  // namespace

Chain read(std::string_view text) { return Parser(text).whole(); }

}  // namespace weft::nn::lang
