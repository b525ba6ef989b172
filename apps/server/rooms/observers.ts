/** What rooms observe on the server, as sources of evidence; each names the managed service that was bought. */
import type { EvidenceSource } from '@demarc/assurance/sources';
import { managedServiceOf } from '@demarc/platform/contract';
import type { ServerRoom, ServerRoomContext } from '@demarc/platform/contract/server';

/**
 * Rooms that are sold as one are one source, asked as often as the most frequent of their promises wants: by its id a
 * source is known to be due, and to have promised a rule.
 *
 * @param contextOf asked when a source is: contexts need what needs the sources
 */
export function roomSources(
  rooms: readonly ServerRoom[],
  contextOf: (serviceId: string) => ServerRoomContext | undefined,
): readonly EvidenceSource[] {
  const observers = rooms.flatMap(({ service, observer }) =>
    observer === undefined ? [] : [{ service, observer }],
  );
  const bySale = Map.groupBy(observers, ({ service }) => managedServiceOf(service));
  return [...bySale].map(([id, parts]) => ({
    id,
    rules: parts.flatMap(({ observer }) => observer.rules),
    async observe({ tenant }) {
      const found = [];
      for (const { service, observer } of parts) {
        const context = contextOf(service.id);
        if (context !== undefined) found.push(...(await observer.observe(context, tenant)));
      }
      return found;
    },
  }));
}
