import { FieldName, listItems, type HeaderList } from '@sluice/http1';
import type {
  ContentObserver,
  ContentTransform,
  ReadContent,
  ReadOptions,
  ResponseBody,
} from '@sluice/policy-sdk';
import type { StepUpstreamResponse } from '@sluice/policy-sdk/run';
import { isBodiless, RESET_CONTENT } from '../../net/bodiless.ts';
import type { Reader } from './buffered-content.ts';
import { ObservedContent, TransformedContent, type NoteFault } from './content-layers.ts';
import type { ReceivedContent } from './received-content.ts';
import { copyOf } from './request-body.ts';

/** The exchange, as its response uses it. */
export interface ReceivingExchange {
  readonly method: string;
  readonly targetAddress: string | undefined;
  notePolicyFault(policy: string, fault: unknown): void;
}

/**
 * The response of the upstream as policies see it. After a policy timeout, another object continues
 * it, and the policy's object has no effect.
 */
export class ReceivedResponse implements StepUpstreamResponse, ResponseBody, Reader {
  policy = '';
  status: number;
  readonly headers: HeaderList;
  readonly target: string;
  readonly isShadow: boolean;
  private readonly exchange: ReceivingExchange;
  private received: ReceivedContent | undefined;
  /** In shadow mode: what the policy has replaced the content with. */
  private shadowContent: Uint8Array | undefined = undefined;
  private successor: ReceivedResponse | undefined = undefined;

  /** @param headers a list of its own: the upstream connection reuses the list that it parsed */
  constructor(
    exchange: ReceivingExchange,
    status: number,
    headers: HeaderList,
    received: ReceivedContent,
    isShadow = false,
  ) {
    this.exchange = exchange;
    this.status = status;
    this.headers = headers;
    this.target = exchange.targetAddress ?? '';
    this.received = received;
    this.isShadow = isShadow;
  }

  get body(): ResponseBody {
    return this;
  }

  get current(): ReceivedResponse {
    return this.successor === undefined ? this : this.successor.current;
  }

  withdraw(): void {
    const { received } = this;
    if (received === undefined) return;
    received.revoke(this);
    this.received = undefined;
    this.successor = this.copy(received, this.isShadow);
  }

  forShadow(): ReceivedResponse {
    // Called by the guard, for a response that was not withdrawn.
    return this.copy(this.received as ReceivedContent, true);
  }

  // ResponseBody: calls from policies.

  async read(options: ReadOptions): Promise<ReadContent> {
    const { received, shadowContent } = this;
    if (received === undefined) throw new Error('the content cannot be read after a timeout');
    if (shadowContent !== undefined) {
      const bytes = shadowContent.subarray(0, options.maxBytes);
      return { bytes, complete: bytes.length === shadowContent.length };
    }
    if (this.isBodiless) return { bytes: new Uint8Array(0), complete: true };
    return received.read(options, this);
  }

  replace(bytes: Uint8Array | string, contentType?: string): boolean {
    const { received } = this;
    if (received?.canChange !== true || this.isFixed) return false;
    if (this.isShadow) {
      this.shadowContent = copyOf(bytes);
      return true;
    }
    if (!received.buffered().replace(copyOf(bytes))) return false;
    for (const name of validators) this.headers.remove(name);
    this.headers.remove(CONTENT_ENCODING);
    if (contentType !== undefined) this.headers.set(CONTENT_TYPE, contentType);
    return true;
  }

  transform(transform: ContentTransform): boolean {
    const { received } = this;
    if (received?.canChange !== true || this.isFixed) return false;
    if (received.content.endsWithHead === true) return false;
    if (this.isShadow) return true;
    received.content = new TransformedContent(received.content, transform, this.noteFault());
    for (const name of validators) this.headers.remove(name);
    return true;
  }

  observe(observer: ContentObserver): void {
    const { received } = this;
    if (received?.canChange !== true) return;
    const watched = this.isShadow ? withCopies(observer) : observer;
    const observed = new ObservedContent(received.content, watched, this.noteFault());
    // Content that is not sent is complete: its length says nothing about it.
    if (this.isBodiless) observed.end(undefined);
    else received.content = observed;
  }

  private get isBodiless(): boolean {
    return isBodiless(this.exchange.method, this.status);
  }

  /** Whether the content must reach the client as it is (RFC 9110 section 7.7). */
  private get isFixed(): boolean {
    const { status } = this;
    return (
      this.isBodiless ||
      status === 206 ||
      status === RESET_CONTENT ||
      forbidsTransform(this.headers)
    );
  }

  private copy(received: ReceivedContent, isShadow: boolean): ReceivedResponse {
    const { exchange, status, headers } = this;
    return new ReceivedResponse(exchange, status, headers.clone(), received, isShadow);
  }

  private noteFault(): NoteFault {
    const { exchange, policy } = this;
    return (fault) => exchange.notePolicyFault(policy, fault);
  }
}

/** In shadow mode a policy must not be able to change the bytes that are sent. */
function withCopies(observer: ContentObserver): ContentObserver {
  return {
    chunk: (bytes) => observer.chunk(Uint8Array.from(bytes)),
    end: (complete) => observer.end?.(complete),
  };
}

function forbidsTransform(headers: HeaderList): boolean {
  const directives = listItems(headers.getAll(CACHE_CONTROL));
  return directives.some((directive) => directive.toLowerCase() === 'no-transform');
}

const CACHE_CONTROL = new FieldName('Cache-Control');
const CONTENT_TYPE = new FieldName('Content-Type');
const CONTENT_ENCODING = new FieldName('Content-Encoding');
/** Fields that describe the content as the upstream sent it. */
const validators = [
  'Content-Length',
  'ETag',
  'Content-Digest',
  'Repr-Digest',
  'Digest',
  'Content-MD5',
  'Accept-Ranges',
  'Content-Range',
].map((name) => new FieldName(name));
