import { once } from 'node:events';
import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { TestCertificate } from './certificates.ts';

export interface OriginStream {
  readonly stream: ServerHttp2Stream;
  readonly raw: readonly string[];
  body: string;
  /** Names and values alternate. */
  trailers: readonly string[];
  /** The request ended without an error. */
  complete: boolean;
}

/** A real HTTP/2 server whose streams are handled by the test. Tests only. */
export class Http2Origin {
  readonly streams: OriginStream[] = [];
  readonly sessions: ServerHttp2Session[] = [];
  private readonly server: Http2Server | Http2SecureServer;

  private constructor(
    behave: (stream: OriginStream) => void,
    maxConcurrentStreams: number,
    certificate: TestCertificate | undefined,
  ) {
    const settings = { maxConcurrentStreams };
    this.server =
      certificate === undefined
        ? createServer({ settings })
        : createSecureServer({ settings, ...certificate });
    this.server.on('session', (session: ServerHttp2Session) => {
      this.sessions.push(session);
      session.on('error', () => undefined);
    });
    this.server.on('sessionError', () => undefined);
    this.server.on('stream', (stream: ServerHttp2Stream, _: unknown, __: number, raw: string[]) => {
      const opened: OriginStream = { stream, raw, body: '', trailers: [], complete: false };
      this.streams.push(opened);
      stream.on('error', () => undefined);
      stream.on('data', (chunk: Buffer) => (opened.body += chunk.toString('latin1')));
      stream.on(
        'trailers',
        (_headers: unknown, _flags: number, fields: string[]) => (opened.trailers = fields),
      );
      stream.on('end', () => (opened.complete = !stream.aborted && stream.rstCode === 0));
      behave(opened);
    });
  }

  static async start(
    behave: (stream: OriginStream) => void,
    options: { maxStreams?: number; certificate?: TestCertificate } = {},
  ): Promise<Http2Origin> {
    const origin = new Http2Origin(behave, options.maxStreams ?? 100, options.certificate);
    origin.server.listen(0, '127.0.0.1');
    await once(origin.server, 'listening');
    return origin;
  }

  get address(): string {
    const address = this.server.address();
    return `127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
  }

  stop(): void {
    this.server.close();
    for (const session of this.sessions) session.destroy();
  }
}
