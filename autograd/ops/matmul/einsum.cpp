// Einstein summation by permutation and batched matrix products.
#include <algorithm>
#include <string>

#include "weft/autograd/functions.h"
#include "weft/tensor/tensor.h"

namespace weft {
namespace {

// Labels: letters; the dimensions of "..." are named '0' and on, counted from the last one, so that they broadcast.
using Labels = std::string;

struct Equation {
  std::vector<Labels> inputs;
  Labels output;
};

struct Term {
  Tensor x;
  Labels labels;
};

bool has(const Labels& labels, char c) { return labels.find(c) != Labels::npos; }

// One comma-separated term: letters, and optionally an ellipsis for `dots` dimensions.
Labels read_term(std::string_view text, int64_t dots, std::string_view equation) {
  Labels out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.') {
      const bool whole = text.substr(i, 3) == "..." && text.find('.', i + 3) == std::string_view::npos;
      check<ValueError>(whole, "[einsum] \"{}\": a point outside of \"...\"", equation);
      for (int64_t d = dots; d-- > 0;) out += static_cast<char>('0' + d);
      i += 2;
      continue;
    }
    check<ValueError>((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'), "[einsum] \"{}\": '{}' is not a letter",
                      equation, c);
    out += c;
  }
  return out;
}

std::vector<std::string> split_terms(std::string_view text) {
  std::vector<std::string> out(1);
  for (char c : text) {
    if (c == ',')
      out.emplace_back();
    else
      out.back() += c;
  }
  return out;
}

// Without "->": the ellipsis, then every letter that occurs once, in alphabetical order.
Labels implicit_output(const std::vector<Labels>& inputs, int64_t dots) {
  Labels all, out;
  for (const Labels& l : inputs) all += l;
  for (int64_t d = dots; d-- > 0;) out += static_cast<char>('0' + d);
  std::sort(all.begin(), all.end());
  for (char c : all)
    if (c > '9' && std::count(all.begin(), all.end(), c) == 1) out += c;
  return out;
}

Equation parse(std::string_view equation, const TensorList& operands) {
  std::string text;
  for (char c : equation)
    if (c != ' ') text += c;
  const size_t arrow = text.find("->");
  const std::vector<std::string> terms = split_terms(text.substr(0, arrow));
  check<ValueError>(terms.size() == operands.size() && !operands.empty(), "[einsum] \"{}\" names {} operands, got {}",
                    equation, terms.size(), operands.size());
  Equation e;
  int64_t most_dots = 0;
  for (size_t i = 0; i < terms.size(); ++i) {
    const int64_t letters =
        static_cast<int64_t>(std::count_if(terms[i].begin(), terms[i].end(), [](char c) { return c != '.'; }));
    const int64_t dots = has(terms[i], '.') ? operands[i].dim() - letters : 0;
    check<ShapeError>(letters + dots == operands[i].dim() && dots >= 0 && dots < 10,
                      "[einsum] \"{}\": operand {} has sizes {}", equation, i, operands[i].sizes());
    most_dots = std::max(most_dots, dots);
    e.inputs.push_back(read_term(terms[i], dots, equation));
  }
  if (arrow == std::string::npos) {
    e.output = implicit_output(e.inputs, most_dots);
  } else {
    e.output = read_term(std::string_view(text).substr(arrow + 2), most_dots, equation);
    Labels all;
    for (const Labels& l : e.inputs) all += l;
    for (char c : e.output) {
      check<ValueError>(has(all, c), "[einsum] \"{}\": '{}' of the output is in no operand", equation, c);
      check<ValueError>(std::count(e.output.begin(), e.output.end(), c) == 1,
                        "[einsum] \"{}\": '{}' twice in the output", equation, c);
    }
  }
  return e;
}

// A letter that occurs twice in one operand selects the diagonal.
Term without_repeats(Term t) {
  for (size_t i = 0; i < t.labels.size(); ++i) {
    const size_t j = t.labels.find(t.labels[i], i + 1);
    if (j == Labels::npos) continue;
    check<ShapeError>(t.x.size(i) == t.x.size(j), "[einsum] '{}' stands for sizes {} and {} of {}", t.labels[i],
                      t.x.size(i), t.x.size(j), t.x.sizes());
    const char c = t.labels[i];
    t.x = t.x.diagonal(0, static_cast<int64_t>(i), static_cast<int64_t>(j));  // the diagonal comes last
    t.labels.erase(j, 1), t.labels.erase(i, 1);
    t.labels += c;
    --i;
  }
  return t;
}

// Sizes of 1 broadcast.
void agree_on_sizes(std::vector<Term>& terms) {
  for (char c = '0'; c <= 'z'; ++c) {
    int64_t n = 1;
    for (const Term& t : terms)
      if (has(t.labels, c)) {
        const int64_t own = t.x.size(static_cast<int64_t>(t.labels.find(c)));
        check<ShapeError>(own == n || own == 1 || n == 1, "[einsum] '{}' stands for sizes {} and {}", c, n, own);
        if (own != 1) n = own;
      }
    for (Term& t : terms)
      if (has(t.labels, c)) {
        Dims sizes = t.x.sizes();
        sizes[t.labels.find(c)] = n;
        if (!(t.x.sizes() == IntArrayRef(sizes))) t.x = t.x.expand(sizes);
      }
  }
}

// Sums over the labels that are no longer needed.
Term keep_only(Term t, const Labels& wanted) {
  Dims dims;
  Labels left;
  for (size_t i = 0; i < t.labels.size(); ++i) {
    if (has(wanted, t.labels[i]))
      left += t.labels[i];
    else
      dims.push_back(static_cast<int64_t>(i));
  }
  if (!dims.empty()) t = {t.x.sum(dims), left};
  return t;
}

Tensor permuted(const Term& t, const Labels& order) {
  Dims dims;
  for (char c : order) dims.push_back(static_cast<int64_t>(t.labels.find(c)));
  return t.x.permute(dims);
}

int64_t size_of(const Term& t, const Labels& labels) {
  int64_t n = 1;
  for (char c : labels) n *= t.x.size(static_cast<int64_t>(t.labels.find(c)));
  return n;
}

// The product of a and b, summed over the labels that both have and nobody needs: one batched matrix product.
Term contract(const Term& a, const Term& b, const Labels& wanted) {
  Labels batch, only_a, only_b, summed;
  for (char c : a.labels) (has(b.labels, c) ? (has(wanted, c) ? batch : summed) : only_a) += c;
  for (char c : b.labels)
    if (!has(a.labels, c)) only_b += c;
  const int64_t n = size_of(a, batch), m = size_of(a, only_a), k = size_of(a, summed), p = size_of(b, only_b);
  const Tensor left = permuted(a, batch + only_a + summed).reshape({n, m, k});
  const Tensor right = permuted(b, batch + summed + only_b).reshape({n, k, p});
  Dims sizes;
  for (char c : batch + only_a) sizes.push_back(a.x.size(static_cast<int64_t>(a.labels.find(c))));
  for (char c : only_b) sizes.push_back(b.x.size(static_cast<int64_t>(b.labels.find(c))));
  return {left.bmm(right).reshape(sizes), batch + only_a + only_b};
}

}  // namespace

Tensor einsum(std::string_view equation, const TensorList& operands) {
  const Equation e = parse(equation, operands);
  std::vector<Term> terms;
  for (size_t i = 0; i < operands.size(); ++i) terms.push_back(without_repeats({operands[i], e.inputs[i]}));
  agree_on_sizes(terms);
  // The labels still needed after operand i was processed.
  std::vector<Labels> wanted(terms.size(), e.output);
  for (size_t i = terms.size() - 1; i-- > 0;) wanted[i] = wanted[i + 1] + terms[i + 1].labels;
  Term result = keep_only(terms[0], wanted[0]);
  for (size_t i = 1; i < terms.size(); ++i)
    result = contract(result, keep_only(terms[i], wanted[i] + result.labels), wanted[i]);
  result = keep_only(result, e.output);
  return permuted(result, e.output);
}

}  // namespace weft
