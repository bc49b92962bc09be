import { GatewayError } from '@sluice/errors';
import type { HeaderList } from '@sluice/http1';
import type { ContentObserver, ContentTransform } from '@sluice/policy-sdk';
import type { ContentSink, ContentSource } from '../../net/content.ts';

/** Is told that a function of a policy threw. */
export type NoteFault = (fault: unknown) => void;

/** A layer over the content of a response: it passes through what it does not change. */
abstract class ContentLayer implements ContentSource, ContentSink {
  protected readonly source: ContentSource;
  protected sink: ContentSink | undefined = undefined;

  constructor(source: ContentSource) {
    this.source = source;
  }

  abstract readonly length: number;
  abstract readonly endsWithHead: boolean;

  start(sink: ContentSink): void {
    this.sink = sink;
    this.source.start(this);
  }

  resume(): void {
    this.source.resume();
  }

  cancel(): void {
    this.sink = undefined;
    this.source.cancel();
  }

  pauseTimeouts(): void {
    this.source.pauseTimeouts?.();
  }

  resumeTimeouts(): void {
    this.source.resumeTimeouts?.();
  }

  abstract data(chunk: Buffer): boolean;

  end(trailers: HeaderList | undefined): void {
    this.takeSink()?.end(trailers);
  }

  fail(error: GatewayError): void {
    this.takeSink()?.fail(error);
  }

  protected takeSink(): ContentSink | undefined {
    const { sink } = this;
    this.sink = undefined;
    return sink;
  }
}

/** Content that a policy changes while it streams. An exception of the policy breaks it off. */
export class TransformedContent extends ContentLayer {
  readonly length = -1;
  readonly endsWithHead = false;
  private readonly transform: ContentTransform;
  private readonly note: NoteFault;

  constructor(source: ContentSource, transform: ContentTransform, note: NoteFault) {
    super(source);
    this.transform = transform;
    this.note = note;
  }

  data(chunk: Buffer): boolean {
    const { sink } = this;
    if (sink === undefined) return false;
    let bytes: Uint8Array | undefined;
    try {
      bytes = checked(this.transform.chunk(chunk));
    } catch (fault) {
      this.breakOff(fault);
      return false;
    }
    return bytes === undefined || sink.data(asBuffer(bytes));
  }

  override end(trailers: HeaderList | undefined): void {
    const { sink } = this;
    if (sink === undefined) return;
    let bytes: Uint8Array | undefined;
    try {
      bytes = checked(this.transform.end?.());
    } catch (fault) {
      return this.breakOff(fault);
    }
    if (bytes !== undefined) sink.data(asBuffer(bytes));
    super.end(trailers);
  }

  private breakOff(fault: unknown): void {
    this.note(fault);
    const sink = this.takeSink();
    this.source.cancel();
    sink?.fail(new GatewayError('policy_failed', { cause: fault }));
  }
}

/** Content that a policy watches while it streams. An exception of the policy ends the watching. */
export class ObservedContent extends ContentLayer {
  private observer: ContentObserver | undefined;
  private readonly note: NoteFault;

  constructor(source: ContentSource, observer: ContentObserver, note: NoteFault) {
    super(source);
    this.observer = observer;
    this.note = note;
  }

  get length(): number {
    return this.source.length;
  }

  get endsWithHead(): boolean {
    return this.source.endsWithHead === true;
  }

  data(chunk: Buffer): boolean {
    try {
      this.observer?.chunk(chunk);
    } catch (fault) {
      this.observer = undefined;
      this.note(fault);
    }
    return this.sink?.data(chunk) ?? false;
  }

  override cancel(): void {
    // A head without content is complete when it is cancelled.
    this.ended(this.endsWithHead);
    super.cancel();
  }

  override end(trailers: HeaderList | undefined): void {
    this.ended(true);
    super.end(trailers);
  }

  override fail(error: GatewayError): void {
    this.ended(false);
    super.fail(error);
  }

  private ended(complete: boolean): void {
    const { observer } = this;
    this.observer = undefined;
    try {
      observer?.end?.(complete);
    } catch (fault) {
      this.note(fault);
    }
  }
}

/** @throws TypeError for something that is no content, from a policy in plain JavaScript */
function checked(bytes: Uint8Array | undefined): Uint8Array | undefined {
  if (bytes === undefined || bytes.length === 0) return undefined;
  if (bytes instanceof Uint8Array) return bytes;
  throw new TypeError('a transform returns bytes (Uint8Array) or undefined');
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
