/** A syslog message with its parts apart, whichever of the two formats it came in. */
export interface SyslogRecord {
  /** 0 to 23 (RFC 5424 section 6.2.1); undefined when the priority is missing, as in files. */
  readonly facility: number | undefined;
  /** 0 (emergency) to 7 (debug). */
  readonly severity: number | undefined;
  /** As the sender says, which nobody has to believe; undefined when it does not or not so that it is read. */
  readonly timeMs: number | undefined;
  readonly originalTime: string | undefined;
  readonly host: string | undefined;
  readonly app: string | undefined;
  readonly pid: string | undefined;
  readonly msgid: string | undefined;
  readonly structured: readonly StructuredElement[] | undefined;
  readonly message: string;
}

/** An element of structured data as it was sent: a parameter may come several times. */
export interface StructuredElement {
  readonly id: string;
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

/** RFC 5424: 23 facilities and 8 severities. */
export const PRIORITY_MAX = 191;

/** Where the priority ended, and what it is. One object, reused: read it at once. */
export interface PriorityReading {
  value: number;
  end: number;
}
const reading: PriorityReading = { value: 0, end: 0 };

/** `<0>` to `<191>` at the beginning of `line`; undefined when it begins otherwise. */
export function readPriority(line: string): PriorityReading | undefined {
  if (line.charCodeAt(0) !== 60) return undefined;
  let value = 0;
  let at = 1;
  for (; at <= 3; at += 1) {
    const digit = line.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) break;
    value = value * 10 + digit;
  }
  if (at === 1 || line.charCodeAt(at) !== 62 || value > PRIORITY_MAX) return undefined;
  reading.value = value;
  reading.end = at + 1;
  return reading;
}

/** Sets an own member, also one that is named `__proto__`. */
export function own<V>(target: Record<string, V>, name: string, value: NoInfer<V>): void {
  if (name === '__proto__')
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  else target[name] = value;
}
