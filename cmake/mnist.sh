# Fetches MNIST into the user's cache folder. Sourced by ./run, after setup.sh.
mnist_source=https://ossci-datasets.s3.amazonaws.com/mnist
# SHA-256 of each file unpacked.
declare -A mnist_sums=(
  [train-images-idx3-ubyte]=ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db
  [train-labels-idx1-ubyte]=65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5
  [t10k-images-idx3-ubyte]=0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7
  [t10k-labels-idx1-ubyte]=ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2
)

# download URL FILE: true when the whole file came.
download() {
  if command -v curl >/dev/null; then curl -fsSL --connect-timeout 5 --max-time 600 -o "$2" "$1"
  else wget -q --tries=1 --timeout=10 -O "$2" "$1"
  fi
}

# fetch_into DIRECTORY: the four files, checked; the directory appears complete or not at all.
fetch_into() (
  set -e
  mkdir -p "$(dirname "$1")"
  part=$(mktemp -d "$(dirname "$1")/.mnist.XXXXXX")
  trap 'rm -rf "$part"' EXIT
  trap 'exit 1' INT TERM
  for file in "${!mnist_sums[@]}"; do
    download "$mnist_source/$file.gz" "$part/$file.gz" 2>"$part/error" ||
      { say "MNIST could not be downloaded ($(tail -n 1 "$part/error" | tr -d '\n'))."; exit 1; }
    sum=$(gzip -dc "$part/$file.gz" 2>/dev/null | sha256sum)
    [ "${sum%% *}" = "${mnist_sums[$file]}" ] ||
      { say "MNIST could not be downloaded ($mnist_source/$file.gz does not have the expected checksum)."; exit 1; }
  done
  rm -f "$part/error"
  chmod 755 "$part"
  mv -T "$part" "$1"
)

# find_mnist: sees to it that the programs find MNIST where that is possible. A failed download is not tried again for
# six hours, so that a machine without network starts at once.
find_mnist() {
  local cache="${XDG_CACHE_HOME:-${HOME:-}/.cache}/weft"
  local failed="$cache/mnist.failed"
  if holds_mnist "${WEFT_DATA:-$cache}"; then return 0; fi
  if ! holds_mnist "$cache"; then
    if [ -n "$(find "$failed" -mmin -360 2>/dev/null)" ]; then
      say "No MNIST in ${WEFT_DATA:-$cache}, and it could not be downloaded lately (rm $failed to try again)."
      return 0
    fi
    say "Downloading MNIST into $cache/mnist (11 MB) ..."
    command -v curl >/dev/null || command -v wget >/dev/null || (install_packages curl ca-certificates) || true
    if ! fetch_into "$cache/mnist"; then
      mkdir -p "$cache" && touch "$failed"
      return 0
    fi
  fi
  rm -f "$failed"
  [ -z "${WEFT_DATA:-}" ] || say "No MNIST in $WEFT_DATA: using $cache/mnist."
  export WEFT_DATA="$cache"
}
