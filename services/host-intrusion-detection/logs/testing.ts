/** Entries of a journal as its export format writes them, for tests. */
const START_US = 1_764_000_000_000_000;

export function exported(fields: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(fields)) {
    const bytes = Buffer.from(value);
    if (!value.includes('\n')) parts.push(Buffer.from(`${name}=${value}\n`));
    else {
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(bytes.length));
      parts.push(Buffer.from(`${name}\n`), length, bytes, Buffer.from('\n'));
    }
  }
  return Buffer.concat([...parts, Buffer.from('\n')]);
}

export function entry(message: string, n: number): Readonly<Record<string, string>> {
  return {
    __CURSOR: `s=1;i=${n}`,
    __REALTIME_TIMESTAMP: String(START_US + n * 1_000_000),
    _HOSTNAME: 'web-1',
    SYSLOG_IDENTIFIER: 'sshd',
    _PID: '7',
    MESSAGE: message,
  };
}
