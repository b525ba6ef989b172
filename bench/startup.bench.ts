/** `./demarc up` on an initialised data directory until every part is healthy, against starting the two engines alone. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startTestClickHouse, startTestPostgres } from '@demarc/platform/stores/testing';
import { interleaved, median, ratio, show, smoke } from './support/measure.ts';

const run = promisify(execFile);
const scratch = mkdtempSync(join(tmpdir(), 'demarc-bench-'));
chmodSync(scratch, 0o711);
const env = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: process.env['HOME'] ?? '/root',
  DEMARC_DATA_DIR: join(scratch, 'data'),
  DEMARC_API_LISTEN: '127.0.0.1:18620',
  DEMARC_LINK_LISTEN: '127.0.0.1:18621',
  DEMARC_INTAKE_HTTP: '127.0.0.1:18624',
  DEMARC_INTAKE_SYSLOG_UDP: '127.0.0.1:18625',
  DEMARC_INTAKE_SYSLOG_TCP: '127.0.0.1:18625',
  DEMARC_INTAKE_SYSLOG_TLS: '127.0.0.1:18626',
  DEMARC_CLICKHOUSE_PORT: '18623',
};
const demarc = (...args: readonly string[]) => run('./demarc', [...args], { env });

try {
  const seconds = await interleaved(
    [
      {
        name: 'up',
        async run() {
          const startedAt = performance.now();
          await demarc('up');
          const took = (performance.now() - startedAt) / 1_000;
          await demarc('down');
          return took;
        },
      },
      {
        name: 'engines',
        async run() {
          const startedAt = performance.now();
          await using _postgres = await startTestPostgres();
          await using _clickhouse = await startTestClickHouse();
          return (performance.now() - startedAt) / 1_000;
        },
      },
    ],
    smoke ? 1 : 5,
  );
  const of = (name: string): readonly number[] => seconds.get(name) ?? [];
  show('./demarc up, all parts healthy', of('up'));
  show('both engines alone, on an initialised cluster ', of('engines'));
  ratio('up / engines', median(of('up')) / median(of('engines')), 'recorded; up under 5 s');
} finally {
  await demarc('down').catch(() => undefined);
  rmSync(scratch, { recursive: true, force: true });
}
