/**
 * What is odd about a process that starts: by its program, its arguments, and who started it. Pure.
 *
 * Few and plain: each of these is what an intruder does in the first minutes, and what a server hardly ever does.
 */

export interface ProcessFacts {
  readonly pid: number;
  /** Of the program; ` (deleted)` at its end when the file is gone, `/memfd:name` when it never was one. */
  readonly exe: string;
  readonly name: string;
  /** Joined by spaces, without secrets. */
  readonly commandLine: string;
  readonly uid: number | undefined;
  readonly startedAtMs: number | undefined;
  /** Standard input is a connection of TCP. */
  readonly isOnConnection?: boolean;
}

export const SUSPICIONS = {
  'reverse-shell': 'T1059.004',
  'child-of-server': 'T1505.003',
  'temporary-program': 'T1036.005',
  'program-without-file': 'T1620',
  'module-loaded': 'T1547.006',
  'process-hidden': 'T1014',
} as const;
export type SuspicionKind = keyof typeof SUSPICIONS;

export interface Suspicion {
  readonly kind: SuspicionKind;
  readonly technique: string;
  readonly because: string;
  readonly atMs: number;
  readonly process: ProcessFacts;
  /** Who started it, and who started that. */
  readonly ancestry: readonly ProcessFacts[];
  /** Of the kernel; then the process is nobody's. */
  readonly module?: string;
}

const SHELLS = /^(?:sh|bash|dash|ash|zsh|ksh|mksh|fish|csh|tcsh|rbash|busybox)$/;
const INTERPRETERS =
  /^(?:python[\d.]*|perl[\d.]*|ruby[\d.]*|php[\d.]*|lua[\d.]*|nc|ncat|netcat|nc\.openbsd|nc\.traditional|socat|curl|wget|telnet)$/;
const SERVERS =
  /^(?:nginx|apache2|httpd|lighttpd|caddy|php-fpm[\d.]*|php-cgi[\d.]*|uwsgi|gunicorn|mysqld|mariadbd|postgres|redis-server|mongod|memcached|named|vsftpd|proftpd|smbd|dovecot|unbound)$/;
/** What connects a shell or a command to somebody else. */
const CONNECTS: readonly (readonly [names: RegExp, argument: RegExp])[] = [
  [SHELLS, /\/dev\/(?:tcp|udp)\/[^\s/]+\/\d+/],
  [/^(?:nc|ncat|netcat|nc\.)/, /\s(?:-[a-z]*[ec]\s|--exec\b|--sh-exec\b|--lua-exec\b)/],
  [/^socat$/, /(?=.*\b(?:exec|system):)(?=.*\b(?:tcp|udp|openssl|ssl)\d?(?:-connect|-listen)?:)/i],
  [/^python/, /\s-c\s(?=.*socket)(?=.*(?:pty|subprocess|dup2|os\.system|popen))/i],
  [/^perl/, /\s-(?:[a-z]*e|M\S+)\s(?=.*socket)(?=.*(?:exec|system|STDIN|open))/i],
  [/^ruby/, /\s-[a-z]*(?:e|rsocket)\s(?=.*socket)(?=.*(?:exec|spawn|popen|IO\.))/i],
  [/^php/, /\s-r\s?(?=.*fsockopen)(?=.*(?:exec|proc_open|system|passthru|popen))/i],
];
/** What containers start themselves from, so that a container cannot change the program (CVE-2019-5736). */
const KNOWN_WITHOUT_FILE = /^\/memfd:(?:runc_cloned|crun|lxc)/;

/** @returns undefined for nearly everything */
export function suspicionOf(
  process: ProcessFacts,
  ancestry: readonly ProcessFacts[],
  isTemporary: (path: string) => boolean,
  atMs: number,
): Suspicion | undefined {
  const found = (kind: SuspicionKind, because: string): Suspicion => ({
    kind,
    technique: SUSPICIONS[kind],
    because,
    atMs,
    process,
    ancestry,
  });
  const { name, exe, commandLine } = process;
  const [parent] = ancestry;
  if (isReverseShell(process))
    return found(
      'reverse-shell',
      process.isOnConnection === true
        ? `${name} takes its commands from a network connection`
        : `${name} was started to give somebody else a shell: ${commandLine.slice(0, 200)}`,
    );
  if (parent !== undefined && SERVERS.test(parent.name) && (SHELLS.test(name) || INTERPRETERS.test(name)))
    return found(
      'child-of-server',
      `${parent.name}, a server, started ${name}: ${commandLine.slice(0, 200)}`,
    );
  const isGone = exe.endsWith(' (deleted)');
  if ((exe.startsWith('/memfd:') && !KNOWN_WITHOUT_FILE.test(exe)) || (isGone && !exe.startsWith('/memfd:')))
    return found('program-without-file', `${name} runs a program that is in no file: ${exe}`);
  if (isTemporary(exe))
    return found('temporary-program', `A program runs from where anyone may write: ${exe}`);
  return undefined;
}

function isReverseShell({ name, commandLine, isOnConnection }: ProcessFacts): boolean {
  if (isOnConnection === true && SHELLS.test(name)) return true;
  return CONNECTS.some(([names, argument]) => names.test(name) && argument.test(commandLine));
}

/** Whether it is worth looking what standard input is: that costs a look at all connections. */
export function isShell(name: string): boolean {
  return SHELLS.test(name);
}
