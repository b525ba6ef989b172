/** The stages of the test run and which files belong to each: one place for `check`, `test` and CI. */
import { globSync } from 'node:fs';

export const SOURCES = '{platform,siem,assurance,services,apps,tools}';
const SKIP = (name: string): boolean => name === 'node_modules' || name === 'dist';

export interface Stage {
  readonly name: string;
  readonly files: readonly string[];
  /** Files of one lane run one after the other, lanes beside each other; without any, all files are one lane. */
  readonly lanes?: readonly (readonly string[])[];
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
  return { name: 'unit', files, isolation: 'none', timeoutMs: 60_000 };
}

export function integrationStage(): Stage {
  const files = found(`${SOURCES}/**/*.integration.test.ts`);
  // What watches the host, or fills its disks, or starts the whole platform, keeps to one lane.
  const host = files.filter((file) => /^(apps\/cli|services|platform|tools)\//.test(file));
  const lanes = [host, files.filter((file) => !host.includes(file))];
  return { name: 'integration', files, lanes, isolation: 'process', timeoutMs: 300_000 };
}

export function endToEndStage(): Stage {
  return { name: 'end to end', files: found('e2e/*.e2e.ts'), isolation: 'process', timeoutMs: 600_000 };
}
