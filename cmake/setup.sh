# Functions shared by ./run, ./test and .ci/run: missing packages, the release build, and locations of data sets. Sourced, not run.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build="$root/build/release"

# Debian's and Ubuntu's package names of the dependencies in README.md.
packages=(g++ cmake ninja-build pkgconf libdnnl-dev libtbb-dev libhwy-dev libfmt-dev zlib1g-dev libpng-dev
          nlohmann-json3-dev libcli11-dev libboost-test-dev)

say() { echo "$@" >&2; }
die() { say "$@"; exit 1; }

# as_root COMMAND...: runs it directly as root, with sudo otherwise.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "Not root and no sudo: please run as root: $*"
  fi
}

# missing_packages PACKAGE...: prints those that are not installed.
missing_packages() {
  local present
  present=" $(dpkg-query -W -f '${db:Status-Status}:${Package} ' "$@" 2>/dev/null)"
  for package; do [[ $present == *" installed:$package "* ]] || echo "$package"; done
}

# install_packages PACKAGE...: installs missing packages and prints their names; silent if there are none. The installer's
# output is shown only if it fails.
install_packages() {
  command -v dpkg-query >/dev/null || { say "No dpkg found: assuming that $* or equivalent packages are installed."; return 0; }
  local missing log
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Installing from the distribution: ${missing[*]}"
  local apt=(apt-get -qq -o Acquire::Retries=2 -o Dpkg::Use-Pty=0)
  log=$(mktemp)
  as_root "${apt[@]}" update >"$log" 2>&1 || say "Could not refresh the package lists; using the existing ones."
  as_root env DEBIAN_FRONTEND=noninteractive "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1 ||
    { tail -n 20 "$log" >&2; rm -f "$log"; die "Could not install: ${missing[*]}"; }
  say "Installed $(grep -c '^Setting up ' "$log") packages, those that these need among them."
  rm -f "$log"
}

# build_targets TARGET...: configures once, then builds. Messages go to stderr, so that stdout is the program's.
build_targets() {
  local cache="$build/CMakeCache.txt"
  # A build folder copied with the project refers to the old location.
  if [ -f "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache"; then rm -rf "$build"; fi
  if [ ! -f "$build/build.ninja" ]; then
    (cd "$root" && cmake --preset release) >&2 || die "Configuring failed."
  fi
  cmake --build "$build" --target "$@" >&2 || die "Building failed."
}

# The folders in which weft searches for a data set, relative to the data folder.
declare -A places=([mnist]="mnist MNIST/raw ." [fashion]="fashion fashion-mnist FashionMNIST/raw")

# holds DIRECTORY SET: true if any of the set's files is there.
holds() {
  local place
  for place in ${places[$2]}; do
    [ -z "$(cd "$1/$place" 2>/dev/null && ls -d {train,t10k}-{images-idx3,labels-idx1}-ubyte{,.gz} 2>/dev/null)" ] || return 0
  done
  return 1
}
