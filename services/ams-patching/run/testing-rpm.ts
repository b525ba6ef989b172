/** For tests: a system of rpm in a directory of its own, with a repository on disk that dnf and zypper both know. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manager } from './job.ts';
import type { RunOptions } from './run.ts';
import { has, SystemTree } from './testing-tree.ts';

/** For `skip`: false where all is there. */
export function noRpm(manager: Manager): string | false {
  const missing = ['rpm', 'rpmbuild', 'createrepo_c', manager].filter((program) => !has(program));
  if (missing.length > 0)
    return `${missing.join(', ')} missing (Debian: rpm, createrepo-c, dnf, zypper): NO PATCH WAS APPLIED BY ${manager}`;
  return process.getuid?.() === 0 ? false : `not root: NO PATCH WAS APPLIED BY ${manager}`;
}

export interface MadeRpm {
  readonly name: string;
  readonly version: string;
  /** Lines of the header: `Requires: x`. */
  readonly header?: string;
  /** Sections that are added. */
  readonly sections?: string;
}

const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LC_ALL: 'C' };

/** rpm asks a bash, and a bash whose standard input is a socket reads the startup files of its user. @see bash(1) */
const STDIO: ('ignore' | 'pipe')[] = ['ignore', 'pipe', 'pipe'];

export class RpmTree extends SystemTree {
  constructor() {
    super(['etc/yum.repos.d', 'etc/dnf', 'etc/zypp/repos.d', 'var/lib/rpm', 'var/log', 'root', 'boot']);
    // Debian's rpm has its database in the home directory; everybody else's is in /var/lib.
    symlinkSync('../var/lib/rpm', join(this.root, 'root/.rpmdb'));
    const text = `[test]\nname=test\nbaseurl=file://${this.repository}\ngpgcheck=0\nenabled=1\n`;
    for (const place of ['etc/yum.repos.d/test.repo', 'etc/zypp/repos.d/test.repo'])
      writeFileSync(join(this.root, place), text);
    writeFileSync(join(this.root, 'etc/dnf/dnf.conf'), '[main]\n');
    execFileSync('rpm', [`--root=${this.root}`, '--initdb'], { env: ENVIRONMENT, stdio: STDIO });
  }

  build({ name, version, header = '', sections = '' }: MadeRpm): string {
    const spec = join(this.directory, `${name}-${version}.spec`);
    writeFileSync(
      spec,
      `Name: ${name}
Version: ${version}
Release: 1.el9
Summary: of the test
License: MIT
BuildArch: noarch
${header}
%description
x
%install
mkdir -p %{buildroot}/etc %{buildroot}/usr/share/${name}
echo '${name} ${version}' > %{buildroot}/usr/share/${name}/text
echo '${version}' > %{buildroot}/etc/${name}.conf
${sections}
%files
/usr/share/${name}/text
%config(noreplace) /etc/${name}.conf
`,
    );
    const top = join(this.directory, 'top');
    execFileSync('rpmbuild', ['-bb', '--quiet', '--define', `_topdir ${top}`, spec], {
      env: ENVIRONMENT,
      stdio: STDIO,
    });
    const file = `${name}-${version}-1.el9.noarch.rpm`;
    copyFileSync(join(top, 'RPMS/noarch', file), join(this.repository, file));
    return join(this.repository, file);
  }

  publish(): void {
    execFileSync('createrepo_c', ['--quiet', this.repository], { env: ENVIRONMENT, stdio: STDIO });
  }

  install(...files: readonly string[]): void {
    const flags = ['--install', '--nodeps', '--force-debian', '--noscripts', '--ignoreos'];
    execFileSync('rpm', [`--root=${this.root}`, ...flags, ...files], { env: ENVIRONMENT, stdio: STDIO });
  }

  installed(): readonly string[] {
    return execFileSync('rpm', [`--root=${this.root}`, '-qa', '--queryformat=%{NAME} %{VERSION}\\n'], {
      env: ENVIRONMENT,
      stdio: STDIO,
      encoding: 'utf8',
    })
      .trim()
      .split('\n')
      .sort();
  }

  optionsFor(): RunOptions {
    return { root: this.root, stateDirectory: this.state, nowMs: () => Date.now() };
  }
}
