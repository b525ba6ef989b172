/** Health in words; apart from its schema, which a browser has no use for. */
import type { Health } from './service.ts';

/** The same everywhere: `watching 3 files`, or `first baseline: 42 %, about 30 s left`. */
export function healthText({ because, progress }: Pick<Health, 'because' | 'progress'>): string {
  if (progress === undefined) return because;
  const { done, remainingSeconds, what } = progress;
  const left = remainingSeconds === undefined ? '' : `, about ${Math.ceil(remainingSeconds)} s left`;
  return `${what}: ${Math.floor(done * 100)} %${left}`;
}
