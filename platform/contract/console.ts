/** The console half of a room: pages that the shell mounts. The shell hands in everything a page needs. */
import type { ComponentType, ReactNode } from 'react';
import type { EventPage, EventSearch, LiveMessage } from './api.ts';

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  /** CSS grid track: `minmax(10rem, 1fr)`. */
  readonly width: string;
  render(row: Row): ReactNode;
  /** Not on paper: ticks, buttons. */
  readonly screenOnly?: true;
}

export interface DataTableProps<Row> {
  readonly label: string;
  /** On paper, where it must say of which instant it is. */
  readonly printLabel?: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  rowKey(row: Row): string;
  onOpen?(row: Row): void;
  readonly selectedKey?: string | undefined;
  readonly empty: ReactNode;
  /** When there is more than is here: the button at the end says how much, and brings it. */
  readonly more?: { readonly label: string; readonly busy: boolean; bring(): void };
}

/** A series of the chart: a name for the legend, and how many at which instant. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [at: string, count: number])[];
}

/** Events that a page shows: the newest first, older ones when asked for, and how many came since. */
export interface FoundEvents {
  /** Undefined while they are looked for the first time. */
  readonly events: readonly Readonly<Record<string, unknown>>[] | undefined;
  readonly matchedCount: number;
  readonly failure: unknown;
  /** Live ones that are not shown yet. */
  readonly freshCount: number;
  /** Whether older ones can be had. */
  readonly hasOlder: boolean;
  readonly busy: boolean;
  reload(): void;
  bringOlder(): void;
}

export interface ConsoleTools {
  readonly tenantId: string;
  /**
   * Calls a route below the tenant: `GET`, `firewall/check`. What comes back was checked by the server against the
   * route's own schema.
   */
  api<Reply>(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<Reply>;
  /** The machines of the tenant. */
  assets(): Promise<readonly { readonly assetId: string; readonly name: string }[]>;
  searchEvents(search: EventSearch): Promise<EventPage>;
  /** Calls back for every live message until the returned function is called. */
  subscribe(listener: (message: LiveMessage) => void): () => void;
  /** Search parameters of the page, kept in the URL. */
  readonly search: Readonly<Record<string, string>>;
  setSearch(changes: Readonly<Record<string, string | undefined>>): void;
  readonly parts: {
    readonly DataTable: <Row>(props: DataTableProps<Row>) => ReactNode;
    readonly TimeRange: ComponentType;
    readonly Instant: ComponentType<{ readonly at: string | number | null }>;
    readonly Diff: ComponentType<{ readonly text: string }>;
    readonly Json: ComponentType<{ readonly value: unknown }>;
    readonly PageHeader: ComponentType<{
      readonly title: string;
      readonly summary: ReactNode;
      readonly actions?: ReactNode;
    }>;
    readonly Details: ComponentType<{
      readonly title: string;
      readonly onClose: () => void;
      readonly children: ReactNode;
    }>;
    readonly Facts: ComponentType<{ readonly facts: readonly (readonly [string, ReactNode])[] }>;
    readonly Empty: ComponentType<{ readonly title: string; readonly children: ReactNode }>;
    readonly Failure: ComponentType<{ readonly error: unknown }>;
    readonly Loading: ComponentType;
    readonly SearchBox: ComponentType<{
      readonly label: string;
      readonly placeholder: string;
      readonly name: string;
    }>;
    /**
     * Searches within the chosen time, again whenever `search` is another one (hand in the same object for the same
     * search), and gives what it found to its child.
     */
    readonly Events: ComponentType<{
      readonly search: Omit<EventSearch, 'from' | 'to' | 'cursor'>;
      /** Whether a live event is one of these; the same function each time. */
      readonly isFresh: (event: Readonly<Record<string, unknown>>) => boolean;
      readonly children: (found: FoundEvents) => ReactNode;
    }>;
    readonly Button: ComponentType<{
      readonly children: ReactNode;
      readonly onClick: () => void;
      readonly kind?: 'main' | 'other' | 'danger';
      readonly busy?: boolean;
      readonly disabled?: boolean;
    }>;
    readonly TextField: ComponentType<{
      readonly label: string;
      readonly value: string;
      readonly onChange: (value: string) => void;
      readonly placeholder?: string;
      readonly required?: boolean;
      /** More lines than one, for code. */
      readonly rows?: number;
    }>;
    readonly Choice: ComponentType<{
      readonly label: string;
      readonly value: string;
      readonly options: readonly { readonly value: string; readonly label: string }[];
      readonly onChange: (value: string) => void;
    }>;
    /** Bars over the chosen time, a colour for each series. */
    readonly Timeline: ComponentType<{
      readonly what: string;
      readonly series: readonly Series[];
      readonly from: string;
      readonly to: string;
    }>;
    readonly Fresh: ComponentType<{ readonly count: number; readonly onShow: () => void }>;
  };
  /** The chosen time range; `to` is the moment of asking for relative ranges. */
  range(): { readonly from: string; readonly to: string };
}

export interface RoomPage {
  /** Below the tenant: `integrity`. */
  readonly path: string;
  readonly title: string;
  readonly group: 'Protect' | 'Detect' | 'Responsibility' | 'Settings';
  readonly component: ComponentType<{ readonly tools: ConsoleTools }>;
}

export interface ConsoleRoom {
  readonly serviceId: string;
  readonly pages: readonly RoomPage[];
}
