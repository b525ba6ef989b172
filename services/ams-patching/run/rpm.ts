/** What dnf and zypper share: rpm's own database and messages. @see rpm(8), rpm-queryformat(7) */
import { type Call, complaintOf, type Ran } from './command.ts';
import type { Driver, Installed } from './driver.ts';
import { runErrors } from './run-errors.ts';

const FORMAT = '%{NAME}\\t%{ARCH}\\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\\n';

const rpmQuery = (root: string): Call => ({
  argv: ['rpm', ...(root === '/' ? [] : [`--root=${root}`]), '-qa', `--queryformat=${FORMAT}`],
});

/** rpm notes a package when its files are there: one that it has is whole, as far as it knows. */
export function parseRpmQuery(ran: Ran): readonly Installed[] {
  if (ran.code !== 0)
    throw runErrors.make('PATCH_MANAGER_MISSING', { program: 'rpm', because: complaintOf(ran) });
  return ran.stdout.split('\n').flatMap((line) => {
    const [name = '', arch = '', version = ''] = line.split('\t');
    // Keys of repositories are packages to rpm.
    if (name === '' || name === 'gpg-pubkey') return [];
    return [{ name, arch, version, isWhole: true }];
  });
}

/**
 * `error: %prein(bad-2-1.noarch) scriptlet failed, exit status 1`
 *
 * @returns undefined when it says nothing of that package
 */
export function reasonOfRpm(ran: Ran, name: string): string | undefined {
  const said = `${ran.stdout}\n${ran.stderr}`
    .split('\n')
    .find(
      (line) =>
        /^\s*(?:error|warning):/i.test(line) && (line.includes(`(${name}-`) || line.includes(` ${name}-`)),
    );
  return said?.trim().slice(0, 500);
}

/** `warning: /etc/x created as /etc/x.rpmnew` */
function keptByRpm(ran: Ran): readonly string[] {
  return [...`${ran.stdout}\n${ran.stderr}`.matchAll(/^\s*warning: (\/\S+) created as \S+\.rpmnew/gm)].map(
    ([, path = '']) => path,
  );
}

/** Both take their locks themselves, and have nothing to settle: rpm notes a package when its files are there. */
export const rpmParts = (
  root: string,
): Pick<
  Driver,
  | 'packageType'
  | 'locks'
  | 'keepsLocks'
  | 'innerLocks'
  | 'installed'
  | 'parseInstalled'
  | 'keptFiles'
  | 'interruptedBecause'
  | 'settle'
> => ({
  packageType: 'rpm',
  locks: [],
  keepsLocks: false,
  innerLocks: [],
  installed: () => rpmQuery(root),
  parseInstalled: parseRpmQuery,
  keptFiles: keptByRpm,
  interruptedBecause: () => undefined,
  settle: () => undefined,
});
