"""What `curfew run` is to end: scripts that do all they can to stay. Their mark is argv[1]."""

READY = "open('ready', 'w').close()\n"
DOUBLE_FORK = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork():\n" \
              f"        os._exit(0)\n    {READY}    time.sleep(120)\n"
DAEMON = """
import os, signal, sys, time
if len(sys.argv) > 2:
    open('ready', 'w').close()
    time.sleep(120)
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in range(1, 32):
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_IGN)
    os.closerange(0, 256)
    os.execve(sys.executable, ['innocent', *sys.argv[:2], 'again'], {})
"""
HOPS = """
import os, sys, time
if os.fork():
    time.sleep(120)
os.setsid()
for hop in range(1500):  # 15 s at most
    if os.fork():
        os._exit(0)
    if hop % 3 == 0:
        os.setsid()
    if hop == 20:
        open('ready', 'w').close()
    time.sleep(0.01)
"""
FAST_HOPS = """
import os, sys, time
if os.fork():
    time.sleep(120)
os.setsid()
open('ready', 'w').close()
end = time.monotonic() + 8
while time.monotonic() < end:
    if os.fork():
        os._exit(0)
"""
GUARDS = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for _ in range(3):  # three that each keep a child alive, 40 times at most
    if os.fork() == 0:
        os.setsid()
        for _ in range(40):
            child = os.fork()
            if child == 0:
                time.sleep(120)
            open('ready', 'w').close()
            os.waitpid(child, 0)
        os._exit(0)
time.sleep(120)
"""
DEAD_LEADER = """
import ctypes, os, sys, threading, time
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    threading.Thread(target=time.sleep, args=(120,)).start()
    with open('ready', 'w') as told:
        told.write(str(os.getpid()))
    ctypes.CDLL(None).syscall(60, 0)  # exit, of this thread alone (x86-64)
time.sleep(120)
"""
CROWD = "import os, time\nfor _ in range(6):\n    os.fork()\n" \
        f"{READY}time.sleep(120)\n"  # 64 of them
ZOMBIES = "import os, time\nfor _ in range(200):\n    if os.fork() == 0:\n        os._exit(0)\n" \
          f"{READY}time.sleep(120)\n"
SUBREAPER = """
import ctypes, os, time
if os.fork() == 0:
    os.setsid()
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    if os.fork() == 0:
        if os.fork():
            os._exit(0)
        os.setsid()
        open('ready', 'w').close()
    time.sleep(120)
os.wait() if 'leave' in os.environ else time.sleep(120)
"""
NOT_DUMPABLE = "import ctypes, os, time\nos.setsid()\n" \
               f"ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n{READY}time.sleep(120)\n"
DEAF = "trap '' HUP INT QUIT TERM USR1 USR2; touch ready; while :; do sleep 0.2; done"

