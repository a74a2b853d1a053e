#!/usr/bin/env bash
# Compiles sidecar/da/gpu/kernels.cu to the PTX that is committed beside it, with the
# compiler library of CUDA 12.4 (PTX 8.4: drivers from 550 on; cards from Ampere on).
# Neither a card nor a CUDA installation is needed:
#
#   scripts/gpu-kernels.sh            # write kernels.ptx
#   scripts/gpu-kernels.sh --check    # only say whether it is out of date
#
# Needs python3 with venv; the compiler is installed in build/nvrtc once.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=build/nvrtc
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -m pip install -q --disable-pip-version-check nvidia-cuda-nvrtc-cu12==12.4.127
exec "$venv/bin/python" scripts/gpu-kernels.py "$@"
