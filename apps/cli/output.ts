/** What commands print: JSON for programs, a table for people, progress only where someone watches. */

export interface Output {
  readonly json: boolean;
}

export function print(output: Output, value: unknown, forPeople: () => string): void {
  process.stdout.write(output.json ? `${JSON.stringify(value)}\n` : `${forPeople()}\n`);
}

/** Columns as wide as their widest cell; the last one is not padded. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return 'nothing yet';
  const lines = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column === line.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

/** One line on a terminal that is overwritten as work goes on; silent for pipes and `--json`. */
export class Progress {
  readonly #enabled: boolean;
  #last = '';

  constructor(output: Output) {
    this.#enabled = !output.json && process.stderr.isTTY;
  }

  show(line: string): void {
    if (!this.#enabled || line === this.#last) return;
    this.#last = line;
    process.stderr.write(`\r\u001B[K${line}`);
  }

  end(): void {
    if (this.#enabled && this.#last !== '') process.stderr.write('\r\u001B[K');
  }
}

/** `[#####·····] 50 %` */
export function bar(share: number, width = 20): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return `[${'#'.repeat(filled)}${'·'.repeat(width - filled)}] ${Math.round(share * 100)} %`;
}
