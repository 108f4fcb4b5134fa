/**
 * What a failure means to whoever started the command: `usage` is a command line or configuration to be
 * corrected (exit code 2), `operation` is something that the system refused (exit code 1).
 */
export type ErrorKind = 'usage' | 'operation';

export type ErrorParts = {
  readonly kind: ErrorKind;
  /** What was being done: "attach xdp". */
  readonly operation: string;
  /** What it was done to: "veth10". */
  readonly object: string;
  /** Why it failed: a sentence fragment, or the error that was caught. */
  readonly cause: unknown;
  /** What the reader can do about it. */
  readonly cure?: string;
};

/** A failure that the user can read: its message is "operation object: cause; cure". */
export class HostintError extends Error {
  override readonly name = 'HostintError';
  readonly kind: ErrorKind;
  readonly operation: string;
  readonly object: string;
  readonly cure: string | undefined;

  constructor({ kind, operation, object, cause, cure }: ErrorParts) {
    const head = object === '' ? operation : `${operation} ${object}`;
    super(`${head}: ${describe(cause)}${cure === undefined ? '' : `; ${cure}`}`, { cause });
    this.kind = kind;
    this.operation = operation;
    this.object = object;
    this.cure = cure;
  }

  get exitCode(): 1 | 2 {
    return this.kind === 'usage' ? 2 : 1;
  }
}

export function usageError(parts: Omit<ErrorParts, 'kind'>): HostintError {
  return new HostintError({ kind: 'usage', ...parts });
}

export function operationError(parts: Omit<ErrorParts, 'kind'>): HostintError {
  return new HostintError({ kind: 'operation', ...parts });
}

/** The text of anything that can be thrown. */
export function describe(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
