// Batches of sequences of different lengths: packed, so that no step computes padding, or padded.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "weft/tensor/tensor.h"

namespace weft::nn::utils::rnn {

/// Sequences step by step, the longest first: data [sum of lengths, *] holds the elements of all sequences at step 0,
/// then those at step 1, and so on; batch_sizes (int64) is the number of sequences at each step. sorted_indices gives
/// the place in the batch of each sequence of the packed order, unsorted_indices the reverse; both are undefined if the
/// batch was sorted.
class PackedSequence {
 public:
  PackedSequence() = default;
  /// Throws ShapeError or ValueError unless batch_sizes are positive, do not grow and sum to the rows of data.
  explicit PackedSequence(Tensor data, Tensor batch_sizes, Tensor sorted_indices = {}, Tensor unsorted_indices = {});
  const Tensor& data() const { return data_; }
  const Tensor& batch_sizes() const { return batch_sizes_; }
  const Tensor& sorted_indices() const { return sorted_indices_; }
  const Tensor& unsorted_indices() const { return unsorted_indices_; }
  /// The same with the data converted.
  PackedSequence to(const TensorOptions& options) const;
  PackedSequence cpu() const { return *this; }
  bool is_cuda() const { return false; }
  bool is_pinned() const { return false; }

 private:
  Tensor data_, batch_sizes_, sorted_indices_, unsorted_indices_;
};

/// The indices that undo a permutation [n] of int64; undefined for an undefined one.
Tensor invert_permutation(const Tensor& permutation);

/// Packs input [T, B, *] ([B, T, *] with batch_first) by lengths [B] (int64). With enforce_sorted the lengths must not
/// grow. Throws ValueError for lengths outside [1, T] or not sorted.
PackedSequence pack_padded_sequence(const Tensor& input, const Tensor& lengths, bool batch_first = false,
                                    bool enforce_sorted = true);
/// The reverse: {padded [T, B, *] or [B, T, *], lengths [B]} in the original order. T is the longest length, or
/// total_length (ValueError if that is shorter).
std::tuple<Tensor, Tensor> pad_packed_sequence(const PackedSequence& sequence, bool batch_first = false,
                                               double padding_value = 0.0,
                                               std::optional<int64_t> total_length = std::nullopt);
/// Sequences [L_i, *] as one tensor [T, B, *] or [B, T, *], T the longest. padding_side: "right" or "left".
Tensor pad_sequence(const TensorList& sequences, bool batch_first = false, double padding_value = 0,
                    std::string_view padding_side = "right");
/// Packs sequences [L_i, *].
PackedSequence pack_sequence(const TensorList& sequences, bool enforce_sorted = true);

}  // namespace weft::nn::utils::rnn
