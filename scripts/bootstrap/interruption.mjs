import { watchNpm } from './npm-parent.mjs';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Thrown when a request to end this process interrupts the work. `signal` is missing when npm,
 * which started it, has ended. `installer` is the pid of the process that goes on installing, when
 * this one only waited for it.
 */
export class Interrupted extends Error {
  constructor(signal) {
    super(`interrupted (${signal ?? 'npm has ended'})`);
    this.signal = signal;
    this.installer = undefined;
  }
}

/**
 * Runs `work`. Meanwhile a request to end (Ctrl-C, a signal, the end of the npm that started this
 * process) aborts the AbortSignal instead of ending the process, so that the work can stop its
 * child processes and clean up.
 * @template T
 * @param {(interruption: AbortSignal) => Promise<T>} work throws the signal's reason once it has
 * stopped
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
