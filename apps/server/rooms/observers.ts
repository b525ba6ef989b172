/** What rooms observe on the server, as sources of evidence; it names the managed service that was bought. */
import type { EvidenceSource } from '@demarc/assurance/sources';
import { managedServiceOf } from '@demarc/platform/contract';
import type { ServerRoom, ServerRoomContext } from '@demarc/platform/contract/server';

/** @param contextOf asked when a source is: contexts need what needs the sources */
export function roomSources(
  rooms: readonly ServerRoom[],
  contextOf: (serviceId: string) => ServerRoomContext | undefined,
): readonly EvidenceSource[] {
  return rooms.flatMap(({ service, observer }): readonly EvidenceSource[] =>
    observer === undefined
      ? []
      : [
          {
            id: managedServiceOf(service),
            rules: observer.rules,
            async observe({ tenant }) {
              const context = contextOf(service.id);
              return context === undefined ? [] : observer.observe(context, tenant);
            },
          },
        ],
  );
}
