/**
 * Formats the ports that a process listens on. Remembers the last text: a process listens on one or
 * two ports, and formatting would dominate the step that uses it.
 */
export class PortText {
  #port = 0;
  #text = '0';

  of(port: number): string {
    if (port !== this.#port) {
      this.#port = port;
      this.#text = String(port);
    }
    return this.#text;
  }
}
