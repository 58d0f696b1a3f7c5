// Blocks of queries against blocks of keys with a running maximum and sum per query (Dao et al. 2022). The forward pass
// is parallel over heads and blocks of queries, the gradient over heads, which compute the weights anew.
#include "weft/tensor/kernels/attention/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/attention/rows.h"
#include "weft/tensor/kernels/matmul/gemm.h"
#include "weft/tensor/kernels/random/dropout_f32.h"
#include "weft/tensor/parallel.h"

namespace weft::kernel {
namespace {

constexpr int64_t kQueries = 64, kKeys = 128;
static_assert(kKeys % kDropoutBlock == 0);
constexpr float kNothing = -std::numeric_limits<float>::infinity();

/// A matrix of one head: rows `ld` apart.
struct Head {
  float* data;
  int64_t ld;
  float* row(int64_t i) const { return data + i * ld; }
};

Head head_of(const Tensor& t, int64_t head) {
  const int64_t heads = t.size(1);
  return {t.data_ptr<float>() + head / heads * t.stride(0) + head % heads * t.stride(1), t.stride(2)};
}

/// [B, H, L, E] stored as [B, L, H, E].
Tensor rows_first(int64_t b, int64_t h, int64_t l, int64_t e) {
  const Tensor memory = empty({b, l, h, e}, kFloat32);
  return Tensor(memory.impl().storage, kFloat32, {b, h, l, e}, {l * h * e, e, h * e, 1});
}

/// The dropout of the weights of one call: a block of factors of one row at a time.
class WeightDropout {
 public:
  WeightDropout(const AttentionOptions& o, int64_t keys)
      : seed_(o.seed),
        stream_(o.stream),
        blocks_((keys + kDropoutBlock - 1) / kDropoutBlock),
        threshold_(static_cast<uint32_t>(std::min(o.dropout * 0x1p32, 0x1.fffffffep31))),
        factor_(o.dropout < 1 ? static_cast<float>(1 / (1 - o.dropout)) : 0) {}
  /// Multiplies the n elements from key `first`, a multiple of kDropoutBlock, of a row by their factors.
  void apply(float* row, int64_t row_number, int64_t first, int64_t n) const {
    alignas(64) uint32_t words[kDropoutBlock];
    for (int64_t j = 0; j < n; ++j) {
      if (j % kDropoutBlock == 0)
        fill_(seed_, stream_, static_cast<uint64_t>(row_number * blocks_ + (first + j) / kDropoutBlock), words);
      row[j] *= words[j % kDropoutBlock] >= threshold_ ? factor_ : 0;
    }
  }

 private:
  uint64_t seed_, stream_;
  int64_t blocks_;
  uint32_t threshold_;
  float factor_;
  PhiloxBlock fill_ = philox_block();
};

/// The arguments of a call, for both passes.
struct Attention {
  Attention(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask, const AttentionOptions& options)
      : q(q),
        k(k),
        v(v),
        mask(mask),
        options(options),
        heads(q.size(0) * q.size(1)),
        queries(q.size(2)),
        keys(k.size(2)),
        width(q.size(3)),
        value_width(v.size(3)),
        dropout(options, keys) {}

  /// Keys of [first, first + n) that query i may read.
  int64_t readable(int64_t i, int64_t first, int64_t n) const {
    return options.causal ? std::clamp<int64_t>(i - first + 1, 0, n) : n;
  }
  bool any_readable(int64_t last_query, int64_t first_key) const { return !options.causal || first_key <= last_query; }
  const float* mask_row(int64_t head, int64_t i, int64_t first) const {
    return mask.defined() ? head_of(mask, head).row(i) + first : nullptr;
  }
  double flops() const { return 4 * static_cast<double>(queries) * static_cast<double>(keys * (width + value_width)); }

  const Tensor &q, &k, &v, &mask;
  const AttentionOptions& options;
  int64_t heads, queries, keys, width, value_width;
  WeightDropout dropout;
  const AttentionRows& rows = attention_rows();
};

/// c [m, n] = a [m, k] b^T + beta c, b [n, k].
void product_transposed(int64_t m, int64_t n, int64_t k, Head a, Head b, float beta, Head c) {
  gemm<float>(m, n, k, 1, {a.data, a.ld, 1}, {b.data, 1, b.ld}, beta, c.data, c.ld);
}
/// c [m, n] = a [m, k] b + beta c, b [k, n].
void product(int64_t m, int64_t n, int64_t k, Head a, Head b, float beta, Head c) {
  gemm<float>(m, n, k, 1, {a.data, a.ld, 1}, {b.data, b.ld, 1}, beta, c.data, c.ld);
}
/// c [m, n] = a^T b + beta c, a [k, m], b [k, n].
void product_of_columns(int64_t m, int64_t n, int64_t k, Head a, Head b, float beta, Head c) {
  gemm<float>(m, n, k, 1, {a.data, 1, a.ld}, {b.data, b.ld, 1}, beta, c.data, c.ld);
}

/// The outputs of one block of queries of one head.
void forward_block(const Attention& a, int64_t head, int64_t i0, Head out, float* lse) {
  const int64_t n = std::min(kQueries, a.queries - i0);
  std::vector<float> memory(static_cast<size_t>(n * (kKeys + a.value_width + 2)));
  const Head scores{memory.data(), kKeys}, sums{memory.data() + n * kKeys, a.value_width};
  float *most = sums.row(n), *total = most + n;
  std::fill(most, most + n, kNothing);
  const Head q = head_of(a.q, head), k = head_of(a.k, head), v = head_of(a.v, head);
  for (int64_t j0 = 0; j0 < a.keys && a.any_readable(i0 + n - 1, j0); j0 += kKeys) {
    const int64_t m = std::min(kKeys, a.keys - j0);
    product_transposed(n, m, a.width, {q.row(i0), q.ld}, {k.row(j0), k.ld}, 0, scores);
    for (int64_t i = 0; i < n; ++i) {
      float* row = scores.row(i);
      const int64_t read = a.readable(i0 + i, j0, m);
      std::fill(row + read, row + m, 0.0f);
      const float here = a.rows.scale(row, a.mask_row(head, i0 + i, j0), static_cast<float>(a.options.scale), read);
      const float now = std::max(most[i], here);
      if (now == kNothing) {  // no key so far
        std::fill(row, row + read, 0.0f);
        continue;
      }
      const float keep = most[i] == kNothing ? 0 : std::exp(most[i] - now);
      total[i] = total[i] * keep + a.rows.exp(row, now, read);
      most[i] = now;
      if (j0 > 0) a.rows.times(sums.row(i), sums.row(i), keep, a.value_width);
      if (a.options.dropout > 0) a.dropout.apply(row, head * a.queries + i0 + i, j0, read);
    }
    product(n, a.value_width, m, scores, {v.row(j0), v.ld}, 1, sums);
  }
  for (int64_t i = 0; i < n; ++i) {
    a.rows.times(out.row(i0 + i), sums.row(i), total[i] > 0 ? 1 / total[i] : 0, a.value_width);
    lse[i0 + i] = total[i] > 0 ? most[i] + std::log(total[i]) : -kNothing;
  }
}

/// The gradients of one head.
class BackwardHead {
 public:
  BackwardHead(const Attention& a, int64_t head, const Tensor& grad, const Tensor& out, const float* lse,
               const AttentionGrads& d)
      : a_(a),
        head_(head),
        lse_(lse),
        q_(head_of(a.q, head)),
        k_(head_of(a.k, head)),
        v_(head_of(a.v, head)),
        g_(head_of(grad, head)),
        dq_(head_of(d.q, head)),
        dk_(head_of(d.k, head)),
        dv_(head_of(d.v, head)),
        means_(static_cast<size_t>(a.queries)),
        memory_(static_cast<size_t>(3 * kQueries * kKeys)) {
    const Head y = head_of(out, head);
    for (int64_t i = 0; i < a.queries; ++i)
      means_[static_cast<size_t>(i)] = a.rows.dot(g_.row(i), y.row(i), a.value_width);
  }
  void run() {
    for (int64_t j0 = 0; j0 < a_.keys; j0 += kKeys) {
      const int64_t m = std::min(kKeys, a_.keys - j0);
      float beta = 0;
      for (int64_t i0 = 0; i0 < a_.queries; i0 += kQueries) {
        const int64_t n = std::min(kQueries, a_.queries - i0);
        if (!a_.any_readable(i0 + n - 1, j0)) continue;
        block(i0, n, j0, m, beta);
        beta = 1;
      }
      if (beta == 0)  // keys that no query reads
        for (int64_t j = j0; j < j0 + m; ++j) {
          std::fill_n(dk_.row(j), a_.width, 0.0f);
          std::fill_n(dv_.row(j), a_.value_width, 0.0f);
        }
    }
  }

 private:
  void block(int64_t i0, int64_t n, int64_t j0, int64_t m, float beta) {
    const Head weights{memory_.data(), kKeys}, dweights{weights.row(kQueries), kKeys},
        dropped{dweights.row(kQueries), kKeys};
    const bool drops = a_.options.dropout > 0;
    const Head g{g_.row(i0), g_.ld}, q{q_.row(i0), q_.ld}, k{k_.row(j0), k_.ld};
    const auto scale = static_cast<float>(a_.options.scale);
    product_transposed(n, m, a_.width, q, k, 0, weights);
    product_transposed(n, m, a_.value_width, g, {v_.row(j0), v_.ld}, 0, dweights);
    for (int64_t i = 0; i < n; ++i) {
      float *w = weights.row(i), *dw = dweights.row(i);
      const int64_t read = a_.readable(i0 + i, j0, m), number = head_ * a_.queries + i0 + i;
      std::fill(w + read, w + m, 0.0f);
      std::fill(dw + read, dw + m, 0.0f);
      a_.rows.scale(w, a_.mask_row(head_, i0 + i, j0), scale, read);
      a_.rows.exp(w, lse_[i0 + i], read);
      if (drops) {
        std::copy_n(w, m, dropped.row(i));
        a_.dropout.apply(dropped.row(i), number, j0, read);
        a_.dropout.apply(dw, number, j0, read);
      }
      a_.rows.grad(w, dw, means_[static_cast<size_t>(i0 + i)], scale, read);
    }
    product_of_columns(m, a_.value_width, n, drops ? dropped : weights, g, beta, {dv_.row(j0), dv_.ld});
    product_of_columns(m, a_.width, n, dweights, q, beta, {dk_.row(j0), dk_.ld});
    product(n, a_.width, m, dweights, k, j0 == 0 ? 0 : 1, {dq_.row(i0), dq_.ld});
  }

  const Attention& a_;
  int64_t head_;
  const float* lse_;
  Head q_, k_, v_, g_, dq_, dk_, dv_;
  std::vector<float> means_, memory_;
};

constexpr double kFlopsPerNs = 40;

}  // namespace

Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask, const AttentionOptions& options,
                 Tensor& lse) {
  const Attention a(q, k, v, mask, options);
  const Tensor out = rows_first(q.size(0), q.size(1), a.queries, a.value_width);
  lse = empty({q.size(0), q.size(1), a.queries}, kFloat32);
  const int64_t blocks = (a.queries + kQueries - 1) / kQueries;
  float* to = lse.data_ptr<float>();
  parallel_for(a.heads * blocks, a.flops() / 2 / static_cast<double>(std::max<int64_t>(1, blocks)) / kFlopsPerNs + 500,
               [&](int64_t begin, int64_t end) {
                 for (int64_t i = begin; i < end; ++i)
                   forward_block(a, i / blocks, i % blocks * kQueries, head_of(out, i / blocks),
                                 to + i / blocks * a.queries);
               });
  return out;
}

AttentionGrads attention_grad(const Tensor& grad, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask,
                              const AttentionOptions& options, const Tensor& out, const Tensor& lse) {
  const Attention a(q, k, v, mask, options);
  const int64_t b = q.size(0), h = q.size(1);
  AttentionGrads d{rows_first(b, h, a.queries, a.width), rows_first(b, h, a.keys, a.width),
                   rows_first(b, h, a.keys, a.value_width)};
  const float* sums = lse.data_ptr<float>();
  parallel_for(a.heads, a.flops() * 1.25 / kFlopsPerNs + 500, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) BackwardHead(a, i, grad, out, sums + i * a.queries, d).run();
  });
  return d;
}

Tensor attention_dropout(IntArrayRef sizes, const AttentionOptions& options) {
  Tensor out = ones(sizes, kFloat32);
  const int64_t keys = sizes[3], rows = keys ? out.numel() / keys : 0;
  const WeightDropout dropout(options, keys);
  float* to = out.data_ptr<float>();
  parallel_for(rows, static_cast<double>(keys), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) dropout.apply(to + i * keys, i, 0, keys);
  });
  return out;
}

}  // namespace weft::kernel
