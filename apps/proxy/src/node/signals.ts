import { after } from '@sluice/errors';
import type { Logger } from '@sluice/telemetry';

/**
 * Something that a node reads at its start and can read again while it serves. It reports its own
 * faults.
 */
export interface Rereadable {
  /** For the log, such as `certificates`. */
  readonly what: string;
  read(): Promise<void> | void;
}

/** The node that the signals act on. */
export interface SignalledNode {
  readonly logger: Logger;
  /** The files and tokens that SIGHUP reads again. */
  readonly rereadables: readonly Rereadable[];
  /** Longest time that {@link stop} may take, in milliseconds. */
  readonly stopMs: number;
  stop(): Promise<void>;
}

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;
/** npm and some shells forward a Ctrl-C that the terminal has already sent to every process. */
const sameRequestMs = 500;

/**
 * Handles the signals of a node from the beginning of its start. SIGTERM and SIGINT stop it
 * gracefully, or immediately while nothing is served yet; a second one ends it immediately. SIGHUP
 * reads files again and never ends the process.
 */
export class NodeSignals {
  #node: SignalledNode | undefined;
  #stoppingSinceMs: number | undefined;
  #isRereading = false;
  #isAskedAgain = false;

  /** Installs the signal handlers of this process. */
  constructor() {
    process.on('SIGTERM', () => this.#onStop('SIGTERM'));
    process.on('SIGINT', () => this.#onStop('SIGINT'));
    process.on('SIGHUP', () => void this.#onReread());
  }

  /** Sets the node that the signals act on. */
  actOn(node: SignalledNode): void {
    this.#node = node;
  }

  #onStop(signal: keyof typeof exitCodes): void {
    const node = this.#node;
    if (this.#stoppingSinceMs !== undefined) {
      if (performance.now() - this.#stoppingSinceMs > sameRequestMs)
        process.exit(exitCodes[signal]);
      return;
    }
    this.#stoppingSinceMs = performance.now();
    // Workers that are starting end when the channel to this process closes.
    if (node === undefined) process.exit(0);
    after('lifecycle', node.stopMs, () => process.exit(1)).unref();
    node.stop().then(
      () => process.exit(0),
      (fault: unknown) => {
        node.logger.error({ error: fault }, 'could not stop cleanly');
        process.exit(1);
      },
    );
  }

  /** Reads in order: a new configuration file may need new certificates. */
  async #onReread(): Promise<void> {
    const node = this.#node;
    // During the start the files are about to be read; while stopping they are not needed.
    if (node === undefined || this.#stoppingSinceMs !== undefined) return;
    if (node.rereadables.length === 0) {
      node.logger.info(
        {},
        'SIGHUP: nothing to read again: the settings name no files, and the configuration comes from the control plane',
      );
      return;
    }
    this.#isAskedAgain = true;
    if (this.#isRereading) return;
    this.#isRereading = true;
    while (this.#isAskedAgain) {
      this.#isAskedAgain = false;
      node.logger.info({ what: node.rereadables.map(({ what }) => what) }, 'SIGHUP: reading again');
      for (const { what, read } of node.rereadables) {
        try {
          await read();
        } catch (fault) {
          node.logger.error(
            { what, error: fault },
            'could not be read again; the previous version stays in use',
          );
        }
      }
    }
    this.#isRereading = false;
  }
}
