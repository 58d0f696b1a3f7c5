#include "weft/nn/lang/lexer.h"

#include <charconv>

#include "weft/nn/lang/words.h"

namespace weft::nn::lang {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool begins_number(char c) { return is_digit(c) || c == '-' || c == '+' || c == '.'; }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Token next() {
    skip_space();
    if (at_ == text_.size()) return {Token::Kind::End, {}, {}, place_};
    const char c = text_[at_];
    if (is_letter(c)) return take(Token::Kind::Word, [](char d) { return is_letter(d) || is_digit(d); });
    if (begins_number(c)) return number();
    if (std::string_view("|(),=").find(c) != std::string_view::npos)
      return take(Token::Kind::Mark, [](char) { return false; });
    fail<ValueError>("[parse] {}: unexpected character '{}'", text_of(place_), shortened(text_.substr(at_, 1)));
  }

 private:
  void step() {
    const char c = text_[at_++];
    if (c == '\n')
      ++place_.line, place_.column = 1;
    else if ((c & 0xC0) != 0x80)  // a byte within a UTF-8 character is no column
      ++place_.column;
  }
  void skip_space() {
    while (at_ < text_.size() && (is_space(text_[at_]) || text_[at_] == '#')) {
      if (text_[at_] == '#')
        while (at_ < text_.size() && text_[at_] != '\n') step();
      else
        step();
    }
  }
  /// The current character and the following ones that belong to it.
  template <class Belongs>
  Token take(Token::Kind kind, Belongs belongs) {
    Token token{kind, {}, {}, place_};
    const size_t begin = at_;
    do step();
    while (at_ < text_.size() && belongs(text_[at_]));
    token.text = text_.substr(begin, at_ - begin);
    return token;
  }
  Token number() {
    Token token = take(Token::Kind::Number, [](char d) { return is_letter(d) || begins_number(d); });
    std::string_view rest = token.text;
    if (rest.front() == '+') rest.remove_prefix(1);
    do {
      double value = 0;
      const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
      const auto length = static_cast<size_t>(end - rest.data());
      const bool sizes = length < rest.size() && rest[length] == 'x' && length + 1 < rest.size();
      if (error != std::errc() || (length < rest.size() && !sizes) || rest.front() == '+')
        fail<ValueError>("[parse] {}: '{}' is not a number{}", text_of(token.place), shortened(token.text),
                         error == std::errc::result_out_of_range ? " in range" : "");
      token.numbers.push_back(value);
      if (sizes) token.kind = Token::Kind::Sizes;
      rest.remove_prefix(length + sizes);
    } while (!rest.empty());
    return token;
  }

  std::string_view text_;
  size_t at_ = 0;
  Place place_{1, 1};
};

}  // namespace

std::vector<Token> tokens_of(std::string_view text) {
  Lexer lexer(text);
  std::vector<Token> tokens;
  do tokens.push_back(lexer.next());
  while (tokens.back().kind != Token::Kind::End);
  return tokens;
}

std::string text_of(Place place) { return fmt::format("line {}, column {}", place.line, place.column); }

}  // namespace weft::nn::lang
