/** The console half of a room: pages the shell mounts. The shell hands in everything a page needs. */
import type { ComponentType } from 'react';

export interface RoomPage {
  /** Below the tenant: `protect/integrity`. */
  readonly path: string;
  readonly title: string;
  /** Group in the navigation. */
  readonly group: 'Protect' | 'Detect' | 'Responsibility' | 'Controls';
  readonly component: ComponentType;
}

export interface ConsoleRoom {
  readonly serviceId: string;
  readonly pages: readonly RoomPage[];
}
