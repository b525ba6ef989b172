/** The form for a new source: from what is typed to what is sent. Pure. */
import { type CreateSource, FILE_FORMATS, type SourceKind } from '@demarc/platform/contract/intake';

export interface SourceForm {
  readonly name: string;
  readonly kind: SourceKind;
  readonly port: string;
  readonly peers: string;
  readonly fingerprint: string;
  readonly path: string;
  readonly format: string;
  readonly eventsPerSecond: string;
  readonly bytesPerSecond: string;
}

export const FORM_EMPTY: SourceForm = {
  name: '',
  kind: 'http',
  port: '',
  peers: '',
  fingerprint: '',
  path: '',
  format: 'lines',
  eventsPerSecond: '20000',
  bytesPerSecond: '20000000',
};

/** What is said of each kind before it is chosen. */
export const KIND_HINTS: Readonly<Record<SourceKind, string>> = {
  http: 'Known by a token, which is shown once. For curl, Filebeat, Vector, Splunk HEC and OTLP.',
  'syslog-tls': 'Known by the sender’s certificate: one of its own, or one that is made now and shown once.',
  'syslog-tcp': 'In clear text, known by address or port: only where nobody else can send from there.',
  'syslog-udp': 'In clear text, known by address or port; what is lost on the way is lost without a trace.',
  webhook: 'Every delivery is signed with a secret, which is shown once. For cloud services and GitHub.',
  file: 'Below the directory that the provider set aside for this: a file, or a directory of files.',
};

export function settingsOf(form: SourceForm): CreateSource['settings'] {
  switch (form.kind) {
    case 'http':
    case 'webhook':
      return { kind: form.kind };
    case 'syslog-tls':
      return {
        kind: form.kind,
        ...(form.fingerprint.trim() === ''
          ? {}
          : { certificateFingerprint: form.fingerprint.trim().replaceAll(':', '').toLowerCase() }),
      };
    case 'file':
      return {
        kind: form.kind,
        path: form.path.trim(),
        format: FILE_FORMATS.find((format) => format === form.format) ?? 'lines',
      };
    case 'syslog-tcp':
    case 'syslog-udp':
      return {
        kind: form.kind,
        port: form.port.trim() === '' ? null : Number(form.port),
        peers: form.peers.split(/[\s,]+/).filter(Boolean),
      };
  }
}

export function createOf(form: SourceForm): CreateSource {
  return {
    name: form.name.trim(),
    settings: settingsOf(form),
    limits: { eventsPerSecond: Number(form.eventsPerSecond), bytesPerSecond: Number(form.bytesPerSecond) },
  };
}

/** By field, what cannot be sent like this; what only the server can know is left to it. */
export function formProblems(form: SourceForm): Readonly<Record<string, string>> {
  const problems: Record<string, string> = limitProblems(form.eventsPerSecond, form.bytesPerSecond);
  const port = Number(form.port);
  const isClear = form.kind === 'syslog-tcp' || form.kind === 'syslog-udp';
  if (isClear && form.port.trim() !== '' && !(Number.isInteger(port) && port >= 1 && port <= 65_535))
    problems['port'] = 'From 1 to 65535, or empty';
  if (isClear && form.port.trim() === '' && form.peers.trim() === '')
    problems['peers'] = 'An address, a port of its own, or both: else it cannot be told from others';
  if (
    form.kind === 'syslog-tls' &&
    form.fingerprint.trim() !== '' &&
    !FINGERPRINT.test(form.fingerprint.trim())
  )
    problems['fingerprint'] = 'The SHA-256 of the certificate: 64 hexadecimal digits';
  if (form.kind === 'file' && form.path.trim().startsWith('/'))
    problems['path'] = 'Below the directory: without / first';
  return problems;
}

const FINGERPRINT = /^(?:[0-9a-f]{2}:?){31}[0-9a-f]{2}$/i;

export function limitProblems(eventsPerSecond: string, bytesPerSecond: string): Record<string, string> {
  const isWhole = (text: string, min: number, max: number): boolean =>
    /^\d+$/.test(text.trim()) && Number(text) >= min && Number(text) <= max;
  return {
    ...(isWhole(eventsPerSecond, 1, 10_000_000) ? {} : { eventsPerSecond: 'From 1 to 10,000,000' }),
    ...(isWhole(bytesPerSecond, 1_024, 10_000_000_000)
      ? {}
      : { bytesPerSecond: 'From 1,024 to 10,000,000,000' }),
  };
}
