#include "weft/data/loader_base.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "weft/data/loader_threads.h"
#include "weft/data/worker_exception.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/parallel.h"

namespace weft::data::detail {
namespace {

void check_first_request(const DataLoaderOptions& options, size_t samples) {
  check<ValueError>(samples >= options.batch_size(),
                    "[DataLoader] a batch of {} is larger than the set of {} samples, and drop_last leaves nothing",
                    options.batch_size(), samples);
}

void check_loader(const DataLoaderOptions& options, std::optional<size_t> size) {
  check<ValueError>(options.batch_size() > 0, "[DataLoader] the batch size is 0");
  check<ValueError>(options.workers() <= kMaxThreads, "[DataLoader] workers: at most {}, got {}", kMaxThreads,
                    options.workers());
  check<ValueError>(size.value_or(1) > 0, "[DataLoader] the data set is empty");
  if (size && options.drop_last()) check_first_request(options, *size);
}

// The loader's state with the sampler's: {epochs begun, 1 if inside one, the sampler's state}.
Tensor loader_state(uint64_t epochs, bool inside, const Tensor& sampler_state) {
  const Tensor s = sampler_state.contiguous();
  Tensor t = empty({s.numel() + 2}, kInt64);
  auto* p = t.data_ptr<int64_t>();
  p[0] = static_cast<int64_t>(epochs);
  p[1] = inside;
  std::copy_n(s.data_ptr<int64_t>(), s.numel(), p + 2);
  return t;
}

struct LoaderState {
  uint64_t epochs;
  bool inside;
  Tensor sampler_state;
};

LoaderState split_loader_state(const Tensor& state) {
  check<ValueError>(state.defined() && state.dtype() == kInt64 && state.dim() == 1 && state.numel() > 2,
                    "[DataLoader] a state must be an int64 tensor of at least 3 elements");
  const Tensor s = state.contiguous();
  const auto* p = s.data_ptr<int64_t>();
  check<ValueError>(p[0] >= p[1] && (p[1] == 0 || p[1] == 1),
                    "[DataLoader] not a state of a loader: it starts with {}, {}", p[0], p[1]);
  Tensor sampler = empty({s.numel() - 2}, kInt64);
  std::copy_n(p + 2, sampler.numel(), sampler.data_ptr<int64_t>());
  return {static_cast<uint64_t>(p[0]), p[1] == 1, std::move(sampler)};
}

}  // namespace

void check_sized_loader(const DataLoaderOptions& options, std::optional<size_t> size) {
  check<ValueError>(size.has_value(), "[make_data_loader] a data set of unknown size needs an explicit sampler");
  check_loader(options, size);
}

void fail_no_copies(size_t workers) {
  fail<ValueError>(
      "[DataLoader] {} workers need copies of the data set, which cannot be copied: share it by make_shared_dataset",
      workers);
}

void fail_past_end(const char* what) { fail<StateError>("[DataLoader] cannot {} an iterator at the end", what); }

void fail_sampler_copy() { fail<StateError>("[DataLoader] the sampler cannot be copied"); }

LoaderBase::LoaderBase(const DataLoaderOptions& options, std::optional<size_t> size, bool runs_ahead)
    : options_(options), runs_ahead_(runs_ahead) {
  check_loader(options_, size);
}

LoaderBase::~LoaderBase() = default;

void LoaderBase::begin_epoch(bool held) {
  check<StateError>(!(inside_ && held),
                    "[DataLoader] begin() while another iterator is inside the epoch: let it reach the end, or join()");
  stop_epoch();
  make_workers();
  const bool anew = !std::exchange(resumed_, false);
  if (anew) {
    ++epochs_;
    fresh_ = true;
  }
  start_sampler(anew);
  inside_ = true;
  delivered_ = 0;
  start_workers();
}

void LoaderBase::join() {
  stop_epoch();
  threads_.reset();
}

Tensor LoaderBase::state() const {
  // A loaded state that was not yet resumed is still the state.
  return loader_state(epochs_, inside_ || resumed_, sampler_state(inside_, delivered_));
}

void LoaderBase::load_state(const Tensor& state) {
  stop_epoch();
  LoaderState s = split_loader_state(state);
  load_sampler(s.sampler_state);
  epochs_ = s.epochs;
  resumed_ = s.inside;
}

// Number of threads that call the data set; 0 for the caller alone.
size_t LoaderBase::workers() const {
  if (options_.workers() > 0) return options_.workers();
  return runs_ahead_ && get_num_threads() > 1 ? 1 : 0;
}

void LoaderBase::make_workers() {
  const size_t count = workers();
  if (count != worker_count_) threads_.reset();
  worker_count_ = count;
  if (count == 0) return prepare(0, 1);
  if (threads_) return;
  const size_t ahead = runs_ahead_ ? 8 : 2 * count;
  slot_count_ = std::max<size_t>(1, options_.max_jobs().value_or(std::max(ahead, 2 * count)));
  prepare(count, slot_count_);
  threads_ = std::make_unique<LoaderThreads>(count, options_.enforce_ordering(), runs_ahead_,
                                             [this](size_t worker, size_t slot) { make(worker, slot, epochs_ - 1); });
}

void LoaderBase::start_workers() {
  if (!threads_) return;
  free_.clear();
  for (size_t i = 0; i < slot_count_; ++i) free_.push_back(slot_count_ - 1 - i);
  refill();
}

bool LoaderBase::next_request(size_t slot) {
  if (!inside_) return false;
  const std::optional<size_t> samples = request(slot);
  if (samples && options_.drop_last() && *samples < options_.batch_size()) {
    if (fresh_) check_first_request(options_, *samples);
    return false;
  }
  fresh_ = false;
  return samples.has_value();
}

void LoaderBase::refill() {
  while (!free_.empty()) {
    const size_t slot = free_.back();
    if (!next_request(slot)) return;
    free_.pop_back();
    threads_->start(slot);
  }
}

size_t LoaderBase::take() {
  if (!inside_) return kEnd;
  if (!threads_) {
    if (!next_request(0)) return end_epoch();
    ++delivered_;
    make(0, 0, epochs_ - 1);
    return 0;
  }
  // Several batches are requested at once, so that a fast pipeline is woken once for all of them.
  if (free_.size() >= (runs_ahead_ ? (slot_count_ + 1) / 2 : 1)) refill();
  if (threads_->in_flight() == 0) return end_epoch();
  std::exception_ptr error;
  const size_t slot = threads_->wait(options_.timeout(), error);
  free_.push_back(slot);
  ++delivered_;
  if (error && options_.workers() > 0) throw WorkerException(std::move(error));
  if (error) std::rethrow_exception(error);
  return slot;
}

size_t LoaderBase::end_epoch() {
  inside_ = false;
  return kEnd;
}

void LoaderBase::stop_epoch() {
  inside_ = false;
  if (!threads_) return;
  threads_->cancel();
  drop_batches();
}

}  // namespace weft::data::detail

namespace weft::data {
namespace {

std::string message_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception that is not a std::exception";
  }
}

}  // namespace

WorkerException::WorkerException(std::exception_ptr original)
    : Error("[DataLoader] a worker threw: " + message_of(original)), original_exception(std::move(original)) {}

}  // namespace weft::data
