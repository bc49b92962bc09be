/** Where lines go; the arguments are those of the logger. */
type WriteLine = (fields: object, message: string) => void;

const windowMs = 1_000;

/**
 * A log for what may happen to every request at once, such as a target that is down: at most so many lines a second. The
 * first line after a pause says how many were left out before it.
 */
export class BoundedLog {
  readonly #write: WriteLine;
  readonly #linesPerSecond: number;
  readonly #nowMs: () => number;
  #windowEndsAtMs = 0;
  #written = 0;
  #leftOut = 0;

  constructor(write: WriteLine, linesPerSecond = 20, nowMs: () => number = () => performance.now()) {
    this.#write = write;
    this.#linesPerSecond = linesPerSecond;
    this.#nowMs = nowMs;
  }

  /** Writes the line, or counts it as left out. */
  write(fields: object, message: string): void {
    const nowMs = this.#nowMs();
    if (nowMs >= this.#windowEndsAtMs) {
      this.#windowEndsAtMs = nowMs + windowMs;
      this.#written = 0;
    }
    if (this.#written >= this.#linesPerSecond) {
      this.#leftOut++;
      return;
    }
    this.#written++;
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    this.#write(leftOut === 0 ? fields : { ...fields, linesLeftOut: leftOut }, message);
  }
}
