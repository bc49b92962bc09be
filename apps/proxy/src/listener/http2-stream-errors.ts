import type { Http2Session } from 'node:http2';
import { Timer, type TimerWheel } from '../net/timer-wheel.ts';

/** The error that nghttp2 reports for a frame that breaks the protocol: NGHTTP2_ERR_PROTO of nghttp2.h. */
const NGHTTP2_ERR_PROTO = -505;
/** PROTOCOL_ERROR of RFC 9113 section 7. */
const PROTOCOL_ERROR = 1;
/** How long the reset of a stream may take to leave: behind a write that waits for the peer it takes a while. */
const GRACE_MS = 250;

/**
 * Keeps the error of one stream from ending the whole session.
 *
 * nghttp2 distinguishes the two as RFC 9113 section 5.4 says: it answers an error of the connection with GOAWAY, and one
 * of a stream (content that is longer than its Content-Length, section 8.1.1) with RST_STREAM. node:http2 destroys the
 * session for both. So a destruction for a protocol error waits for a moment: when a stream is reset with PROTOCOL_ERROR
 * in that time, the error was the stream's, and the session goes on. Otherwise the session is destroyed. nghttp2 reads
 * nothing more on a connection with an error of its own, so nothing happens on it in that time. A peer that keeps sending
 * such frames is still disconnected, by `maxSessionInvalidFrames` (1,000).
 */
export class StreamErrorGuard {
  private readonly destroy: (error?: Error, code?: number) => void;
  private readonly wheel: TimerWheel;
  private readonly timer: Timer;
  private error: Error | undefined = undefined;

  constructor(session: Http2Session, wheel: TimerWheel) {
    this.wheel = wheel;
    this.destroy = session.destroy.bind(session);
    this.timer = new Timer({ expired: () => this.decide() });
    session.destroy = (error?: Error, code?: number): void => {
      if (isProtocolError(error)) this.wait(error);
      else this.destroy(error, code);
    };
    session.on('close', () => wheel.clear(this.timer));
  }

  /** There was an error, and whether the session survives it is not known yet. */
  get isInDoubt(): boolean {
    return this.error !== undefined;
  }

  /** A stream of the session has closed. @param code of its RST_STREAM frame, sent or received */
  streamClosed(code: number | undefined): void {
    if (code !== PROTOCOL_ERROR || this.error === undefined) return;
    this.error = undefined;
    this.wheel.clear(this.timer);
  }

  private wait(error: Error): void {
    if (this.error !== undefined) return;
    this.error = error;
    this.wheel.set(this.timer, GRACE_MS);
  }

  private decide(): void {
    const { error } = this;
    this.error = undefined;
    if (error !== undefined) this.destroy(error);
  }
}

/** node:http2 itself passes null where there is no error. */
function isProtocolError(error: Error | null | undefined): error is Error {
  return error !== undefined && error !== null && 'code' in error && error.code === 'ERR_HTTP2_ERROR' && 'errno' in error && error.errno === NGHTTP2_ERR_PROTO;
}
