import { watchNpm } from './npm-parent.mjs';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Thrown when this process was asked to end during a work. `signal` is missing when npm, which started us, has gone. */
export class Interrupted extends Error {
  constructor(signal) {
    super(`interrupted (${signal ?? 'npm has ended'})`);
    this.signal = signal;
  }
}

/**
 * Performs a work during which a request to end (Ctrl-C, a signal, the end of the npm that started us) does not end this
 * process. The work is told instead, so that it can stop what it started and put its things in order.
 * @template T
 * @param {(interruption: AbortSignal) => Promise<T>} work throws the signal's reason once it has stopped
 * @returns {Promise<T>}
 */
export async function interruptibly(work) {
  const controller = new AbortController();
  const onSignal = (signal) => controller.abort(new Interrupted(signal));
  for (const signal of signals) process.on(signal, onSignal);
  const unwatch = watchNpm(() => controller.abort(new Interrupted()));
  try {
    return await work(controller.signal);
  } finally {
    unwatch();
    for (const signal of signals) process.off(signal, onSignal);
  }
}
