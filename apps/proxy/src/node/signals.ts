import { after } from '@sluice/errors';
import type { Logger } from '@sluice/telemetry';

/** Something that a node reads at its start and can read again, without an interruption. Faults are its own to report. */
export interface Rereadable {
  /** For the log, such as `certificates`. */
  readonly what: string;
  read(): Promise<void> | void;
}

/** A node that serves, or is about to. */
export interface SignalledNode {
  readonly logger: Logger;
  /** Gives what SIGHUP reads again. */
  readonly rereadables: readonly Rereadable[];
  /** Longest time that {@link stop} may take, in milliseconds. */
  readonly stopMs: number;
  stop(): Promise<void>;
}

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;
/** npm and some shells pass a Ctrl-C on that the terminal has sent to every process already. */
const sameRequestMs = 500;

/**
 * What signals do to a node, from the first moment of its start on. SIGTERM and SIGINT end it in order, at once while
 * nothing is served yet; a second one does not wait. SIGHUP reads again what can be read again, and never ends it.
 */
export class NodeSignals {
  #node: SignalledNode | undefined;
  #stoppingSinceMs: number | undefined;
  #isRereading = false;
  #isAskedAgain = false;

  /** Takes over the signals of this process. */
  constructor() {
    process.on('SIGTERM', () => this.#onStop('SIGTERM'));
    process.on('SIGINT', () => this.#onStop('SIGINT'));
    process.on('SIGHUP', () => void this.#onReread());
  }

  /** Has the signals act on a node from now on. */
  actOn(node: SignalledNode): void {
    this.#node = node;
  }

  #onStop(signal: keyof typeof exitCodes): void {
    const node = this.#node;
    if (this.#stoppingSinceMs !== undefined) {
      if (performance.now() - this.#stoppingSinceMs > sameRequestMs) process.exit(exitCodes[signal]);
      return;
    }
    this.#stoppingSinceMs = performance.now();
    // Workers that are being started end with the channel to this process.
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

  /** One after the other, in their order: a configuration file may need certificates that came with it. */
  async #onReread(): Promise<void> {
    const node = this.#node;
    // During the start everything is about to be read; while stopping nothing is of use any more.
    if (node === undefined || this.#stoppingSinceMs !== undefined) return;
    if (node.rereadables.length === 0) {
      node.logger.info({}, 'SIGHUP: nothing to read again: the settings name no files, and the configuration comes from the control plane');
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
          node.logger.error({ what, error: fault }, 'could not be read again; what was there before stays in use');
        }
      }
    }
    this.#isRereading = false;
  }
}
