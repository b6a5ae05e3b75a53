# Sourced by the scripts that install programs in Python, after cache.sh.

# python_tool NAME VERSION PROGRAM REQUIREMENT [DIRECTORY]: installs a program into a virtual environment of its own.
python_tool() {
  local name=$1 version=$2 program=$3 requirement=$4 directory=$clients/${5:-$1}
  ! is_installed "$name" "$version" || return 0
  python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install python3-venv
  want "$requirement $version"
  echo "installing $requirement $version"
  quietly python3 -m venv --clear "$directory"
  quietly "$directory/bin/pip" install "$requirement==$version"
  # A link from elsewhere would be a Python outside of its virtual environment.
  printf '#!/bin/sh\nexec "%s" "$@"\n' "$directory/bin/$program" >"$scratch/$name"
  chmod +x "$scratch/$name"
  keep "$scratch/$name" "$name" "$version"
}
