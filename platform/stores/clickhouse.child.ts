/**
 * The process that is ClickHouse: the library's own server, with its HTTP listener on loopback.
 *
 * Started by `clickhouse-engine.ts` with a pipe as standard input. It loads the library with the rights it
 * was given (the checkout may be readable by root alone), gives them up, and only then runs the engine. It
 * ends itself when the pipe closes, so it never outlives its parent.
 *
 * Argument: one JSON object `{ config, uid?, gid? }`. No secret is in it.
 */

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { DataType, load, open } from 'ffi-rs';

interface Settings {
  readonly config: string;
  readonly uid?: number;
  readonly gid?: number;
}

const settings = JSON.parse(process.argv[2] ?? '{}') as Settings;
const { libchdbPath } = createRequire(import.meta.url)('chdb/libchdb') as { libchdbPath: () => string };

process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL')).resume();
process.umask(0o077);

const LIBRARY = 'chdb';
open({ library: LIBRARY, path: libchdbPath() });

if (settings.uid !== undefined && settings.gid !== undefined) {
  process.setgroups?.([settings.gid]);
  process.setgid?.(settings.gid);
  process.setuid?.(settings.uid);
}
process.chdir(dirname(settings.config));

/** The listener is started by a query; the second query keeps the engine alive and does nothing. */
const QUERY =
  'SYSTEM START LISTEN HTTP; SELECT count() FROM system.numbers WHERE NOT ignore(sleepEachRow(1)) ' +
  'SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0';
// Not in the configuration, which this way of starting the engine does not ask for its level.
const args = [
  'clickhouse-local',
  `--config-file=${settings.config}`,
  '--log-level=warning',
  '--query',
  QUERY,
];

/** `runInNewThread` leaves this process's event loop free to see the pipe close. */
const result = load({
  library: LIBRARY,
  funcName: 'chdb_query_cmdline',
  retType: DataType.External,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [args.length, args],
  runInNewThread: true,
}) as unknown as Promise<unknown>;

void result.then((answer) => {
  const said = load({
    library: LIBRARY,
    funcName: 'chdb_result_error',
    retType: DataType.String,
    paramsType: [DataType.External],
    paramsValue: [answer],
  });
  console.error('engine returned', said);
  process.exit(1);
});

// The pending native call alone does not keep Node's loop alive.
setInterval(() => undefined, 60_000);
