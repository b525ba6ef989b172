/** What the exit status says; the same for every command, so that scripts can rely on it. */
export const EXIT = {
  ok: 0,
  /** Something failed; the error's code, sentence and next step are on standard error. */
  failed: 1,
  /** The command line was not understood. */
  usage: 2,
  /** The platform is not running, or does not answer. */
  notRunning: 3,
  /** The API said no: not signed in, or not permitted. */
  forbidden: 4,
  /** What was named does not exist. */
  notFound: 5,
} as const;
