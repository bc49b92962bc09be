/**
 * Gives the value of the Date field (RFC 9110 section 6.6.1). Formats it at most once per second,
 * because formatting costs more than the rest of a response head.
 */
export class HttpDate {
  private second = -1;
  private text = '';

  /** @param nowMs wall-clock time, milliseconds since 1970 */
  at(nowMs: number): string {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.second) {
      this.second = second;
      this.text = new Date(second * 1000).toUTCString();
    }
    return this.text;
  }
}
