"""Asks for a connection over and over: `sample.py ADDRESS PORT [SOURCE]`; a line `MILLISECONDS open|closed` each time.

Refused is open: an answer came back. The wait is shorter than a second, after which the kernel would ask again and
hide that a packet was dropped; poll(2) says what came even when this process was kept waiting itself.
"""
import errno, select, socket, sys, time

address, port = sys.argv[1], int(sys.argv[2])
ANSWER_MS_MAX, PAUSE_SECONDS = 900, 0.02
while True:
    at = int(time.time() * 1000)
    with socket.socket() as asked:
        if len(sys.argv) > 3:
            asked.bind((sys.argv[3], 0))
        asked.setblocking(False)
        code = asked.connect_ex((address, port))
        if code == errno.EINPROGRESS:
            waiting = select.poll()
            waiting.register(asked, select.POLLOUT)
            code = asked.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if waiting.poll(ANSWER_MS_MAX) else None
    print(at, "open" if code in (0, errno.ECONNREFUSED) else "closed", code, flush=True)
    time.sleep(PAUSE_SECONDS)
