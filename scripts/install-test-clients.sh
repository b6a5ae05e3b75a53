#!/usr/bin/env bash
#
# Installs the clients that test/clients runs against the emulator, where they are missing.
#
# Debian's packages go where Debian puts them; everything else goes into a cache of our own, so that no
# system-wide install is touched and a second run has nothing to do:
#
#   ${ECR_LOCAL_TEST_CLIENTS:-${XDG_CACHE_HOME:-~/.cache}/ecr-local/clients}
#   ├── bin/              put this first on PATH
#   ├── versions/<tool>   the version that bin/<tool> was made from
#   ├── aws/              the virtual environment behind bin/aws, where the machine has no aws of its own
#   └── go/               a Go toolchain, where the machine's own is too old to fetch one
set -euo pipefail

readonly aws=1.46.3
readonly crane=v0.22.1
readonly helm3=v3.22.0
readonly helm4=v4.3.1
readonly notation=v1.3.2
readonly opa=v1.22.2
readonly oras=v1.3.6
readonly oras08=v0.8.1 # of 2020, years before artifact types and referrers
readonly regctl=v0.11.7
readonly toolchain=go1.26.8 # at least what the modules above ask for in their go.mod

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
    echo "install-test-clients: could not get ${wanted:-started}" >&2
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

# Sees to a Go that can build the modules above. Since 1.21 any Go fetches the toolchain that a go.mod asks
# for; an older one (Debian 12 ships 1.19) can still be told to, a toolchain being a module like any other.
provide_go() {
  has go || apt_install golang-go
  want "Go $toolchain"
  [[ $(go env GOVERSION) =~ ^go1\.(1?[0-9]|20)(\.|$) ]] || return 0

  if ! [[ -x $clients/go/bin/go && $(<"$clients/go/VERSION") == "$toolchain"[[:space:]]* ]]; then
    echo "fetching Go $toolchain"
    local module
    module=golang.org/toolchain@v0.0.1-$toolchain.$(go env GOOS)-$(go env GOARCH)
    quietly go mod download "$module"
    # The module cache is read-only, and this Go kept no file there executable.
    rm -rf "$clients/go"
    cp -r --no-preserve=mode "$(go env GOMODCACHE)/$module" "$clients/go"
    chmod -R +x "$clients/go/bin" "$clients/go/pkg/tool"
  fi
  PATH=$clients/go/bin:$PATH
}

go_build() {
  quietly env CGO_ENABLED=0 GOFLAGS=-buildvcs=false GOTOOLCHAIN=auto GOWORK=off GOBIN="$scratch/bin" go "$@"
}

keep() {
  mv "$1" "$bin/$2"
  echo "$3" >"$versions/$2"
}

# go_tool NAME VERSION PACKAGE [VARIABLE=VALUE]: builds a program, setting a string in it on request.
go_tool() {
  local name=$1 version=$2 package=$3 set=${4:+-X $4}
  ! is_installed "$name" "$version" || return 0
  want "$name $version"
  echo "building $name $version"
  go_build install -trimpath -ldflags="-s -w $set" "$package@$version"
  keep "$scratch/bin/${package##*/}" "$name" "$version"
}

# Builds oras 0.8, still under its first owner's name. Its go.mod replaces modules, which `go install` refuses
# and a main module may do: so its source becomes one.
oras08_tool() {
  local module=github.com/deislabs/oras
  ! is_installed oras08 "$oras08" || return 0
  want "oras08 $oras08"
  echo "building oras08 $oras08"
  go_build mod download "$module@$oras08"
  cp -r --no-preserve=mode "$(go env GOMODCACHE)/$module@$oras08" "$scratch/oras08"
  go_build -C "$scratch/oras08" build -trimpath \
    -ldflags="-s -w -X $module/internal/version.BuildMetadata=" -o "$scratch/bin/oras08" ./cmd/oras
  keep "$scratch/bin/oras08" oras08 "$oras08"
}

# Builds notation out of a module that needs it: `go install` wants to see the list of its versions first, which
# the module proxy does not always have.
notation_tool() {
  local module=github.com/notaryproject/notation
  ! is_installed notation "$notation" || return 0
  want "notation $notation"
  echo "building notation $notation"
  mkdir "$scratch/notation"
  printf 'module clients\n\ngo 1.24\n\nrequire %s %s\n' "$module" "$notation" >"$scratch/notation/go.mod"
  go_build -C "$scratch/notation" build -mod=mod -trimpath -ldflags="-s -w" -o "$scratch/bin/notation" "$module/cmd/notation"
  keep "$scratch/bin/notation" notation "$notation"
}

aws_tool() {
  ! is_installed aws "$aws" || return 0
  want "aws $aws"
  ! aws --version >/dev/null 2>&1 || return 0
  python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install python3-venv
  want "aws $aws"
  echo "installing aws $aws"
  quietly python3 -m venv --clear "$clients/aws"
  quietly "$clients/aws/bin/pip" install "awscli==$aws"
  ln -s "$clients/aws/bin/aws" "$scratch/aws"
  keep "$scratch/aws" aws "$aws"
}

debian_packages() {
  local missing=() package
  for package in curl jq skopeo; do
    has "$package" || missing+=("$package")
  done
  ((${#missing[@]} == 0)) || apt_install "${missing[@]}"
}

# show NAME ARGUMENTS...: one line for a tool, once it has answered with its version.
show() {
  local name=$1 answer
  want "$name"
  quietly "$@"
  answer=$(<"$scratch/log")
  [[ $answer =~ [0-9]+\.[0-9]+(\.[0-9]+)? ]]
  printf '%-8s %-8s %s\n' "$name" "${BASH_REMATCH[0]}" "$(command -v "$name")"
}

debian_packages
aws_tool
provide_go
go_tool oras "$oras" oras.land/oras/cmd/oras
oras08_tool
go_tool crane "$crane" github.com/google/go-containerregistry/cmd/crane
go_tool regctl "$regctl" github.com/regclient/regclient/cmd/regctl
go_tool opa "$opa" github.com/open-policy-agent/opa
go_tool helm3 "$helm3" helm.sh/helm/v3/cmd/helm helm.sh/helm/v3/internal/version.version="$helm3"
go_tool helm4 "$helm4" helm.sh/helm/v4/cmd/helm helm.sh/helm/v4/internal/version.version="$helm4"
notation_tool
ln -sfn helm3 "$bin/helm"

PATH=$bin:$PATH
show aws --version
show crane version
show curl --version
show helm version --short
show helm3 version --short
show helm4 version --short
show jq --version
show notation version
show opa version
show oras version
show oras08 version
show regctl version
show skopeo --version
echo "$bin"
