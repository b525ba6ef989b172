/** The stages of the test run and which files belong to each: one place for `check`, `test` and CI. */
import { globSync } from 'node:fs';

export const SOURCES = '{platform,siem,assurance,services,apps,tools}';
const SKIP = (name: string): boolean => name === 'node_modules' || name === 'dist';

interface Stage {
  readonly name: string;
  readonly files: readonly string[];
  readonly timeoutMs: number;
}

/** Pure units: the files of a lane share one process. */
export interface UnitStage extends Stage {
  readonly lanes: readonly (readonly string[])[];
}

/** Each file has a process of its own, for it touches the host or starts engines. */
export interface ProcessStage extends Stage {
  /** Files of one lane run one after the other, lanes beside each other. */
  readonly lanes: readonly (readonly string[])[];
  /** May run beside any, whoever has the time for them; the first of them first. */
  readonly shared: readonly string[];
  /** What these promise is a time on the clock: the processor is theirs before anybody else's. */
  readonly urgent: readonly string[];
}

const found = (pattern: string): readonly string[] => globSync(pattern, { exclude: SKIP }).sort();

export function unitStage(): UnitStage {
  const files = [
    ...found(`${SOURCES}/**/*.test.ts`).filter((file) => !file.endsWith('.integration.test.ts')),
    'architecture.test.ts',
    'rooms.test.ts',
  ];
  return {
    name: 'unit',
    files,
    lanes: UNIT_LANES.map((lane) => files.filter((file) => lane.test(file))),
    timeoutMs: 60_000,
  };
}

/** A process is one thread of tests: three of about the same length. */
export const UNIT_LANES = [/^services\//, /^platform\//, /^(?!services\/|platform\/)/] as const;

/** Those that take more than a minute beside others: begun last, they would be waited for. */
const LONG = [
  'e2e/',
  'apps/server/link/',
  'apps/server/exports/',
  'apps/server/api/',
  'platform/sigma/',
] as const;
const longestFirst = (files: readonly string[]): readonly string[] =>
  files.toSorted((one, other) => rankOf(one) - rankOf(other));
const rankOf = (file: string): number => {
  const rank = LONG.findIndex((start) => file.startsWith(start));
  return rank === -1 ? LONG.length : rank;
};

/** Files with processes and engines: so many at a time, on two cores that mostly wait for each other. */
export const AT_ONCE = 4;

export function integrationStage(): ProcessStage {
  const files = found(`${SOURCES}/**/*.integration.test.ts`);
  // What starts whole platforms mostly waits for them; what watches the host keeps to a lane of its own too.
  const platforms = files.filter((file) => file.startsWith('apps/cli/'));
  // Each attack is seen, or dropped, within two seconds.
  const urgent = files.filter((file) => file.endsWith('/attacks.integration.test.ts'));
  // Attacks and rules in namespaces of their own, which mostly wait for each other.
  const networks = files.filter((file) => file.startsWith('services/host-') && !urgent.includes(file));
  // The engine of rules needs nothing of the host.
  const anywhere = files.filter((file) => /^(assurance|siem|apps|platform\/sigma)\//.test(file));
  const others = files.filter((file) => !platforms.includes(file) && !urgent.includes(file));
  const host = others.filter((file) => !networks.includes(file) && !anywhere.includes(file));
  const shared = anywhere.filter((file) => !platforms.includes(file));
  return {
    name: 'integration',
    files,
    lanes: [platforms, [...urgent, ...networks], host],
    shared: longestFirst(shared),
    urgent,
    timeoutMs: 300_000,
  };
}

export function endToEndStage(): ProcessStage {
  const files = found('e2e/*.e2e.ts');
  // A scan is blocked within two seconds.
  const urgent = files.filter((file) => file.includes('host-security'));
  // Ten minutes, nearly all of them spent waiting: for evidence that is due, a window that opens, a scan.
  const waiting = files.filter((file) => file.includes('patching'));
  const others = files.filter((file) => !urgent.includes(file) && !waiting.includes(file));
  return {
    name: 'end to end',
    files,
    // Not beside the urgent ones of the other stage, which begin at once.
    lanes: [[...waiting, ...urgent]],
    shared: longestFirst(others),
    urgent,
    timeoutMs: 600_000,
  };
}
