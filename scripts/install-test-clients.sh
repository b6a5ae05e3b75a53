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
#   ├── boto3/            the virtual environment behind bin/python-boto3
#   ├── jib/              the jars behind bin/jib, which runs Java with them
#   └── go/               a Go toolchain, where the machine's own is too old to fetch one
set -euo pipefail

readonly aws=1.46.3
readonly boto3=1.44.5
readonly compose=v5.6.0
readonly conftest=v0.71.1
readonly conformance=v0.0.0-20260831232431-97274622c111 # the runner has no releases
readonly cosign=v3.1.3
readonly crane=v0.22.1
readonly ecr_login=v0.12.0
readonly flux=v2.9.5
readonly helm3=v3.22.0
readonly helm4=v4.3.1
readonly jib=0.28.1
readonly ko=v0.19.1
readonly notation=v1.3.2
readonly opa=v1.22.2
readonly oras=v1.3.6
readonly oras08=v0.8.1 # of 2020, years before artifact types and referrers
readonly regctl=v0.11.7

source "$(dirname "$0")/install/cache.sh"
source "$(dirname "$0")/install/go.sh"
source "$(dirname "$0")/install/python.sh"

# source_tool NAME VERSION MODULE PACKAGE VARIABLE=VALUE [FILE TEXT]: builds a program from a copy of its source,
# for what only a main module may do: replace and exclude modules. The FILE stands for one that the module lacks.
source_tool() {
  local name=$1 version=$2 module=$3 package=$4 set="-X $5" file=${6-} text=${7-}
  ! is_installed "$name" "$version" || return 0
  want "$name $version"
  echo "building $name $version"
  go_build mod download "$module@$version"
  cp -r --no-preserve=mode "$(go env GOMODCACHE)/$module@$version" "$scratch/$name"
  if [[ -n $file ]]; then
    mkdir -p "$scratch/$name/$(dirname "$file")"
    echo "$text" >"$scratch/$name/$file"
  fi
  go_build -C "$scratch/$name" build -trimpath -ldflags="-s -w $set" -o "$scratch/bin/$name" "$package"
  keep "$scratch/bin/$name" "$name" "$version"
}

jib_tool() {
  ! is_installed jib "$jib" || return 0
  has mvn || apt_install maven
  has javac || apt_install default-jdk-headless
  want "jib $jib"
  echo "fetching jib $jib"
  cat >"$scratch/pom.xml" <<XML
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>clients</groupId>
  <artifactId>jib</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>com.google.cloud.tools</groupId>
      <artifactId>jib-core</artifactId>
      <version>$jib</version>
    </dependency>
  </dependencies>
</project>
XML
  rm -rf "$clients/jib"
  quietly mvn --batch-mode --file "$scratch/pom.xml" dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$clients/jib"
  # It runs for a second: to compile it well would take longer.
  printf '#!/bin/sh\nexec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "%s/*" "$@"\n' "$clients/jib" >"$scratch/jib"
  chmod +x "$scratch/jib"
  keep "$scratch/jib" jib "$jib"
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
  for package in buildah containerd curl jq podman skopeo; do
    has "$package" || missing+=("$package")
  done
  # The command line alone has a package of its own from Debian 13 on.
  if ! has docker; then
    if apt-cache show docker-cli >/dev/null 2>&1; then missing+=(docker-cli); else missing+=(docker.io); fi
  fi
  ((${#missing[@]} == 0)) || apt_install "${missing[@]}"
}

# show NAME ARGUMENTS...: one line for a tool, once it has answered with its version.
show() {
  local name=$1 answer
  want "$name"
  quietly "$@"
  answer=$(<"$scratch/log")
  [[ $answer =~ [0-9]+\.[0-9]+(\.[0-9]+)? ]]
  row "$name" "${BASH_REMATCH[0]}"
}

debian_packages
aws_tool
provide_go
go_tool oras "$oras" oras.land/oras/cmd/oras
# Still under its first owner's name.
readonly deislabs=github.com/deislabs/oras
source_tool oras08 "$oras08" $deislabs ./cmd/oras $deislabs/internal/version.BuildMetadata=
go_tool crane "$crane" github.com/google/go-containerregistry/cmd/crane
go_tool regctl "$regctl" github.com/regclient/regclient/cmd/regctl
go_tool opa "$opa" github.com/open-policy-agent/opa
go_tool helm3 "$helm3" helm.sh/helm/v3/cmd/helm helm.sh/helm/v3/internal/version.version="$helm3"
go_tool helm4 "$helm4" helm.sh/helm/v4/cmd/helm helm.sh/helm/v4/internal/version.version="$helm4"
go_tool oci-conformance "$conformance" github.com/opencontainers/distribution-spec/conformance
ln -sfn helm3 "$bin/helm"
go_tool ko "$ko" github.com/google/ko
readonly opas=github.com/open-policy-agent/conftest
go_tool conftest "$conftest" $opas $opas/internal/version.Version="${conftest#v}"
source_tool flux "$flux" github.com/fluxcd/flux2/v2 ./cmd/flux main.VERSION="${flux#v}" \
  cmd/flux/manifests/none.yaml '# the releases embed what they install into clusters'
readonly docker=github.com/docker/compose/v5
source_tool docker-compose "$compose" $docker ./cmd $docker/internal.Version="$compose"
go_tool cosign "$cosign" github.com/sigstore/cosign/v3/cmd/cosign
go_module notation "$notation" github.com/notaryproject/notation github.com/notaryproject/notation/cmd/notation
readonly login=github.com/awslabs/amazon-ecr-credential-helper/ecr-login
go_tool docker-credential-ecr-login "$ecr_login" $login/cli/docker-credential-ecr-login \
  $login/version.Version="$ecr_login"
python_tool python-boto3 "$boto3" python boto3 boto3
jib_tool

PATH=$bin:$PATH
show aws --version
show buildah --version
show containerd --version
show conftest --version
show cosign version
show crane version
show ctr --version
show curl --version
show docker --version
show docker-compose version
show docker-credential-ecr-login -v
show flux --version
show helm version --short
show helm3 version --short
show helm4 version --short
row jib "$jib"
show jq --version
show ko version
show notation version
row oci-conformance "${conformance:7:8}"
show opa version
show oras version
show oras08 version
show podman --version
show python-boto3 -c 'import boto3; print(boto3.__version__)'
show regctl version
show skopeo --version
echo "$bin"
