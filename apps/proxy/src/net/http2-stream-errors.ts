import { errorCode } from '@sluice/errors';
import type { Http2Session } from 'node:http2';
import { Timer, type TimerWheel } from './timer-wheel.ts';

/**
 * The error that nghttp2 reports for a frame that violates the protocol: NGHTTP2_ERR_PROTO of
 * nghttp2.h.
 */
const NGHTTP2_ERR_PROTO = -505;
/** PROTOCOL_ERROR of RFC 9113 section 7. */
const PROTOCOL_ERROR = 1;
/** The time that the reset of a stream may take, because it can wait behind a blocked write. */
const GRACE_MS = 250;

/**
 * Prevents the error of one stream from ending the whole session.
 *
 * nghttp2 follows RFC 9113 section 5.4: it answers a connection error with GOAWAY and a stream
 * error, such as content longer than its Content-Length (section 8.1.1), with RST_STREAM.
 * node:http2 destroys the session for both. The guard therefore delays the destruction after a
 * protocol error. If a stream is reset with PROTOCOL_ERROR in that time, the error belongs to the
 * stream and the session continues; otherwise the session is destroyed. nghttp2 reads nothing more
 * on a connection with a connection error, so the delay is harmless. `maxSessionInvalidFrames`
 * (1,000) still disconnects a peer that keeps sending such frames.
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

  /** Whether an error occurred that may still end the session. */
  get isInDoubt(): boolean {
    return this.error !== undefined;
  }

  /**
   * Reports that a stream of the session has closed.
   * @param code of its RST_STREAM frame, sent or received
   */
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

/** Also accepts null, which node:http2 passes when there is no error. */
function isProtocolError(error: Error | null | undefined): error is Error {
  return (
    error !== undefined &&
    error !== null &&
    errorCode(error) === 'ERR_HTTP2_ERROR' &&
    'errno' in error &&
    error.errno === NGHTTP2_ERR_PROTO
  );
}
