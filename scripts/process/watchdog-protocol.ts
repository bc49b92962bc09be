/**
 * How a watched process is asked to end: signals in order, each with the time it has before the
 * next one follows.
 */
export type StopLadder = readonly { readonly signal: NodeJS.Signals; readonly graceMs: number }[];

/** What the watchdog is asked to run. */
export type WatchedCommand = {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The account to run as; only root can ask for another one. */
  readonly account?: { readonly uid: number; readonly gid: number } | undefined;
  readonly stopLadder: StopLadder;
};

/** How a process ended: an exit code, or the signal that ended it. */
export type ProcessExit = { readonly code: number | null; readonly signal: string | null };

/** Messages from the owner to the watchdog. */
export type WatchdogRequest =
  | { readonly type: 'start'; readonly command: WatchedCommand }
  | { readonly type: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly type: 'stop' };

/** Messages from the watchdog to its owner. */
export type WatchdogReport =
  | { readonly type: 'started'; readonly pid: number }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  | { readonly type: 'exited'; readonly exit: ProcessExit };
