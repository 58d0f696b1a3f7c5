#include "weft/tensor/onednn/onednn.h"

#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

#include "weft/tensor/error.h"
#include "weft/tensor/onednn/detail.h"

#if DNNL_CPU_THREADING_RUNTIME == DNNL_RUNTIME_OMP
extern "C" {
void omp_set_num_threads(int);
int omp_get_max_threads(void);
}
#endif

namespace weft::onednn {
namespace detail {

#if DNNL_CPU_THREADING_RUNTIME == DNNL_RUNTIME_OMP
SingleThread::SingleThread() : saved_(omp_get_max_threads()) {
  if (saved_ != 1) omp_set_num_threads(1);
}
SingleThread::~SingleThread() {
  if (saved_ != 1) omp_set_num_threads(saved_);
}
#else
SingleThread::SingleThread() : saved_(1) {}
SingleThread::~SingleThread() = default;
#endif

// Never destroyed: plans may outlive main.
const dnnl::engine& engine() {
  static const auto* engine = new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return *engine;
}

const dnnl::primitive_attr& user_scratchpad() {
  static const auto* attr = [] {
    auto* a = new dnnl::primitive_attr;
    a->set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return a;
  }();
  return *attr;
}

void execute(const dnnl::primitive& primitive, std::initializer_list<std::pair<int, dnnl::memory>> operands) {
  SingleThread guard;
  std::unordered_map<int, dnnl::memory> args;
  for (const auto& [arg, memory] : operands)
    if (memory.get(true)) args.emplace(arg, memory);
  primitive.execute(own_stream(), args);
}

namespace {

// Evicts the least recently used plan. Creating a plan takes a millisecond, so it happens outside the lock.
struct PlanCache {
  using Entry = std::pair<std::string, std::shared_ptr<const void>>;
  std::mutex mutex;
  std::list<Entry> entries;  // most recently used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key;

  std::shared_ptr<const void> find(std::string_view key) {
    auto found = by_key.find(key);
    if (found == by_key.end()) return nullptr;
    entries.splice(entries.begin(), entries, found->second);
    return found->second->second;
  }
  void insert(std::string_view key, std::shared_ptr<const void> plan) {
    entries.emplace_front(key, std::move(plan));
    by_key.emplace(entries.front().first, entries.begin());
    if (static_cast<int64_t>(entries.size()) <= kMaxPlans) return;
    by_key.erase(entries.back().first);
    entries.pop_back();
  }
};

PlanCache& plans() {
  static auto* cache = new PlanCache;
  return *cache;
}

}  // namespace

std::shared_ptr<const void> find_plan(std::string_view key, const std::function<std::shared_ptr<const void>()>& make) {
  PlanCache& cache = plans();
  {
    std::lock_guard lock(cache.mutex);
    if (auto plan = cache.find(key)) return plan;
  }
  std::shared_ptr<const void> fresh;
  try {
    SingleThread guard;
    fresh = make();
  } catch (const dnnl::error& e) {
    fail("[oneDNN] {} (status {})", e.message, static_cast<int>(e.status));
  }
  std::lock_guard lock(cache.mutex);
  if (auto plan = cache.find(key)) return plan;  // another thread was faster: all use its plan
  cache.insert(key, fresh);
  return fresh;
}

}  // namespace detail

int64_t plan_count() {
  detail::PlanCache& cache = detail::plans();
  std::lock_guard lock(cache.mutex);
  return static_cast<int64_t>(cache.entries.size());
}

void sgemm(bool trans_a, bool trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda,
           const float* b, int64_t ldb, float beta, float* c, int64_t ldc) {
  detail::SingleThread guard;
  dnnl_status_t status =
      dnnl_sgemm(trans_a ? 'T' : 'N', trans_b ? 'T' : 'N', m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
  check(status == dnnl_success, "[oneDNN] sgemm of {} x {} x {} failed with status {}", m, k, n,
        static_cast<int>(status));
}

}  // namespace weft::onednn
