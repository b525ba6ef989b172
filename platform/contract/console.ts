/** The console half of a room: pages that the shell mounts. The shell hands in everything a page needs. */
import type { ComponentType, ReactNode } from 'react';
import type { EventSearch } from './api.ts';

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

/** What is shown beside the table of the row that is open. */
export interface RowDetails {
  readonly title: string;
  readonly facts: readonly (readonly [string, ReactNode])[];
  readonly more?: ReactNode;
}

/** A page that is a table: what it comes to, what went wrong, and the details of the row that the address names. */
export interface ListPageProps<Row> extends Omit<DataTableProps<Row>, 'rows' | 'onOpen' | 'selectedKey'> {
  readonly title: string;
  /** One sentence, or that it is not known yet. */
  readonly summary: ReactNode;
  readonly actions?: ReactNode;
  readonly failure: unknown;
  /** Undefined while they are looked for the first time. */
  readonly rows: readonly Row[] | undefined;
  /** Between the header and the table, as soon as there are rows or none. */
  readonly above?: ReactNode;
  renderDetails(row: Row): RowDetails;
}

/** An event as a line of a page. */
export interface EventRow {
  readonly uid: string;
  /** As it is stored. */
  readonly raw: unknown;
}

/** The newest events first, older ones when asked for, and how many came since, as a page. */
export interface EventsPageProps<Row extends EventRow>
  extends Pick<ListPageProps<Row>, 'title' | 'label' | 'columns' | 'empty' | 'renderDetails' | 'actions'> {
  /** Asked again whenever it is another one: hand in the same object for the same search. */
  readonly search: Omit<EventSearch, 'from' | 'to' | 'cursor' | 'text'>;
  /** Undefined for an event that is none of these; the same function each time. */
  readonly rowOf: (event: Readonly<Record<string, unknown>>) => Row | undefined;
  /** What the events come to, without the full stop. */
  summary(rows: readonly Row[], matchedCount: number): string;
  /** Where words can be looked for, which are kept in the address as `text`. */
  readonly words?: { readonly label: string; readonly placeholder: string };
  /** @param asked the time that the events are of */
  renderAbove?(rows: readonly Row[], asked: { readonly from: string; readonly to: string }): ReactNode;
}

/** Shape, word and colour say the same: colour alone says nothing to some, and to nobody on paper. */
export interface MarkProps {
  readonly word: string;
  /** CSS, of the tokens: `var(--d-holds)`. */
  readonly colour: string;
  readonly shape: 'full' | 'half' | 'square' | 'dashed' | 'hollow' | 'dash' | 'hatched';
}

/** One thing that can be done to what is open. */
export interface Act {
  readonly title: string;
  /** What it does, to be read before. */
  readonly says: string;
  readonly kind?: 'main' | 'other' | 'danger';
  /** Of the route that does it: a POST with `because`. */
  readonly path: string;
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
  /** Search parameters of the page, kept in the URL. */
  readonly search: Readonly<Record<string, string>>;
  setSearch(changes: Readonly<Record<string, string | undefined>>): void;
  readonly parts: {
    readonly DataTable: <Row>(props: DataTableProps<Row>) => ReactNode;
    readonly ListPage: <Row>(props: ListPageProps<Row>) => ReactNode;
    readonly EventsPage: <Row extends EventRow>(props: EventsPageProps<Row>) => ReactNode;
    readonly Instant: ComponentType<{ readonly at: string | number | null }>;
    readonly Diff: ComponentType<{ readonly text: string }>;
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
    /** What can be done, with a reason that is kept beside the name of who did it. */
    readonly ActWithReason: ComponentType<{
      readonly label: string;
      readonly acts: readonly Act[];
      readonly onDone: () => Promise<void>;
    }>;
    readonly Mark: ComponentType<MarkProps>;
    /** @param party null where nobody has it */
    readonly PartyMark: ComponentType<{ readonly party: string | null; readonly state: string }>;
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
  };
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
