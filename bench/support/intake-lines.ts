/** What a syslog listener of a web host takes in: lines of several programs, and flat JSON as the measure. */

/** Of every so many lines one is of each kind below. */
const KINDS = 6;
const FAILED_ONE_IN = 60;
const SIGN_IN_ONE_IN = 24;
const two = (value: number): string => String(value).padStart(2, '0');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const USERS = ['root', 'www-data', 'deploy'];
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36';

/** Twelve fields without nesting, 250 bytes. */
export function flatEvent(at: number, timeMs: number): string {
  return JSON.stringify({
    ts: new Date(timeMs).toISOString(),
    host: `web-${at % 40}`,
    user: USERS[at % 3],
    pid: 1_000 + (at % 30_000),
    process: '/usr/sbin/nginx',
    method: 'GET',
    path: `/api/v1/items/${at}`,
    status: at % 50 === 0 ? 500 : 200,
    bytes: 512 + (at % 8_192),
    source_ip: `198.51.100.${at % 255}`,
    agent: AGENT,
    duration_ms: (at % 997) / 10,
  });
}

/** Two of sshd, one of sudo, two of nginx, one flat JSON of an application; RFC 3164. */
export function mixedLine(at: number, timeMs: number): string {
  const time = new Date(timeMs);
  const day = `${MONTHS[time.getUTCMonth()]} ${String(time.getUTCDate()).padStart(2, ' ')}`;
  const clock = `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())}`;
  return `<86>${day} ${clock} web-${at % 97} ${textOf(at, time, clock)}`;
}

function textOf(at: number, time: Date, clock: string): string {
  const pid = 1_000 + (at % 30_000);
  const address = `192.0.2.${at % 250}`;
  const port = 1_024 + (at % 60_000);
  switch (at % KINDS) {
    case 0:
      // Some of what does not end well, as always; a flood of it is measured in `correlation.bench.ts`.
      if (at % FAILED_ONE_IN !== 0)
        return `sshd[${pid}]: Received disconnect from ${address} port ${port}:11: disconnected by user`;
      return `sshd[${pid}]: Failed password for invalid user admin${at} from ${address} port ${port} ssh2`;
    case 1:
      if (at % SIGN_IN_ONE_IN !== 1)
        return `sshd[${pid}]: pam_unix(sshd:session): session closed for user ${USERS[at % 3]}`;
      return `sshd[${pid}]: Accepted publickey for deploy from ${address} port ${port} ssh2: ED25519 SHA256:dTPV870myEMrXwOR8kPNc5THbZB/nWoti4e/UFwLPhA`;
    case 2:
      return `sudo[${pid}]:    alice : TTY=pts/${at % 9} ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/systemctl restart app-${at}`;
    case 3:
      return `app[${pid}]: ${flatEvent(at, time.getTime())}`;
    default: {
      const day = `${two(time.getUTCDate())}/${MONTHS[time.getUTCMonth()]}/${time.getUTCFullYear()}`;
      return `nginx: ${address} - - [${day}:${clock} +0000] "GET /api/v1/items/${at}?page=${at % 9} HTTP/1.1" ${at % 50 === 0 ? 404 : 200} ${512 + (at % 8_192)} "https://www.example.com/" "${AGENT}"`;
    }
  }
}
