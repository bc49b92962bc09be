import { TimerWheel } from '../../net/timer-wheel.ts';
import { Http2Target } from '../http2-target.ts';
import type { TargetOptions, TargetTls } from '../target-options.ts';
import type { OriginStream } from './http2-origin.ts';
import { RecordedCall, type CallOptions } from './recorded-call.ts';

interface StartedOrigin {
  readonly address: string;
  stop(): void;
}

/** An HTTP/2 target, its upstream and a timer wheel. Tests only. */
export class Http2TargetFixture {
  wheel!: TimerWheel;
  origin!: StartedOrigin;
  target!: Http2Target;

  start(): void {
    this.wheel = new TimerWheel({ tickMs: 10 }).start();
  }

  /** Makes the target of this upstream, which it returns. */
  use<Origin extends StartedOrigin>(
    started: Origin,
    options: Partial<TargetOptions> = {},
    tls?: TargetTls,
  ): Origin {
    this.origin = started;
    this.target = new Http2Target(
      {
        protocol: tls === undefined ? 'h2c' : 'h2',
        address: started.address,
        tls: tls ?? { verify: true },
      },
      this.wheel,
      options,
    );
    return started;
  }

  send(options: CallOptions = {}): RecordedCall {
    return RecordedCall.send(this.target, options);
  }

  stop(): void {
    this.target.close();
    this.origin.stop();
    this.wheel.stop();
  }
}

/** Answers 200 with the content "hello". Tests only. */
export function respondHello({ stream }: OriginStream): void {
  stream.respond([':status', '200', 'x-a', '1', 'x-a', '2']);
  stream.end('hello');
}
