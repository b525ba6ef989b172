/**
 * Typed errors. An expected failure has a code, a sentence, a next step and a verdict on retrying.
 *
 * Each room keeps its own catalogue with `defineErrors`; `docs/errors.md` is generated from all of
 * them, the API answers problem details (RFC 9457) whose `type` links there, and CLI and console
 * show the same `fix`.
 */

/** One expected failure. `status` is the HTTP status the API answers with. */
export interface ErrorEntry<Details> {
  readonly says: (details: Details) => string;
  /** The next step for whoever reads it: a command or an act, not an apology. */
  readonly fix: string;
  readonly status: number;
  readonly retryable: boolean;
}

export function entry<Details>(spec: ErrorEntry<Details>): ErrorEntry<Details> {
  return spec;
}

/** Codes are UPPER_SNAKE with the room's prefix: `FIM_BASELINE_MISSING`. */
// `never` is the only details type every entry accepts as a parameter.
type Catalogue = Readonly<Record<string, ErrorEntry<never>>>;
type DetailsOf<Entry> = Entry extends ErrorEntry<infer Details> ? Details : never;

export interface DefinedErrors<C extends Catalogue> {
  readonly entries: C;
  /** Makes (does not throw) the error for `code`; `cause` is kept, never shown to a client. */
  make<Code extends keyof C & string>(
    code: Code,
    details: DetailsOf<C[Code]>,
    options?: { readonly cause?: unknown },
  ): DemarcError;
}

/** What every part of Demarc throws for an expected failure. Details must never hold a secret. */
export class DemarcError extends Error {
  override readonly name = 'DemarcError';
  readonly code: string;
  readonly fix: string;
  readonly status: number;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(spec: {
    readonly code: string;
    readonly message: string;
    readonly fix: string;
    readonly status: number;
    readonly retryable: boolean;
    readonly details: Readonly<Record<string, unknown>>;
    readonly cause?: unknown;
  }) {
    super(spec.message, spec.cause === undefined ? undefined : { cause: spec.cause });
    this.code = spec.code;
    this.fix = spec.fix;
    this.status = spec.status;
    this.retryable = spec.retryable;
    this.details = spec.details;
  }
}

export function defineErrors<const C extends Catalogue>(entries: C): DefinedErrors<C> {
  return {
    entries,
    make(code, details, options) {
      const found = entries[code] as unknown as ErrorEntry<unknown>;
      return new DemarcError({
        code,
        message: found.says(details),
        fix: found.fix,
        status: found.status,
        retryable: found.retryable,
        details: details ?? {},
        cause: options?.cause,
      });
    },
  };
}

/** RFC 9457 body of an error; the shape the API answers and the CLI and console read. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly fix: string;
  readonly retryable: boolean;
}

export function toProblem(error: DemarcError): ProblemDetails {
  return {
    type: `/docs/errors#${error.code.toLowerCase()}`,
    title: error.code,
    status: error.status,
    detail: error.message,
    code: error.code,
    fix: error.fix,
    retryable: error.retryable,
  };
}
