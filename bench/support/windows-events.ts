/** Sysmon process events, flat as the Sigma view has them: benign programs, one in a hundred an attack. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { PROGRAMS, type Program } from './windows-programs.ts';

export type FlatEvent = Record<string, string | number>;

const REGRESSION = '../shared/corpora/sigma/regression';

/** The same numbers in every run (a linear congruential generator, Numerical Recipes). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  next(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state / 2 ** 32;
  }

  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  of<T>(list: readonly T[]): T {
    const one = list[this.below(list.length)];
    if (one === undefined) throw new Error('nothing to choose from');
    return one;
  }

  hex(digits: number): string {
    return Array.from({ length: digits }, () => this.below(16).toString(16)).join('');
  }
}

const WORDS =
  'report invoice budget project module service client server common core data model view test build main index utils parser cache queue batch daily weekly archive export import config sample draft final release notes summary meeting design'.split(
    ' ',
  );
const EXTENSIONS = ['docx', 'xlsx', 'pptx', 'pdf', 'txt', 'csv', 'png', 'log', 'json', 'xml', 'cpp', 'ts'];
const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi', 'ivan', 'judy'];

function filled(template: string, user: string, chance: Chance): string {
  return template.replace(/\{(\w+)\}/g, (_, what: string) => {
    switch (what) {
      case 'user':
        return user;
      case 'word':
        return chance.of(WORDS);
      case 'file':
        return `${chance.of(WORDS)}_${chance.of(WORDS)}${chance.below(1_000)}.${chance.of(EXTENSIONS)}`;
      case 'folder':
        return `${chance.of(['src', 'lib', 'app', 'pkg'])}\\${chance.of(WORDS)}\\${chance.of(WORDS)}`;
      case 'guid':
        return guid(chance);
      case 'number':
        return String(chance.below(100));
      case 'port':
        return String(1_024 + chance.below(60_000));
      case 'big':
        return String(chance.below(1e9));
      case 'hex8':
        return chance.hex(8);
      case 'hex16':
        return chance.hex(16);
      case 'date':
        return `2026-0${1 + chance.below(9)}-${10 + chance.below(18)}`;
      case 'version':
        return `1${chance.below(30)}.0.${chance.below(6_000)}`;
      default:
        throw new Error(`nothing fills in {${what}}`);
    }
  });
}

function guid(chance: Chance): string {
  return [8, 4, 4, 4, 12]
    .map((digits) => chance.hex(digits))
    .join('-')
    .toUpperCase();
}

const hashes = new Map<string, string>();

function started(program: Program, chance: Chance): FlatEvent {
  const user = `${chance.of(NAMES)}.${chance.below(300)}`;
  const isService = program.parent.endsWith('services.exe');
  const account = isService ? 'NT AUTHORITY\\SYSTEM' : `NORTHWIND\\${user}`;
  const image = filled(program.image, user, chance);
  const hash =
    hashes.get(image) ??
    `MD5=${chance.hex(32)},SHA256=${chance.hex(64)},IMPHASH=${chance.hex(32)}`.toUpperCase();
  hashes.set(image, hash);
  return {
    RuleName: '-',
    UtcTime: `2026-08-05 1${chance.below(10)}:${10 + chance.below(50)}:${10 + chance.below(50)}.${100 + chance.below(900)}`,
    ProcessGuid: guid(chance),
    ProcessId: 1_000 + chance.below(30_000),
    Image: image,
    FileVersion: `10.0.22621.${chance.below(40)}`,
    Description: program.description,
    Product: program.product,
    Company: program.company,
    OriginalFileName: program.original,
    CommandLine: filled(program.commandLine, user, chance),
    CurrentDirectory: isService ? 'C:\\Windows\\system32\\' : `C:\\Users\\${user}\\`,
    User: account,
    LogonGuid: guid(chance),
    LogonId: `0x${chance.hex(6)}`,
    TerminalSessionId: chance.below(3),
    IntegrityLevel: isService ? 'System' : chance.next() < 0.2 ? 'High' : 'Medium',
    Hashes: hash,
    ParentProcessGuid: guid(chance),
    ParentProcessId: 1_000 + chance.below(30_000),
    ParentImage: filled(program.parent, user, chance),
    ParentCommandLine: filled(program.parentCommandLine, user, chance),
    ParentUser: account,
    EventID: 1,
    Channel: 'Microsoft-Windows-Sysmon/Operational',
    Computer: `WS-${1_000 + chance.below(500)}`,
    Provider_Name: 'Microsoft-Windows-Sysmon',
  };
}

/** Events in the order of a seed; attacks are regression events of SigmaHQ with other users and hosts. */
export function processEvents(
  count: number,
  seed: number,
  attacks: readonly FlatEvent[],
  programs: readonly Program[] = PROGRAMS,
): FlatEvent[] {
  const chance = new Chance(seed);
  const total = programs.reduce((sum, { weight }) => sum + weight, 0);
  return Array.from({ length: count }, () => {
    if (attacks.length > 0 && chance.next() < 0.01) {
      const user = chance.of(NAMES);
      const changed = Object.entries(chance.of(attacks)).map(([name, value]) => [
        name,
        typeof value === 'string' ? value.replace(/xodih|Administrator|vagrant/gi, user) : value,
      ]);
      return { ...Object.fromEntries(changed), Computer: `WS-${1_000 + chance.below(500)}` } as FlatEvent;
    }
    let left = chance.next() * total;
    const program = programs.find(({ weight }) => (left -= weight) < 0) ?? programs[0];
    if (program === undefined) throw new Error('no programs');
    return started(program, chance);
  });
}

/** Process events of SigmaHQ's regression cases, flat; none where the corpus is absent. */
export function attackEvents(): FlatEvent[] {
  if (!existsSync(REGRESSION)) return [];
  return globSync(`${REGRESSION}/**/*.json`)
    .sort()
    .flatMap((file) => documents(readFileSync(file, 'utf8')))
    .flatMap((document): FlatEvent[] => {
      const event = document as {
        Event?: {
          System?: { EventID?: number; Channel?: string; Computer?: string };
          EventData?: Record<string, unknown> | null;
        };
      };
      const { System: system, EventData: data } = event.Event ?? {};
      if (system?.EventID !== 1 || system.Channel !== 'Microsoft-Windows-Sysmon/Operational') return [];
      const flat = Object.entries(data ?? {}).filter(
        (entry): entry is [string, string | number] =>
          typeof entry[1] === 'string' || typeof entry[1] === 'number',
      );
      return [
        {
          ...Object.fromEntries(flat),
          EventID: 1,
          Channel: system.Channel,
          Computer: system.Computer ?? '',
          Provider_Name: 'Microsoft-Windows-Sysmon',
        },
      ];
    });
}

/** A file holds one document, a list of them, or several one after the other. */
function documents(text: string): unknown[] {
  const parts = text.split(/\n(?=\{)/).filter((part) => part.trim() !== '');
  return parts.flatMap((part) => [JSON.parse(part) as unknown].flat());
}

export function linesOf(events: readonly unknown[]): Buffer {
  return Buffer.from(`${events.map((event) => JSON.stringify(event)).join('\n')}\n`);
}
