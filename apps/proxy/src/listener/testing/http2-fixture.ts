import { HeaderList } from '@sluice/http1';
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { Downstream } from '../../exchange/downstream.ts';
import type { ListenerOptions } from '../listener-options.ts';
import { RunningListener } from './running-listener.ts';

/** What a client received on a stream. Tests only. */
export interface Http2Answer {
  readonly status: number;
  readonly fields: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
  /** The stream was ended in good order. */
  readonly ended: boolean;
  readonly rstCode: number;
  readonly interims: readonly number[];
}

/** Reads the answer on a stream to its end, good or bad. Tests only. */
export function readAnswer(stream: ClientHttp2Stream): Promise<Http2Answer> {
  const answer = {
    status: 0,
    fields: [] as string[],
    body: '',
    trailers: [] as string[],
    rstCode: 0,
    ended: false,
    interims: [] as number[],
  };
  stream.on('headers', (headers) => answer.interims.push(Number(headers[':status'])));
  stream.on(
    'response',
    (headers, _, raw) => ((answer.status = Number(headers[':status'])), (answer.fields = raw)),
  );
  stream.on('trailers', (_, __, raw) => (answer.trailers = raw));
  stream.on('data', (chunk: Buffer) => (answer.body += chunk.toString('latin1')));
  stream.on('end', () => (answer.ended = true));
  stream.on('error', () => undefined);
  return new Promise((resolve) =>
    stream.on('close', () => resolve({ ...answer, rstCode: stream.rstCode ?? 0 })),
  );
}

/** Answers 200 with a Date and the path of the request. Tests only. */
export function ok(downstream: Downstream): void {
  downstream.respond(200, HeaderList.of({ Date: 'D' }), downstream.path);
}

/** A listener and one HTTP/2 session to it. Tests only. */
export class Http2Fixture {
  running!: RunningListener;
  session!: ClientHttp2Session;

  /** Starts the listener and connects. */
  async serve(
    handler: (downstream: Downstream) => void,
    options: Partial<ListenerOptions> = {},
  ): Promise<void> {
    this.running = await RunningListener.start(handler, options);
    this.session = connect(`http://127.0.0.1:${this.running.port}`);
    this.session.on('error', () => undefined);
  }

  /** Sends a request to a.test and reads the answer. */
  request(fields: Record<string, string | string[]>, content?: string): Promise<Http2Answer> {
    const stream = this.session.request(
      { ':authority': 'a.test', ...fields },
      { endStream: content === undefined },
    );
    const answer = readAnswer(stream);
    if (content !== undefined) stream.end(content);
    return answer;
  }

  /** Sends a GET and reads the answer. */
  get(path: string, fields: Record<string, string | string[]> = {}): Promise<Http2Answer> {
    return this.request({ ':path': path, ...fields });
  }

  async stop(): Promise<void> {
    this.session.destroy();
    await this.running.stop();
  }
}
