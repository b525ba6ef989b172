/** Door: a file replaced whole, so that a crash or a power cut leaves the old one or the new one, never half of either. */
import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;

/**
 * On disk, under its name, when it returns; the directory has to be there.
 *
 * One writer at a time: what is being written is called `FILE.new`, and what a crash left there is written over.
 *
 * @param mode of the file, whatever the umask says
 * @throws what the system says (ENOSPC, EFBIG, EACCES): the file is then as it was
 * @see rename(2), fsync(2)
 */
export function replaceFile(file: string, content: string | Uint8Array, mode = 0o600): void {
  const next = `${file}.new`;
  const fd = openSync(next, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode);
  try {
    fchmodSync(fd, mode);
    // A single write(2) may take less than it is given; this one goes on until all is written.
    writeFileSync(fd, content);
    fsyncSync(fd);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  renameSync(next, file);
  syncDirectory(dirname(file));
}

/** A new name is on disk once its directory is. */
export function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
