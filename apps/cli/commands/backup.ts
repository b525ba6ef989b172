import { resolve } from 'node:path';
import type { Command } from 'commander';
import { backUp, type OnStep, restore } from '../backup.ts';
import type { Deps } from '../main.ts';
import { bar, type Output, Progress, print } from '../output.ts';

export function register(program: Command, { config, output }: Deps): void {
  program
    .command('backup')
    .description('both stores and the keys, into an empty directory')
    .requiredOption('--to <directory>', 'made when missing; readable by you alone')
    .action(async ({ to }: { readonly to: string }) => {
      const manifest = await withProgress(output, (onStep) => backUp(config, resolve(to), onStep));
      print(
        output,
        manifest,
        () =>
          `backed up ${Object.keys(manifest.files).length} files to ${resolve(to)}; keep it as safe as the keys in it`,
      );
    });
  program
    .command('restore')
    .description('a backup, into an empty data directory; then: ./demarc up')
    .requiredOption('--from <directory>', 'what `backup` made')
    .action(async ({ from }: { readonly from: string }) => {
      const manifest = await withProgress(output, (onStep) => restore(config, resolve(from), onStep));
      print(
        output,
        manifest,
        () =>
          `restored the backup of ${manifest.madeAt} into ${config.settings.DEMARC_DATA_DIR}; start it with ./demarc up`,
      );
    });
}

async function withProgress<T>(output: Output, work: (onStep: OnStep) => Promise<T>): Promise<T> {
  const progress = new Progress(output);
  try {
    return await work((what, done) => progress.show(`${bar(done)} ${what}`));
  } finally {
    progress.end();
  }
}
