# Writes back the last pages of the journal in a directory that was written last, but for one or two of them, and makes
# the file system's log durable: python3 write-back.py <store> <seed>
import ctypes
import glob
import os
import random
import sys

PAGE = 4096
LAST = 8
BEFORE_WRITE_AFTER = 1 | 2 | 4

store, seed = sys.argv[1], int(sys.argv[2])
choose = random.Random(seed)
libc = ctypes.CDLL(None, use_errno=True)
path = max(glob.glob(os.path.join(store, "*.journal.jsonl")), key=os.path.getmtime)
descriptor = os.open(path, os.O_RDWR)
pages = (os.fstat(descriptor).st_size + PAGE - 1) // PAGE
last = range(max(0, pages - LAST), pages)
left_out = choose.sample(last, min(len(last), choose.randint(1, 2)))
for page in last:
    if page not in left_out:
        libc.sync_file_range(
            descriptor, ctypes.c_int64(page * PAGE), ctypes.c_int64(PAGE), ctypes.c_uint(BEFORE_WRITE_AFTER)
        )
# Without the log the file's size would not survive.
beside = os.open(os.path.join(store, "beside"), os.O_CREAT | os.O_WRONLY, 0o600)
os.fsync(beside)
