/**
 * Every command and the file that has it, in the order of the help. A command loads its own files only: what the
 * others need would be most of the time it takes.
 */
import type { Command } from 'commander';
import type { Deps } from '../main.ts';

interface Group {
  /** Words of the command line that it answers to; a word may be shared. */
  readonly words: readonly string[];
  load(): Promise<{ register(program: Command, deps: Deps): void }>;
}

export const GROUPS: readonly Group[] = [
  { words: ['up'], load: () => import('./up.ts') },
  { words: ['down'], load: () => import('./down.ts') },
  { words: ['status'], load: () => import('./status.ts') },
  { words: ['tenant'], load: () => import('./tenant.ts') },
  { words: ['asset', 'enroll-token', 'enroll'], load: () => import('./assets.ts') },
  { words: ['events'], load: () => import('./events.ts') },
  { words: ['source'], load: () => import('./source.ts') },
  { words: ['matrix', 'schedule'], load: () => import('./matrix.ts') },
  { words: ['assurance'], load: () => import('./assurance.ts') },
  { words: ['audit', 'attest'], load: () => import('./audit.ts') },
  { words: ['service'], load: () => import('./service.ts') },
  { words: ['workbook', 'control'], load: () => import('./workbook.ts') },
  { words: ['risk', 'poam'], load: () => import('./risks.ts') },
  { words: ['exception'], load: () => import('./exceptions.ts') },
  { words: ['standard'], load: () => import('./standards.ts') },
  { words: ['export'], load: () => import('./exports.ts') },
  { words: ['verify'], load: () => import('./verify.ts') },
  { words: ['simulate'], load: () => import('./simulate.ts') },
  { words: ['handover'], load: () => import('./handover.ts') },
  {
    words: [
      'stack',
      'mine',
      'gaps',
      'obligations',
      'claim',
      'decision',
      'party',
      'group',
      'snapshot',
      'asset',
    ],
    load: () => import('./responsibility.ts'),
  },
  { words: ['export', 'oscal'], load: () => import('./oscal.ts') },
  { words: ['framework', 'mapping'], load: () => import('./frameworks.ts') },
  { words: ['rule', 'finding'], load: () => import('./rules.ts') },
  { words: ['logs'], load: () => import('./logs.ts') },
  { words: ['sigma'], load: () => import('./sigma.ts') },
  { words: ['firewall'], load: () => import('./firewall.ts') },
  { words: ['policy'], load: () => import('./policy.ts') },
  { words: ['response'], load: () => import('./response.ts') },
  { words: ['shield'], load: () => import('./shield.ts') },
  { words: ['vuln'], load: () => import('./vuln.ts') },
  { words: ['patch'], load: () => import('./patch.ts') },
  { words: ['backup', 'restore'], load: () => import('./backup.ts') },
  { words: ['test', 'bench'], load: () => import('./test.ts') },
  { words: ['supervise'], load: () => import('./supervise.ts') },
];

/** Answered without any command. */
const OF_NO_COMMAND: readonly string[] = ['--version', '--print-config'];

/** Of the command that the words name; of every command where they name none, as for the help. */
export function groupsFor(words: readonly string[]): readonly Group[] {
  if (words.some((word) => OF_NO_COMMAND.includes(word)) && words.every((word) => word.startsWith('-')))
    return [];
  const first = words.find((word) => !word.startsWith('-'));
  const named = GROUPS.filter((group) => first !== undefined && group.words.includes(first));
  return named.length > 0 ? named : GROUPS;
}
