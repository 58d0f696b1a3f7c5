#include "weft/nn/utils/rnn.h"

#include <algorithm>

#include "weft/autograd/functions.h"
#include "weft/autograd/nn_ops.h"
#include "weft/tensor/creation.h"

namespace weft::nn::utils::rnn {
namespace {

std::vector<int64_t> integers_of(const char* op, const char* what, const Tensor& t) {
  check<DtypeError>(t.defined() && t.dtype() == kInt64, "[{}] {} must be int64, got {}", op, what,
                    t.defined() ? name(t.dtype()) : "nothing");
  check<ShapeError>(t.dim() == 1, "[{}] {} must have one dimension, got {}", op, what, t.sizes());
  const Tensor c = t.contiguous();
  return {c.data_ptr<int64_t>(), c.data_ptr<int64_t>() + c.numel()};
}

/// counts[t]: the number of lengths above t.
std::vector<int64_t> counts_of(const std::vector<int64_t>& lengths) {
  std::vector<int64_t> counts(static_cast<size_t>(lengths.empty() ? 0 : lengths[0]));
  for (int64_t length : lengths)
    for (int64_t t = 0; t < length; ++t) ++counts[static_cast<size_t>(t)];
  return counts;
}

/// [A, B, *] -> [A B, *]
Tensor joined(const Tensor& x) { return x.flatten(0, 1); }

Tensor lengths_of(const TensorList& sequences) {
  std::vector<int64_t> lengths;
  for (const Tensor& s : sequences) lengths.push_back(s.size(0));
  return tensor(lengths, kInt64);
}

void check_sequences(const char* op, const TensorList& sequences) {
  check<ValueError>(!sequences.empty(), "[{}] the list of sequences is empty", op);
  for (const Tensor& s : sequences) {
    check<ShapeError>(s.defined() && s.dim() >= 1, "[{}] a sequence must have at least one dimension", op);
    Dims a = s.sizes(), b = sequences[0].sizes();
    a[0] = 0;
    b[0] = 0;
    check<ShapeError>(a == b, "[{}] sequences must agree after the first dimension, got {} and {}", op,
                      sequences[0].sizes(), s.sizes());
  }
}

}  // namespace

PackedSequence::PackedSequence(Tensor data, Tensor batch_sizes, Tensor sorted_indices, Tensor unsorted_indices)
    : data_(std::move(data)),
      batch_sizes_(std::move(batch_sizes)),
      sorted_indices_(std::move(sorted_indices)),
      unsorted_indices_(std::move(unsorted_indices)) {
  if (sorted_indices_.defined() && !unsorted_indices_.defined())
    unsorted_indices_ = invert_permutation(sorted_indices_);
  const auto counts = integers_of("PackedSequence", "batch_sizes", batch_sizes_);
  int64_t rows = 0;
  for (size_t t = 0; t < counts.size(); ++t) {
    check<ValueError>(counts[t] > 0 && (t == 0 || counts[t] <= counts[t - 1]),
                      "[PackedSequence] batch_sizes must be positive and not grow, got {} at step {}", counts[t], t);
    rows += counts[t];
  }
  check<ShapeError>(data_.dim() >= 1 && data_.size(0) == rows, "[PackedSequence] batch_sizes sum to {}, data is {}",
                    rows, data_.sizes());
  check<ShapeError>(
      !sorted_indices_.defined() || (!counts.empty() && sorted_indices_.sizes() == IntArrayRef(counts[0])),
      "[PackedSequence] sorted_indices must be [{}]", counts.empty() ? 0 : counts[0]);
}

PackedSequence PackedSequence::to(const TensorOptions& options) const {
  return PackedSequence(data_.to(options), batch_sizes_, sorted_indices_, unsorted_indices_);
}

Tensor invert_permutation(const Tensor& permutation) {
  if (!permutation.defined()) return {};
  const auto from = integers_of("invert_permutation", "permutation", permutation);
  std::vector<int64_t> to(from.size(), -1);
  for (size_t i = 0; i < from.size(); ++i) {
    const int64_t at = from[i];
    check<IndexError>(at >= 0 && at < static_cast<int64_t>(from.size()) && to[static_cast<size_t>(at)] < 0,
                      "[invert_permutation] {} is out of range or occurs twice", at);
    to[static_cast<size_t>(at)] = static_cast<int64_t>(i);
  }
  return tensor(to, kInt64);
}

PackedSequence pack_padded_sequence(const Tensor& input, const Tensor& lengths, bool batch_first, bool enforce_sorted) {
  const char* op = "pack_padded_sequence";
  check<ShapeError>(input.dim() >= 2, "[{}] input must be [T, B, *], got {}", op, input.sizes());
  const Tensor x = batch_first ? input.transpose(0, 1) : input;
  const int64_t steps = x.size(0), batch = x.size(1);
  std::vector<int64_t> lens = integers_of(op, "lengths", lengths);
  check<ShapeError>(static_cast<int64_t>(lens.size()) == batch && batch > 0,
                    "[{}] needs a length for each of {} sequences, got {} (input {})", op, batch, lens.size(),
                    input.sizes());
  for (int64_t length : lens)
    check<ValueError>(length >= 1 && length <= steps, "[{}] lengths must be between 1 and {}, got {}", op, steps,
                      length);
  Tensor sorted;
  std::vector<int64_t> order(lens.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
  if (enforce_sorted) {
    check<ValueError>(std::is_sorted(lens.rbegin(), lens.rend()),
                      "[{}] lengths must not grow; pass enforce_sorted = false for any order", op);
  } else {
    std::stable_sort(order.begin(), order.end(),
                     [&](int64_t a, int64_t b) { return lens[static_cast<size_t>(a)] > lens[static_cast<size_t>(b)]; });
    sorted = tensor(order, kInt64);
    std::stable_sort(lens.rbegin(), lens.rend());
  }
  const std::vector<int64_t> counts = counts_of(lens);
  std::vector<int64_t> rows;
  for (size_t t = 0; t < counts.size(); ++t)
    for (int64_t b = 0; b < counts[t]; ++b)
      rows.push_back(static_cast<int64_t>(t) * batch + order[static_cast<size_t>(b)]);
  return PackedSequence(joined(x).index_select(0, tensor(rows, kInt64)), tensor(counts, kInt64), sorted);
}

std::tuple<Tensor, Tensor> pad_packed_sequence(const PackedSequence& sequence, bool batch_first, double padding_value,
                                               std::optional<int64_t> total_length) {
  const char* op = "pad_packed_sequence";
  const std::vector<int64_t> counts = integers_of(op, "batch_sizes", sequence.batch_sizes());
  check<ValueError>(!counts.empty(), "[{}] the sequence is empty", op);
  const auto longest = static_cast<int64_t>(counts.size());
  const int64_t batch = counts[0], steps = total_length.value_or(longest), rows = sequence.data().size(0);
  check<ValueError>(steps >= longest, "[{}] total_length {} is below the longest sequence, {}", op, steps, longest);
  std::vector<int64_t> place(static_cast<size_t>(batch)), lengths(static_cast<size_t>(batch));
  for (size_t b = 0; b < place.size(); ++b) place[b] = static_cast<int64_t>(b);
  if (sequence.unsorted_indices().defined()) place = integers_of(op, "unsorted_indices", sequence.unsorted_indices());
  // One more row after the data holds the padding.
  std::vector<int64_t> from(static_cast<size_t>(steps * batch), rows);
  for (int64_t t = 0, first = 0; t < longest; first += counts[static_cast<size_t>(t++)])
    for (int64_t b = 0; b < batch; ++b)
      if (const int64_t p = place[static_cast<size_t>(b)]; p < counts[static_cast<size_t>(t)]) {
        from[static_cast<size_t>(t * batch + b)] = first + p;
        ++lengths[static_cast<size_t>(b)];
      }
  Dims one = sequence.data().sizes(), sizes{steps, batch};
  one[0] = 1;
  for (size_t d = 1; d < one.size(); ++d) sizes.push_back(one[d]);
  const Tensor with_padding = cat({sequence.data(), full(one, padding_value, sequence.data().dtype())});
  const Tensor out = with_padding.index_select(0, tensor(from, kInt64)).view(sizes);
  return {batch_first ? out.transpose(0, 1) : out, tensor(lengths, kInt64)};
}

Tensor pad_sequence(const TensorList& sequences, bool batch_first, double padding_value,
                    std::string_view padding_side) {
  check_sequences("pad_sequence", sequences);
  check<ValueError>(padding_side == "right" || padding_side == "left",
                    "[pad_sequence] padding_side must be right or left, got {}", padding_side);
  int64_t longest = 0;
  for (const Tensor& s : sequences) longest = std::max(longest, s.size(0));
  TensorList padded;
  for (const Tensor& s : sequences) {
    Dims missing = s.sizes();
    missing[0] = longest - s.size(0);
    const Tensor filler = full(missing, padding_value, s.dtype());
    padded.push_back(missing[0] == 0 ? s : padding_side == "right" ? cat({s, filler}) : cat({filler, s}));
  }
  return stack(padded, batch_first ? 0 : 1);
}

PackedSequence pack_sequence(const TensorList& sequences, bool enforce_sorted) {
  check_sequences("pack_sequence", sequences);
  return pack_padded_sequence(pad_sequence(sequences), lengths_of(sequences), false, enforce_sorted);
}

}  // namespace weft::nn::utils::rnn
