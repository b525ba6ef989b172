/** The process. What makes exports starts first, beside the rest of the server while that is still being read. */
import { openLog } from '@demarc/platform/log';
import { Exporter } from './exports/exporter.ts';

const say = openLog();
const exporter = new Exporter((line, error) => say(error === undefined ? line : `${line} ${String(error)}`));
// Whoever asks for an export later is told why there is none.
exporter.start().catch(() => undefined);
const { serve } = await import('./serve.ts');
await serve(exporter);
