# Sourced by the scripts that build programs in Go, after cache.sh.

readonly toolchain=go1.26.8 # at least what the modules that they build ask for in their go.mod

# Sees to a Go that can build such modules. Since 1.21 any Go fetches the toolchain that a go.mod asks
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

# go_tool NAME VERSION PACKAGE [VARIABLE=VALUE]: builds a program, setting a string in it on request.
go_tool() {
  local name=$1 version=$2 package=$3 set=${4:+-X $4}
  ! is_installed "$name" "$version" || return 0
  want "$name $version"
  echo "building $name $version"
  go_build install -trimpath -ldflags="-s -w $set" "$package@$version"
  keep "$scratch/bin/${package##*/}" "$name" "$version"
}

# go_module NAME VERSION MODULE PACKAGE: builds a program as a dependency of a module made for it, where the proxy
# has the version but no list of versions, which `go install` asks for.
go_module() {
  local name=$1 version=$2 module=$3 package=$4
  ! is_installed "$name" "$version" || return 0
  want "$name $version"
  echo "building $name $version"
  rm -rf "$scratch/module" && mkdir "$scratch/module"
  printf 'module programs\n\nrequire %s %s\n' "$module" "$version" >"$scratch/module/go.mod"
  go_build -C "$scratch/module" build -mod=mod -trimpath -ldflags="-s -w" -o "$scratch/bin/$name" "$package"
  keep "$scratch/bin/$name" "$name" "$version"
}
