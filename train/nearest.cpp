#include "weft/train/nearest.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "weft/autograd/grad_mode.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/parallel.h"

namespace weft::train {
namespace {

// Queries and points per block: their products stay in the caches.
constexpr int64_t kQueries = KNeighborsClassifier::kQueries, kPoints = 2000;
// Up to this many features, distances are computed directly, which also detects equal ones.
constexpr int64_t kFewFeatures = 16;
// Additional neighbours computed exactly, to compensate for the rounding of the products.
constexpr int64_t kSpare = 8;

struct Candidate {
  double far;  // half the squared distance without the query's own part, or the squared distance
  int64_t index;
  bool operator<(const Candidate& o) const { return far != o.far ? far < o.far : index < o.index; }
};

// Keeps the `most` nearest of the candidates, offered in ascending order of index.
class Nearest {
 public:
  explicit Nearest(size_t most) : most_(most) { heap_.reserve(most); }
  double bound() const { return bound_; }
  void add(double far, int64_t index) {
    if (heap_.size() == most_) {
      std::pop_heap(heap_.begin(), heap_.end());
      heap_.pop_back();
    }
    heap_.push_back({far, index});
    std::push_heap(heap_.begin(), heap_.end());
    if (heap_.size() == most_) bound_ = heap_.front().far;
  }
  std::vector<Candidate>& candidates() { return heap_; }

 private:
  size_t most_;
  double bound_ = std::numeric_limits<double>::infinity();
  std::vector<Candidate> heap_;
};

// Offers a row of products to a Nearest: far is half the squared length of the point minus the product. A group of
// points is examined one by one only if its nearest is near enough.
template <class T>
void scan(const T* products, const T* halves, int64_t first, int64_t count, Nearest& nearest) {
  constexpr int64_t kGroup = 64;
  for (int64_t begin = 0; begin < count; begin += kGroup) {
    const int64_t end = std::min(begin + kGroup, count);
    T least = std::numeric_limits<T>::infinity();
    for (int64_t i = begin; i < end; ++i) {
      const T far = halves[i] - products[i];
      least = far < least ? far : least;
    }
    if (!(least < nearest.bound())) continue;
    for (int64_t i = begin; i < end; ++i) {
      const T far = halves[i] - products[i];
      if (far < nearest.bound()) nearest.add(far, first + i);
    }
  }
}

template <class T>
double squared_distance(const T* a, const T* b, int64_t features) {
  double sum = 0;
  for (int64_t f = 0; f < features; ++f) {
    const double d = static_cast<double>(a[f]) - static_cast<double>(b[f]);
    sum += d * d;
  }
  return sum;
}

// The same directly from the points.
template <class T>
void measure(const T* query, const T* points, int64_t features, int64_t count, Nearest& nearest) {
  for (int64_t i = 0; i < count; ++i) {
    const double far = squared_distance(query, points + i * features, features);
    if (far < nearest.bound()) nearest.add(far, i);
  }
}

// Computes the exact distances of one query's candidates and writes the k nearest.
template <class T>
void finish(const T* query, const T* points, int64_t features, std::vector<Candidate>& candidates, int64_t k,
            double* distances, int64_t* indices) {
  for (Candidate& c : candidates) c.far = squared_distance(query, points + c.index * features, features);
  std::sort(candidates.begin(), candidates.end());
  for (int64_t i = 0; i < k; ++i) {
    distances[i] = std::sqrt(candidates[static_cast<size_t>(i)].far);
    indices[i] = candidates[static_cast<size_t>(i)].index;
  }
}

// Offers all points to a block of queries, by products.
template <class T>
void scan_all(const Tensor& block, const Tensor& columns, const Tensor& halves, std::vector<Nearest>& nearest) {
  const int64_t count = columns.size(1);
  for (int64_t first = 0; first < count; first += kPoints) {
    const int64_t width = std::min(kPoints, count - first);
    const Tensor products = block.mm(columns.slice(1, first, first + width));
    const T *p = products.data_ptr<T>(), *h = halves.data_ptr<T>() + first;
    parallel_for(block.size(0), 0.3 * static_cast<double>(width), [&](int64_t begin, int64_t end) {
      for (int64_t q = begin; q < end; ++q) scan(p + q * width, h, first, width, nearest[static_cast<size_t>(q)]);
    });
  }
}

template <class T>
void search(const Tensor& points, const Tensor& columns, const Tensor& halves, const Tensor& queries, int64_t k,
            const Neighbors& out) {
  const int64_t count = points.size(0), features = points.size(1);
  const bool few = features <= kFewFeatures;
  const int64_t most = std::min(few ? k : k + kSpare, count);
  const T* p = points.data_ptr<T>();
  for (int64_t from = 0; from < queries.size(0); from += kQueries) {
    const Tensor block = queries.slice(0, from, std::min(from + kQueries, queries.size(0))).contiguous();
    const T* b = block.data_ptr<T>();
    std::vector<Nearest> nearest(static_cast<size_t>(block.size(0)), Nearest(static_cast<size_t>(most)));
    if (!few) scan_all<T>(block, columns, halves, nearest);
    const double cost = static_cast<double>((few ? count : most) * features);
    parallel_for(block.size(0), cost, [&](int64_t begin, int64_t end) {
      for (int64_t q = begin; q < end; ++q) {
        Nearest& mine = nearest[static_cast<size_t>(q)];
        if (few) measure(b + q * features, p, features, count, mine);
        finish(b + q * features, p, features, mine.candidates(), k, out.distances.data_ptr<double>() + (from + q) * k,
               out.indices.data_ptr<int64_t>() + (from + q) * k);
      }
    });
  }
}

}  // namespace

KNeighborsClassifier::KNeighborsClassifier(const Tensor& points, const Tensor& labels) {
  NoGradGuard no_grad;
  check<DtypeError>((points.dtype() == kFloat32 || points.dtype() == kFloat64) && labels.dtype() == kInt64,
                    "[KNeighborsClassifier] takes float32 or float64 points and int64 labels, not {} and {}",
                    points.dtype(), labels.dtype());
  check<ShapeError>(points.dim() >= 2 && labels.dim() == 1 && labels.size(0) == points.size(0),
                    "[KNeighborsClassifier] takes points [N, ...] and labels [N], not {} and {}", points.sizes(),
                    labels.sizes());
  check<ValueError>(points.numel() > 0, "[KNeighborsClassifier] got no points");
  check<IndexError>(labels.min().item<int64_t>() >= 0, "[KNeighborsClassifier] label {} is below 0",
                    labels.min().item<int64_t>());
  points_ = points.detach().flatten(1).contiguous();
  columns_ = points_.t().contiguous();
  halves_ = points_.square().sum({1}).div(2);
  labels_ = labels.contiguous();
  classes_ = labels.max().item<int64_t>() + 1;
}

Neighbors KNeighborsClassifier::kneighbors(const Tensor& queries, int64_t k) const {
  NoGradGuard no_grad;
  check<DtypeError>(queries.dtype() == points_.dtype(), "[KNeighborsClassifier] queries are {}, the points {}",
                    queries.dtype(), points_.dtype());
  check<ShapeError>(queries.dim() >= 2, "[KNeighborsClassifier] queries are {}, expected [N, ...]", queries.sizes());
  const Tensor flat = queries.flatten(1);
  check<ShapeError>(flat.size(1) == points_.size(1), "[KNeighborsClassifier] queries of {} elements, points of {}",
                    flat.size(1), points_.size(1));
  check<ValueError>(k >= 1 && k <= points_.size(0), "[KNeighborsClassifier] {} neighbours among {} points", k,
                    points_.size(0));
  const Neighbors out{empty({flat.size(0), k}, kFloat64), empty({flat.size(0), k}, kInt64)};
  if (points_.dtype() == kFloat32)
    search<float>(points_, columns_, halves_, flat, k, out);
  else
    search<double>(points_, columns_, halves_, flat, k, out);
  return out;
}

Tensor KNeighborsClassifier::votes(const Neighbors& neighbors, int64_t k, NeighborWeights weights) const {
  const int64_t rows = neighbors.indices.size(0), found = neighbors.indices.size(1);
  check<ValueError>(k >= 0 && k <= found, "[KNeighborsClassifier] votes of {} neighbours of {}", k, found);
  if (k == 0) k = found;
  Tensor out = zeros({rows, classes_}, kFloat64);
  const auto index = neighbors.indices.accessor<int64_t, 2>();
  const auto distance = neighbors.distances.accessor<double, 2>();
  const auto* label = labels_.data_ptr<int64_t>();
  auto vote = out.accessor<double, 2>();
  for (int64_t q = 0; q < rows; ++q) {
    const bool touching = distance[q][0] == 0;
    for (int64_t i = 0; i < k; ++i) {
      double weight = 1;
      if (weights == NeighborWeights::kDistance) weight = touching ? distance[q][i] == 0 : 1 / distance[q][i];
      vote[q][label[index[q][i]]] += weight;
    }
  }
  return out;
}

Tensor KNeighborsClassifier::predict(const Tensor& queries, int64_t k, NeighborWeights weights) const {
  return votes(kneighbors(queries, k), 0, weights).argmax(1);
}

}  // namespace weft::train
