import { GatewayError } from '@sluice/errors';
import { HeaderList } from '@sluice/http1';
import type { ContentSink, ContentSource } from '../../net/content.ts';
import type { Downstream, Refusal } from '../../exchange/downstream.ts';
import type { ConnectionLimits } from '../connection-limits.ts';
import { Listener } from '../listener.ts';
import type { ListenerOptions } from '../listener-options.ts';
import type { CertificateFile } from '../../net/key-pair.ts';
import { TimerWheel } from '../../net/timer-wheel.ts';
import { TestTls } from './test-tls.ts';

/** The options of a listener, with TLS by certificates in short. */
export interface RunningListenerOptions extends Partial<ListenerOptions> {
  readonly certificates?: readonly CertificateFile[];
  readonly ticketKeys?: Buffer;
}

/** A real listener on a free port, with a request handler of the test. Tests only. */
export class RunningListener {
  readonly listener: Listener;
  readonly refusals: Refusal[] = [];
  readonly wheel = new TimerWheel({ tickMs: 10 }).start();
  /** The TLS settings, when the listener was started with certificates. */
  readonly tls: TestTls | undefined;
  private constructor(
    handler: (downstream: Downstream) => void,
    { certificates, ticketKeys, ...options }: RunningListenerOptions,
    connectionLimits?: ConnectionLimits,
  ) {
    const events = {
      connection: (downstream: Downstream) => () => handler(downstream),
      refused: (refusal: Refusal): string => {
        this.refusals.push(refusal);
        return JSON.stringify({ code: refusal.code });
      },
      answered: () => undefined,
    };
    this.tls = certificates && new TestTls(certificates, ticketKeys);
    this.listener = new Listener(
      events,
      this.wheel,
      { tls: this.tls, ...options },
      connectionLimits,
    );
  }

  static async start(
    handler: (downstream: Downstream) => void,
    options: RunningListenerOptions = {},
    connectionLimits?: ConnectionLimits,
  ): Promise<RunningListener> {
    const running = new RunningListener(handler, options, connectionLimits);
    await running.listener.listen(0, '127.0.0.1');
    return running;
  }

  get port(): number {
    return this.listener.address()?.port ?? 0;
  }

  async stop(): Promise<void> {
    await this.listener.close();
    this.wheel.stop();
  }
}

/**
 * Responds with the target and content of the request, so that a test can tell which request a
 * response belongs to.
 */
export function echo(downstream: Downstream): void {
  collect(downstream.content, (content, error) => {
    if (error !== undefined) {
      downstream.respond(error.status, HeaderList.of({ 'Content-Type': 'text/plain' }), error.code);
      return;
    }
    const query = downstream.query === '' ? '' : `?${downstream.query}`;
    downstream.respond(
      200,
      new HeaderList(),
      `${downstream.method} ${downstream.authority}${downstream.path}${query} ${content}`,
    );
  });
}

/** Collects all content of a source as text of one byte per character. */
export function collect(
  source: ContentSource,
  then: (content: string, error: GatewayError | undefined) => void,
): void {
  let content = '';
  source.start({
    data: (chunk) => {
      content += chunk.toString('latin1');
      return true;
    },
    end: () => then(content, undefined),
    fail: (error) => then(content, error),
  });
}

/** Waits until the condition is true. Throws an Error after 30 s: a busy machine may need long. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const started = performance.now();
  while (!(await condition())) {
    if (performance.now() - started > 30_000)
      throw new Error(`still not so after 30 s: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Content that a test delivers in pieces. */
export class ScriptedContent implements ContentSource {
  readonly length: number;
  sink: ContentSink | undefined = undefined;
  resumed = 0;
  cancelled = false;
  private readonly onStart: (content: ScriptedContent) => void;

  constructor(length: number, onStart: (content: ScriptedContent) => void = () => undefined) {
    this.length = length;
    this.onStart = onStart;
  }

  start(sink: ContentSink): void {
    this.sink = sink;
    this.onStart(this);
  }

  resume(): void {
    this.resumed++;
  }

  cancel(): void {
    this.cancelled = true;
  }

  give(text: string): boolean {
    return this.sink?.data(Buffer.from(text, 'latin1')) ?? false;
  }

  end(): void {
    this.sink?.end(undefined);
  }

  fail(): void {
    this.sink?.fail(new GatewayError('upstream_reset'));
  }
}
