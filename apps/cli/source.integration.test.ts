/** A source from the command line to the search: the server has given up root's rights by then. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '@demarc/platform/stores/testing';
import { Installation, said, until } from './testing.ts';

const run = promisify(execFile);

interface Made {
  readonly source: { readonly sourceId: string };
  readonly secret: { readonly token?: string; readonly certificate?: string; readonly privateKey?: string };
  readonly endpoint: string;
  readonly certificateAuthority: string;
}

test('sources are added, send, are searched, and are removed', async (t: TestContext) => {
  const [http, tls] = [await freePort(), await freePort()];
  await using installation = await Installation.make({
    DEMARC_INTAKE_HTTP: `127.0.0.1:${http}`,
    DEMARC_INTAKE_SYSLOG_TLS: `127.0.0.1:${tls}`,
  });
  const files = join(installation.directory, 'files');
  installation.environment['DEMARC_INTAKE_FILES'] = files;
  mkdirSync(join(files, 'local'), { recursive: true });
  for (const path of [installation.directory, files, join(files, 'local')])
    await run('chmod', ['0755', path]);
  writeFileSync(join(files, 'local', 'app.log'), 'from a file\n');
  await installation.json('up');

  const web = await installation.json<Made>('source', 'add', 'web');
  t.assert.equal(web.endpoint, `http://127.0.0.1:${http}`);
  await run('curl', [
    '-fsS',
    '-u',
    `x:${web.secret.token ?? ''}`,
    '--data',
    '{"said":"over http"}',
    `${web.endpoint}/ndjson`,
  ]);
  const host = await installation.json<Made>('source', 'add', 'host', '--kind', 'syslog-tls');
  const at = (name: string): string => join(installation.directory, name);
  writeFileSync(at('ca.pem'), host.certificateAuthority);
  writeFileSync(at('cert.pem'), host.secret.certificate ?? '');
  writeFileSync(at('key.pem'), host.secret.privateKey ?? '');
  const line = '<13>1 - web-1 app - - - over tls';
  await run('sh', [
    '-c',
    `(printf '%s %s' ${line.length} '${line}'; sleep 1) | openssl s_client -quiet -no_ign_eof -verify_return_error -verify_hostname localhost -CAfile ${at('ca.pem')} -cert ${at('cert.pem')} -key ${at('key.pem')} -connect 127.0.0.1:${tls}`,
  ]);
  await installation.json<Made>('source', 'add', 'app', '--kind', 'file', '--path', 'app.log');

  interface Listed {
    readonly sourceId: string;
    readonly name: string;
    readonly accounting: { readonly received: number; readonly stored: number; readonly waiting: number };
  }
  await until(async () =>
    (await installation.json<Listed[]>('source', 'list')).every(({ accounting }) => accounting.stored === 1),
  );
  for (const text of ['over http', 'over tls', 'from a file']) {
    const { events } = await installation.json<{ readonly events: readonly object[] }>(
      'events',
      'search',
      '--text',
      text,
    );
    t.assert.equal(events.length, 1, text);
  }
  if (process.getuid?.() === 0) {
    const spools = join(installation.environment['DEMARC_DATA_DIR'] ?? '', 'intake');
    const { uid, mode } = statSync(spools);
    t.assert.equal(mode & 0o777, 0o700);
    t.assert.match(readFileSync('/etc/passwd', 'utf8'), new RegExp(`^demarc:[^:]*:${uid}:`, 'm'));
  }
  await installation.json('source', 'disable', 'web');
  await t.assert.rejects(
    run('curl', ['-fsS', '-u', `x:${web.secret.token ?? ''}`, '--data', '{}', `${web.endpoint}/ndjson`]),
    /403/,
  );
  const shown = await installation.json<{ readonly refusals: readonly { readonly reason: string }[] }>(
    'source',
    'show',
    'web',
  );
  t.assert.equal(shown.refusals[0]?.reason, 'source-disabled');
  await installation.json('source', 'remove', 'web');
  t.assert.match(said(await installation.try('source', 'show', 'web')), /CLI_UNKNOWN/);
});
