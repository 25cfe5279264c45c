"""The lesson's network in PyTorch on the same card: milliseconds of a loss and gradient."""

import sys
import time

try:
    import torch
except ImportError:
    sys.exit("skipped: no PyTorch")
if not torch.cuda.is_available():
    sys.exit("skipped: PyTorch finds no CUDA device")


def step(x, y, w):
    w.grad = None
    units = (x @ w).relu()
    loss = ((y - units.sum(1)) ** 2).mean()
    loss.backward()
    return loss


print(f"PyTorch {torch.__version__}, {torch.cuda.get_device_name()}\n")
print("| network's gradient step, rows | precision | PyTorch, ms | torch.compile, ms |")
print("|---|---|---|---|")
for rows in (1_000_000, 10_000_000, 100_000_000):
    for dtype in (torch.float64, torch.float32):
        times = []
        for run in (step, torch.compile(step)):
            try:
                x = torch.rand(rows, 10, dtype=dtype, device="cuda") - 0.3
                y = torch.rand(rows, dtype=dtype, device="cuda").round()
                w = torch.rand(10, 2, dtype=dtype, device="cuda", requires_grad=True)
                best = float("inf")
                for _ in range(12):
                    torch.cuda.synchronize()
                    start = time.perf_counter()
                    run(x, y, w).item()
                    torch.cuda.synchronize()
                    best = min(best, time.perf_counter() - start)
                times.append(f"{best * 1e3:.3f}")
            except Exception as error:
                times.append(type(error).__name__)
        print(f"| {rows} | {str(dtype).removeprefix('torch.')} | {' | '.join(times)} |", flush=True)
