import type { Members } from './draft.ts';

/** A port whose record has no address makes no endpoint: it goes back to the source's own fields. */
export function withoutOrphans(
  event: Members,
  rest: Members,
  ports: Readonly<Record<string, string | undefined>>,
): void {
  for (const end in ports) {
    const endpoint = event[end] as Members | undefined;
    const own = ports[end];
    if (endpoint === undefined || own === undefined || endpoint['ip'] !== undefined) continue;
    if (endpoint['port'] === undefined) continue;
    rest[own] = endpoint['port'];
    delete event[end];
  }
}
