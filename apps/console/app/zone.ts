/** The time zone that instants are shown in: the reader's, or UTC. */
import { createContext, useContext } from 'react';
import type { Zone } from '../parts/time.ts';

export const ZoneContext = createContext<Zone>('local');

export function useZone(): Zone {
  return useContext(ZoneContext);
}
