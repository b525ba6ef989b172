/** Where senders put a token: each protocol has its own way, and there are few enough to try them all. */
import type { IncomingHttpHeaders } from 'node:http';

const TOKEN_CHARACTERS_MAX = 256;

/**
 * `Bearer TOKEN` (OTLP), `Splunk TOKEN` (HEC), `ApiKey BASE64(id:TOKEN)` or `ApiKey TOKEN` (Elasticsearch),
 * `Basic BASE64(anyone:TOKEN)` (all of them).
 */
export function tokensOf(headers: IncomingHttpHeaders): readonly string[] {
  const found = /^(Bearer|Splunk|ApiKey|Basic) +(\S+)$/i.exec(headers.authorization ?? '');
  const [, scheme = '', value = ''] = found ?? [];
  if (value === '' || value.length > TOKEN_CHARACTERS_MAX * 2) return [];
  if (/^(Bearer|Splunk)$/i.test(scheme)) return [value];
  const decoded = Buffer.from(value, 'base64').toString('utf8');
  const afterName = decoded.slice(decoded.indexOf(':') + 1);
  return /^ApiKey$/i.test(scheme) ? [afterName, value] : [afterName];
}
