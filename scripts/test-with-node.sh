#!/usr/bin/env bash
#
# Runs the tests of what is committed with another line of Node.js, which npm has as a package: test-with-node.sh 24
set -euo pipefail
version=${1:?'which Node.js? As in: scripts/test-with-node.sh 24'}
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
package=node-$(node -p '`${process.platform}-${process.arch}`')

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
npm install --no-save --silent --prefix "$directory" "$package@$version"
# The SQLite addon is compiled against the headers of this Node where no prebuilt one can be had.
export npm_config_nodedir=$directory/node_modules/$package
export PATH=$npm_config_nodedir/bin:$PATH
node --version

git clone --quiet "$repository" "$directory/ecr-local"
cd "$directory/ecr-local"
npm ci
npm test
