/** The stages of the test run and which files belong to each: one place for `check`, `test` and CI. */
import { globSync } from 'node:fs';

export const SOURCES = '{platform,siem,assurance,services,apps,tools}';
const SKIP = (name: string): boolean => name === 'node_modules' || name === 'dist';

export interface Stage {
  readonly name: string;
  readonly files: readonly string[];
  /** Files of one lane run one after the other, lanes beside each other; without any, all files are one lane. */
  readonly lanes?: readonly (readonly string[])[];
  /** These follow when all lanes have ended, and nothing is beside them: what they promise is a time on the clock. */
  readonly alone?: readonly string[];
  /** `none` shares one process: right for pure units, wrong for whatever touches the host. */
  readonly isolation: 'none' | 'process';
  readonly timeoutMs: number;
}

const found = (pattern: string): readonly string[] => globSync(pattern, { exclude: SKIP }).sort();

export function unitStage(): Stage {
  const files = [
    ...found(`${SOURCES}/**/*.test.ts`).filter((file) => !file.endsWith('.integration.test.ts')),
    'architecture.test.ts',
    'rooms.test.ts',
  ];
  return {
    name: 'unit',
    files,
    lanes: UNIT_LANES.map((lane) => files.filter((file) => lane.test(file))),
    isolation: 'none',
    timeoutMs: 60_000,
  };
}

/** A process is one thread of tests: three of about the same length. */
export const UNIT_LANES = [/^services\//, /^platform\//, /^(?!services\/|platform\/)/] as const;

export function integrationStage(): Stage {
  const files = found(`${SOURCES}/**/*.integration.test.ts`);
  // What starts whole platforms mostly waits for them; what watches the host keeps to a lane of its own too.
  const platforms = files.filter((file) => file.startsWith('apps/cli/'));
  // Each attack is dropped within two seconds: five lanes leave its sensor two cores that nine want.
  const alone = files.filter((file) => file.endsWith('agent/attacks.integration.test.ts'));
  // Attacks and rules in namespaces of their own, which mostly wait for each other.
  const networks = files.filter((file) => file.startsWith('services/host-') && !alone.includes(file));
  // The engine of rules is beside the server, so that both are of about the same length.
  const server = files.filter((file) => /^(apps|platform\/sigma)\//.test(file) && !platforms.includes(file));
  const host = files.filter(
    (file) => /^(services|platform|tools)\//.test(file) && ![...alone, ...networks, ...server].includes(file),
  );
  const others = files.filter(
    (file) => ![...alone, ...platforms, ...networks, ...host, ...server].includes(file),
  );
  return {
    name: 'integration',
    files,
    lanes: [platforms, networks, host, server, others],
    alone,
    isolation: 'process',
    timeoutMs: 300_000,
  };
}

export function endToEndStage(): Stage {
  const files = found('e2e/*.e2e.ts');
  // A scan is blocked within two seconds: three platforms leave its agent two cores that ten want.
  const alone = files.filter((file) => file.includes('host-security'));
  // Each starts a platform of its own and waits for it half of the time: three lanes of about the same length. With more of
  // them at once, two cores are busy with each other.
  const first = files.filter((file) => file.includes('walking-skeleton'));
  const second = files.filter((file) => file.includes('responsibility'));
  const others = files.filter((file) => ![...alone, ...first, ...second].includes(file));
  const lanes = [first, second, others];
  return { name: 'end to end', files, lanes, alone, isolation: 'process', timeoutMs: 600_000 };
}
