"""`--tuned`: an allocator that keeps its pages. The large buffers of a step would otherwise be mapped, and their pages faulted in,
again and again. glibc reads its settings when a program starts, hence the restart: to be imported before the framework is.
"""
import os
import sys

# Never mmap, never give memory back, grow by 256 MiB.
TUNED = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(200 * 10**9), "MALLOC_TOP_PAD_": str(256 * 2**20)}

if "--tuned" in sys.argv and any(os.environ.get(name) != value for name, value in TUNED.items()):
    os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | TUNED)
