/**
 * Follows the frames (RFC 6455 section 5.2) of one direction of a WebSocket, so that a frame can be
 * inserted between two of them. It reads the lengths only and copies nothing.
 */
export class WebSocketFrames {
  /** Bytes of the header of the current frame, and how many of them there are. */
  readonly #header = Buffer.alloc(10);
  #have = 0;
  /** Bytes that are left of the payload and the mask of the current frame. */
  #left = 0;

  /** Whether the last byte was the last one of a frame. */
  get isBetween(): boolean {
    return this.#have === 0 && this.#left === 0;
  }

  /** Takes the next bytes. */
  pass(chunk: Buffer): void {
    this.#take(chunk, false);
  }

  /**
   * Takes the next bytes up to the end of the current frame.
   * @returns the number of bytes taken: the whole chunk when the frame goes on
   */
  passToEnd(chunk: Buffer): number {
    return this.isBetween ? 0 : this.#take(chunk, true);
  }

  #take(chunk: Buffer, stops: boolean): number {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at);
        this.#left -= taken;
        at += taken;
      } else {
        this.#header[this.#have++] = chunk[at++] as number;
        this.#readHeader();
      }
      if (stops && this.isBetween) return at;
    }
    return at;
  }

  #readHeader(): void {
    if (this.#have < 2) return;
    const second = this.#header[1] as number;
    const short = second & 0x7f;
    const needed = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (this.#have < needed) return;
    const length =
      needed === 2
        ? short
        : needed === 4
          ? this.#header.readUInt16BE(2)
          : Number(this.#header.readBigUInt64BE(2));
    this.#left = length + ((second & 0x80) === 0 ? 0 : 4);
    this.#have = 0;
  }
}

/** A Close frame of a server with this status code (RFC 6455 section 5.5.1). */
export function closeFrame(code: number, reason: string): Buffer {
  const text = Buffer.from(reason).subarray(0, 123);
  const frame = Buffer.alloc(4 + text.length);
  frame[0] = 0x88;
  frame[1] = 2 + text.length;
  frame.writeUInt16BE(code, 2);
  text.copy(frame, 4);
  return frame;
}
