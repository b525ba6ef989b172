/** What the commands about sources print for people. */
import { writeFileSync } from 'node:fs';
import type { MadeSource, SourceAccounting, SourceDetail } from '@demarc/platform/contract/intake';
import { cliErrors } from '../errors.ts';
import { table } from '../output.ts';

export const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

/** @param prefix of the files that take what is in PEM; left out, it is printed */
export function madeText(
  { source, secret, endpoint, certificateAuthority }: MadeSource,
  prefix?: string,
): string {
  const lines = [`${source.name} (${source.settings.kind}): ${source.sourceId}`, `Send to: ${endpoint}`];
  if (secret.token !== undefined) lines.push(`Token, shown once: ${secret.token}`);
  if (secret.signingSecret !== undefined) lines.push(`Signing secret, shown once: ${secret.signingSecret}`);
  const isTls = source.settings.kind === 'syslog-tls' || endpoint.startsWith('https');
  const files = {
    ...(secret.certificate === undefined ? {} : { certificate: secret.certificate }),
    ...(secret.privateKey === undefined ? {} : { key: secret.privateKey }),
    ...(isTls ? { authority: certificateAuthority } : {}),
  };
  for (const [name, pem] of Object.entries(files)) {
    if (prefix === undefined) lines.push('', `${name}:`, pem.trim());
    else lines.push(`${name}: ${writePem(`${prefix}-${name}.pem`, pem)}`);
  }
  return lines.join('\n');
}

/** @throws CLI_FILE_NOT_WRITTEN */
function writePem(file: string, pem: string): string {
  try {
    writeFileSync(file, pem, { mode: 0o600 });
    return file;
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    throw cliErrors.make('CLI_FILE_NOT_WRITTEN', { file, because }, { cause: error });
  }
}

export function accountOf({
  name,
  settings,
  endpoint,
  state,
  because,
  limits,
  accounting,
  refusals,
}: SourceDetail): string {
  const lines = [
    `${name} (${settings.kind}), ${state}: ${because}`,
    `Send to: ${endpoint}`,
    `Rate: ${limits.eventsPerSecond} records and ${limits.bytesPerSecond} bytes a second`,
    '',
    table(['records', 'count'], rowsOf(accounting)),
  ];
  if (refusals.length > 0)
    lines.push(
      '',
      table(
        ['not taken at', 'reason', 'count', 'from', 'begins with'],
        refusals.map(({ at, outcome, reason, count, peer, sample }) => [
          at,
          `${outcome}: ${reason}`,
          String(count),
          peer ?? '',
          JSON.stringify(sample.slice(0, 60)),
        ]),
      ),
    );
  return lines.join('\n');
}

function rowsOf(accounting: SourceAccounting): readonly (readonly [string, string])[] {
  const { refused, dropped, quarantined, waitingBytes, spoolBytesMax, ...counts } = accounting;
  const by = (what: string, reasons: Readonly<Record<string, number>>) =>
    Object.entries(reasons).map(([reason, count]) => [`${what}: ${reason}`, String(count)] as const);
  return [
    ...Object.entries(counts).map(([what, count]) => [what, String(count)] as const),
    ...by('refused', refused),
    ...by('dropped', dropped),
    ...by('quarantined', quarantined),
    ['bytes that wait', `${waitingBytes} of ${spoolBytesMax}`],
  ];
}
