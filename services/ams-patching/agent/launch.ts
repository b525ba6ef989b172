/** Starts the process of an errand so that it outlives whoever starts it. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface Program {
  readonly file: string;
  readonly args: readonly string[];
}

const SYSTEMD_RUN = '/usr/bin/systemd-run';

/**
 * The agent's unit may write nothing but its own state, and has few capabilities: with systemd the process is a unit of
 * its own. Only its main process is ended with it (`KillMode`): an apt-get that is at work goes on, and holds its locks.
 *
 * @param id names the unit: a second one of it is refused while the first is there
 * @see systemd-run(1), systemd.kill(5)
 */
export function commandOf(
  { file, args }: Program,
  directory: string,
  id: string,
  hasSystemd: boolean,
): readonly [string, ...string[]] {
  if (!hasSystemd) return [file, ...args, directory];
  return [
    SYSTEMD_RUN,
    '--collect',
    '--quiet',
    '--no-ask-password',
    `--unit=demarc-patch-${id}`,
    '--description=Demarc patching',
    '--property=KillMode=process',
    '--property=UMask=0022',
    '--',
    file,
    ...args,
    directory,
  ];
}

/** @param onEnd why it ended, or could not be started; with systemd, of the program that hands it over */
export function launch(
  command: readonly [string, ...string[]],
  onEnd: (because: string) => void,
): ChildProcess {
  const [file, ...args] = command;
  const child = spawn(file, args, {
    // A session of its own.
    detached: true,
    stdio: 'ignore',
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  child.once('error', (error) => onEnd(error.message));
  child.once('exit', (code, signal) => onEnd(signal === null ? `exit status ${code}` : `killed (${signal})`));
  child.unref();
  return child;
}
