/** Writes one line; the arguments are those of the logger. */
type WriteLine = (fields: object, message: string) => void;

const windowMs = 1_000;

/**
 * A log for events that can occur on every request, such as a target that is down. It writes a
 * limited number of lines per second; the next line after that reports how many were dropped.
 */
export class BoundedLog {
  readonly #write: WriteLine;
  readonly #linesPerSecond: number;
  readonly #nowMs: () => number;
  #windowEndsAtMs = 0;
  #written = 0;
  #leftOut = 0;

  constructor(
    write: WriteLine,
    linesPerSecond = 20,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#write = write;
    this.#linesPerSecond = linesPerSecond;
    this.#nowMs = nowMs;
  }

  /** Writes the line, or counts it as dropped. */
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
