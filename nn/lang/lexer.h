// Splits a model's text into tokens. Internal.
#pragma once

#include <string_view>
#include <vector>

#include "weft/nn/lang/spec.h"
#include "weft/tensor/error.h"

namespace weft::nn::lang {

struct Token {
  enum class Kind : uint8_t {
    Word,
    Number,  ///< `32`, `-0.5`, `1e-5`
    Sizes,   ///< `3x5`
    Mark,    ///< one of | ( ) , =
    End
  };
  Kind kind;
  std::string_view text;
  std::vector<double> numbers;
  Place place;

  bool is(char mark) const { return kind == Kind::Mark && text.front() == mark; }
};

/// Splits a text; `#` begins a comment up to the end of its line. The last token is the end. Columns count UTF-8
/// characters. Throws ValueError with the place for an invalid token.
std::vector<Token> tokens_of(std::string_view text);

/// "line 2, column 14"
std::string text_of(Place place);

/// Calls f; if the place is in a text, f's errors name it.
template <class F>
decltype(auto) at_place(Place place, F f) {
  try {
    return f();
  } catch (Error& e) {
    if (place.line) e.add_place(text_of(place));
    throw;
  }
}

}  // namespace weft::nn::lang
