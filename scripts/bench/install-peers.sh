#!/usr/bin/env bash
#
# Installs the servers that `npm run bench` compares this one with, where they are missing, into the cache that
# scripts/install-test-clients.sh draws, with
#
#   ├── moto_server/      the virtual environment behind bin/moto_server
#   └── ministack/        the virtual environment behind bin/ministack
set -euo pipefail

readonly distribution=v3.1.2
readonly ministack=1.5.33
readonly moto=5.2.5
readonly olareg=v0.2.2

source "$(dirname "$0")/../install/cache.sh"
source "$(dirname "$0")/../install/go.sh"
source "$(dirname "$0")/../install/python.sh"

provide_go
go_tool distribution "$distribution" github.com/distribution/distribution/v3/cmd/registry
go_module olareg "$olareg" github.com/olareg/olareg github.com/olareg/olareg/cmd/olareg
python_tool moto_server "$moto" moto_server 'moto[server]'
python_tool ministack "$ministack" ministack ministack

PATH=$bin:$PATH
row distribution "$distribution"
row olareg "$olareg"
row moto_server "$moto"
row ministack "$ministack"
echo "$bin"
