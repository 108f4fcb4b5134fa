/** The part of a terminal, or of a file, that is written to. */
export type Output = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly write: (text: string) => unknown;
};

export type View = {
  /** Stands above the table: once, on a stream that is no terminal. */
  readonly head: readonly string[];
  readonly table: readonly string[];
  readonly seconds: number;
};

/** Shows views one after another: in place on a terminal, as plain lines with the time before them elsewhere. */
export class Screen {
  readonly #output: Output;
  #shown = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  show(view: View): void {
    if (this.#output.isTTY === true) this.#output.write(this.#frame(view));
    else
      this.#output.write(
        this.#plain(view)
          .map((line) => `${line}\n`)
          .join(''),
      );
    this.#shown++;
  }

  #frame({ head, table }: View): string {
    // A pseudo-terminal that nobody sized says 0.
    const columns = this.#output.columns || 80;
    const rows = this.#output.rows || 24;
    const clear = this.#shown === 0 ? '\x1b[2J' : '';
    const lines = fit([...head, '', ...table], rows - 1).map((line) => `${line.slice(0, columns)}\x1b[K\n`);
    return `${clear}\x1b[H${lines.join('')}\x1b[J`;
  }

  #plain({ head, table, seconds }: View): readonly string[] {
    const [columnHeads = '', ...rows] = table;
    const stamped = (line: string, time: string) => `${time.padStart(6)}  ${line}`;
    return [
      ...(this.#shown === 0 ? head : []),
      ...(rows.length > 0 ? [stamped(columnHeads, '')] : []),
      ...rows.map((row) => stamped(row, `${seconds.toFixed(0)} s`)),
    ];
  }
}

function fit(lines: readonly string[], rows: number): readonly string[] {
  if (lines.length <= rows) return lines;
  const shown = lines.slice(0, Math.max(rows - 1, 0));
  return [...shown, `… ${lines.length - shown.length} more: make the window taller`];
}
