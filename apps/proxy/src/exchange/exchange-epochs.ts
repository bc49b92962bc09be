import { after, soon } from '@sluice/errors';

/** Longest wait for exchanges: a tunnel or an endless stream may stay open for days. */
const defaultBoundMs = 60_000;

export interface ExchangeEpochsOptions {
  /** Longest wait of {@link ExchangeEpochs.whenOver}, milliseconds. Default: 60 seconds. */
  readonly boundMs?: number;
  /** Calls `act` later and returns a function that prevents it; for tests. */
  readonly schedule?: (delayMs: number, act: () => void) => () => void;
}

/** The exchanges that were opened between two calls of {@link ExchangeEpochs.whenOver}. */
export class ExchangeEpoch {
  /** Number of exchanges that were opened in this epoch and have not ended. */
  open = 0;
  readonly #epochs: ExchangeEpochs;
  /** Set when the epoch is past: called once, when it is over. */
  #over: (() => void) | undefined;
  #unschedule: () => void = () => undefined;

  constructor(epochs: ExchangeEpochs) {
    this.#epochs = epochs;
  }

  /** Called when the last open exchange has ended; others may still be opened. */
  drained(): void {
    this.#epochs.advance();
  }

  /** Begins to wait: `over` is called by {@link end} or after the bound. */
  wait(over: () => void, schedule: (act: () => void) => () => void): void {
    this.#over = over;
    this.#unschedule = schedule(() => {
      this.end();
      this.#epochs.advance();
    });
  }

  get isOver(): boolean {
    return this.#over === undefined;
  }

  end(): void {
    const over = this.#over;
    this.#over = undefined;
    this.#unschedule();
    over?.();
  }
}

/**
 * Tells when all exchanges that are open now have ended: from then on nothing uses the
 * configuration that they were opened with. An exchange costs an increment and a decrement.
 */
export class ExchangeEpochs {
  current = new ExchangeEpoch(this);
  /** Epochs that wait, oldest first. */
  #past: ExchangeEpoch[] = [];
  readonly #schedule: (act: () => void) => () => void;

  constructor({ boundMs = defaultBoundMs, schedule = later }: ExchangeEpochsOptions = {}) {
    this.#schedule = (act) => schedule(boundMs, act);
  }

  /** Calls `over` once, in a later turn: when the exchanges have ended, or after the bound. */
  whenOver(over: () => void): void {
    const epoch = this.current;
    epoch.wait(() => void soon('lifecycle', over), this.#schedule);
    this.#past.push(epoch);
    this.current = new ExchangeEpoch(this);
    this.advance();
  }

  /** Ends the past epochs without open exchanges. An older epoch holds up the later ones. */
  advance(): void {
    for (let first = this.#past[0]; first !== undefined; first = this.#past[0]) {
      if (first.open > 0 && !first.isOver) return;
      this.#past.shift();
      first.end();
    }
  }

  /** Ends all waiting at once: the process ends. */
  endAll(): void {
    const past = this.#past;
    this.#past = [];
    for (const epoch of past) epoch.end();
  }
}

function later(delayMs: number, act: () => void): () => void {
  const timer = after('lifecycle', delayMs, act).unref();
  return () => clearTimeout(timer);
}
