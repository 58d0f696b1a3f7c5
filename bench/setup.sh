# Functions shared by the commands of bench/. Sourced, not run.
source "$(dirname "${BASH_SOURCE[0]}")/../cmake/setup.sh"
source "$root/cmake/data_sets.sh"

# build_bench TARGET...: the release build with its benchmarks.
build_bench() {
  install_packages "${packages[@]}"
  grep -qs "^build bench/$1:" "$build/build.ninja" ||
    (cd "$root" && cmake --preset release -DWEFT_BUILD_BENCH=ON >/dev/null) || die "Configuring failed."
  build_targets "$@"
}

# mnist_folder: prints the folder with MNIST's files; downloads them if they are missing.
mnist_folder() {
  find_data mnist
  local folder
  for folder in "${WEFT_DATA:-}" "$root/../shared/data" "${XDG_CACHE_HOME:-$HOME/.cache}/weft"; do
    [ -n "$folder" ] && holds "$folder" mnist && (cd "$folder" && [ -d mnist ] && cd mnist; pwd) && return
  done
  die "The workloads need MNIST: set WEFT_DATA to the folder that contains mnist/."
}

# weft_workloads THREADS [WORKLOAD...]: mnist_99_seconds is a separate process, because it measures from process start.
weft_workloads() {
  local threads=$1 others=() whole=
  shift
  [ $# -gt 0 ] || whole=yes
  for name; do [ "$name" = mnist_99_seconds ] && whole=yes || others+=("$name"); done
  [ $# -gt 0 ] && [ ${#others[@]} -eq 0 ] || "$build/bench/workloads" "$mnist" "$threads" ${others[@]+"${others[@]}"} || return
  [ -z "$whole" ] || "$build/bench/mnist_99" "$mnist" "$threads" | grep -v '^#'
}

machine() {
  local model
  model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
  echo "# ${model:-unknown processor}, $(nproc) cores, $(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release)," \
    "$("${CXX:-c++}" --version | head -1), oneDNN $(dpkg-query -W -f '${Version}' libdnnl-dev 2>/dev/null)"
}
