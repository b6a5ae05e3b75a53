# Sourced by the scripts that install other people's programs: where these go, and how it is told what fails.

clients=$(realpath -m "${ECR_LOCAL_TEST_CLIENTS:-${XDG_CACHE_HOME:-$HOME/.cache}/ecr-local/clients}")
readonly clients bin=$clients/bin versions=$clients/versions
mkdir -p "$bin" "$versions"

# Two runs at once would build everything twice: the second waits, and then finds it done.
exec 9>"$clients/lock"
flock 9

scratch=$(mktemp -d "$clients/scratch.XXXXXX")
readonly scratch
wanted=''

finish() {
  local status=$?
  if ((status != 0)); then
    [[ ! -s $scratch/log ]] || tail -n 40 "$scratch/log" >&2
    echo "${0##*/}: could not get ${wanted:-started}" >&2
  fi
  chmod -R u+w "$scratch" && rm -rf "$scratch"
  exit "$status"
}
trap finish EXIT

# Names the tool being worked on, for `finish` to blame.
want() {
  wanted="$*"
  : >"$scratch/log"
}

# What a build says is shown only when it fails.
quietly() {
  "$@" >>"$scratch/log" 2>&1
}

has() {
  command -v "$1" >/dev/null
}

is_installed() {
  [[ -x $bin/$1 && -f $versions/$1 && $(<"$versions/$1") == "$2" ]]
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

apt_install() {
  want "Debian's $*"
  echo "installing Debian's $*"
  quietly as_root apt-get update || true # one source of many may be down: the install tells whether it matters
  quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
    install --yes --no-install-recommends ca-certificates "$@"
}

keep() {
  mv "$1" "$bin/$2"
  echo "$3" >"$versions/$2"
}

row() {
  printf '%-27s %-8s %s\n' "$1" "$2" "$(command -v "$1")"
}
