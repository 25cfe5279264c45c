#!/usr/bin/env bash
# The GPU's tables. Where cargo is:   benches/gpu/run.sh build
# makes target/gpu/, a folder to carry to a machine with a GPU. There it needs
# the driver and, of the CUDA toolkit 13, NVRTC and cuBLAS (LD_LIBRARY_PATH);
# nothing is built:   target/gpu/run.sh [N [ROWS]]
# checks correctness first, then prints the tables, up to matrices of N rows and
# networks of ROWS where a card's memory or time is short.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if [ "${1:-}" = build ]; then
  cd "$here/../.."
  program=$(cargo bench --bench gpu --no-run --message-format=json |
    sed -n 's/.*"name":"gpu".*"executable":"\([^"]*\)".*/\1/p' | tail -1)
  [ -n "$program" ] || { echo "run.sh: cargo made no program" >&2; exit 1; }
  mkdir -p target/gpu
  cp "$program" target/gpu/gpu-bench
  cp benches/gpu/run.sh benches/gpu/network.py target/gpu/
  echo "carry target/gpu to the GPU, and run target/gpu/run.sh there"
  exit
fi
[ -x "$here/gpu-bench" ] || { echo "run.sh: no program beside it; first: benches/gpu/run.sh build" >&2; exit 2; }
date -u
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null || echo "nvidia-smi: no GPU was found"
"$here/gpu-bench" "$@"
echo
python3 "$here/network.py" || echo "no comparison with PyTorch"
