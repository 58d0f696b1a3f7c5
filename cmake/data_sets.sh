# Downloads MNIST and Fashion-MNIST to the user's cache folder. Sourced by ./run, after setup.sh.
declare -A titles=([mnist]=MNIST [fashion]=Fashion-MNIST) megabytes=([mnist]=11 [fashion]=30)
declare -A sources=(
  [mnist]=https://ossci-datasets.s3.amazonaws.com/mnist
  [fashion]=http://fashion-mnist.s3-website.eu-central-1.amazonaws.com
)
# For each file the SHA-256 of its uncompressed content, or, as published, the MD5 of the compressed file.
declare -A sums=(
  [mnist/train-images-idx3-ubyte]=ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db
  [mnist/train-labels-idx1-ubyte]=65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5
  [mnist/t10k-images-idx3-ubyte]=0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7
  [mnist/t10k-labels-idx1-ubyte]=ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2
  [fashion/train-images-idx3-ubyte]=8d4fb7e6c68d591d4c3dfef9ec88bf0d
  [fashion/train-labels-idx1-ubyte]=25c81989df183df01b3e8a0aad5dffbe
  [fashion/t10k-images-idx3-ubyte]=bef4ecab320f06d8554ea6380940ec79
  [fashion/t10k-labels-idx1-ubyte]=bb300cfdad3c16e7a12a480ee83cd310
)

# download URL FILE: true if the file was downloaded completely.
download() {
  if command -v curl >/dev/null; then curl -fsSL --connect-timeout 5 --max-time 600 -o "$2" "$1"
  else wget -q --tries=1 --timeout=10 -O "$2" "$1"
  fi
}

# has_sum FILE.gz SUM: an MD5 has 32 digits.
has_sum() {
  local sum
  if [ ${#2} = 32 ]; then sum=$(md5sum <"$1"); else sum=$(gzip -dc "$1" 2>/dev/null | sha256sum); fi
  [ "${sum%% *}" = "$2" ]
}

# fetch_into DIRECTORY SET: the four files, checked; the directory appears complete or not at all.
fetch_into() (
  set -e
  mkdir -p "$(dirname "$1")"
  part=$(mktemp -d "$(dirname "$1")/.$2.XXXXXX")
  trap 'rm -rf "$part"' EXIT
  trap 'exit 1' INT TERM
  for file in {train,t10k}-{images-idx3,labels-idx1}-ubyte; do
    url="${sources[$2]}/$file.gz"
    download "$url" "$part/$file.gz" 2>"$part/error" ||
      { say "${titles[$2]} could not be downloaded ($(tail -n 1 "$part/error" | tr -d '\n'))."; exit 1; }
    has_sum "$part/$file.gz" "${sums[$2/$file]}" ||
      { say "${titles[$2]} could not be downloaded ($url does not have the expected checksum)."; exit 1; }
  done
  rm -f "$part/error"
  chmod 755 "$part"
  mv -T "$part" "$1"
)

# find_data SET: makes mnist or fashion available to the programs if possible. A failed download is not repeated for six
# hours, so that a machine without network starts at once.
find_data() {
  local cache="${XDG_CACHE_HOME:-${HOME:-}/.cache}/weft" title=${titles[$1]}
  local failed="$cache/$1.failed"
  if holds "${WEFT_DATA:-$cache}" "$1"; then return 0; fi
  if ! holds "$cache" "$1"; then
    if [ -n "$(find "$failed" -mmin -360 2>/dev/null)" ]; then
      say "No $title in ${WEFT_DATA:-$cache}, and it could not be downloaded lately (rm $failed to try again)."
      return 0
    fi
    say "Downloading $title into $cache/$1 (${megabytes[$1]} MB) ..."
    command -v curl >/dev/null || command -v wget >/dev/null || (install_packages curl ca-certificates) || true
    if ! fetch_into "$cache/$1" "$1"; then
      mkdir -p "$cache" && touch "$failed"
      return 0
    fi
  fi
  rm -f "$failed"
  [ -z "${WEFT_DATA:-}" ] || say "No $title in $WEFT_DATA: using $cache/$1."
  export WEFT_DATA="$cache"
}

# trained_on FILE: the data set in the notes of a checkpoint, or of a run's or sweep's folder.
trained_on() {
  local file
  [ -n "$1" ] || return 0
  for file in "$1" "$1"/{best.safetensors,last.safetensors,sweep.json}; do
    [ -f "$file" ] && head -c 1000000 -- "$file" | LC_ALL=C grep -aom1 'data_set\\*":\\*"[a-z]*' | sed 's/.*"//'
  done | head -n 1
}

# option NAME WORDS...: the option's value among the words, after it or after "=".
option() {
  local name=$1 before= word
  shift
  for word; do
    if [ "$before" = "$name" ]; then echo "$word"; elif [[ $word == "$name="* ]]; then echo "${word#*=}"; fi
    before=$word
  done | tail -n 1
}

# needed_set PROGRAM [WORDS]: prints the data set that the program will look for, if it is one of those above.
needed_set() {
  local program=$1 usual= kept= named word
  shift
  case " $* " in *" --data "* | *" --data="* | *" --help "* | *" -h "*) return ;; esac
  case "$program ${1-}" in
    "weft train") usual=mnist ;;
    "weft eval") for word; do [ -n "$kept" ] || kept=$(trained_on "$word"); done ;;
    "weft show") for word; do case $word in mnist | fashion) usual=$word ;; esac; done ;;
    *) case $program in *mnist*) usual=mnist ;; *) return ;; esac ;;
  esac
  case " $* " in
    *" --resume "* | *" --resume="*)
      kept=$(trained_on "$(option --resume "$@")")
      [ -n "$kept" ] || kept=$(trained_on "$(option --out "$@")") ;;
  esac
  named=$(option --data-set "$@")
  usual=${named:-${kept:-$usual}}
  case $usual in mnist | fashion) echo "$usual" ;; esac
}
