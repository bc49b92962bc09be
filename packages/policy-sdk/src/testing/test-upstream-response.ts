import { listItems, type HeaderList } from '@sluice/http1';
import type {
  ContentObserver,
  ContentTransform,
  ReadContent,
  ReadOptions,
  ResponseBody,
} from '../body.ts';
import { ContentFault } from '../content-fault.ts';
import type { StepUpstreamResponse } from '../run/steps.ts';
import { bytesOf, describeReplacement, readBytes } from './test-content.ts';

/** The response of the simulated upstream, in memory; it behaves as in the gateway. */
export class TestUpstreamResponse implements StepUpstreamResponse, ResponseBody {
  policy = '';
  status: number;
  readonly headers: HeaderList;
  readonly target = '192.0.2.1:80';
  /** The content, with what policies made of it. */
  bytes: Uint8Array;
  /** Why a read was refused: the client then gets the error of that code. */
  fault: ContentFault | undefined = undefined;
  private readonly method: string;
  private isRevoked = false;
  private successor: TestUpstreamResponse | undefined = undefined;

  constructor(method: string, status: number, headers: HeaderList, bytes: Uint8Array) {
    this.method = method;
    this.status = status;
    this.headers = headers;
    this.bytes = this.isBodiless ? new Uint8Array(0) : bytes;
  }

  get body(): ResponseBody {
    return this;
  }

  get current(): TestUpstreamResponse {
    return this.successor === undefined ? this : this.successor.current;
  }

  withdraw(): void {
    this.successor = this.forShadow();
    this.successor.fault = this.fault;
    this.isRevoked = true;
  }

  forShadow(): TestUpstreamResponse {
    return new TestUpstreamResponse(this.method, this.status, this.headers.clone(), this.bytes);
  }

  async read(options: ReadOptions): Promise<ReadContent> {
    if (this.isRevoked) throw new Error('the content cannot be read after a timeout');
    if (this.fault !== undefined) throw this.fault;
    const content = readBytes(this.bytes, options);
    if (content === undefined) throw (this.fault = new ContentFault('upstream_content_too_large'));
    return content;
  }

  replace(bytes: Uint8Array | string, contentType?: string): boolean {
    if (this.isFixed) return false;
    this.bytes = bytesOf(bytes);
    for (const name of validators) this.headers.remove(name);
    describeReplacement(this.headers, contentType);
    return true;
  }

  transform(transform: ContentTransform): boolean {
    if (this.isFixed || this.bytes.length === 0) return false;
    const body = transform.chunk(this.bytes.slice()) ?? new Uint8Array(0);
    const rest = transform.end?.() ?? new Uint8Array(0);
    this.bytes = new Uint8Array(body.length + rest.length);
    this.bytes.set(body);
    this.bytes.set(rest, body.length);
    for (const name of validators) this.headers.remove(name);
    return true;
  }

  observe(observer: ContentObserver): void {
    if (this.isRevoked) return;
    if (this.bytes.length > 0) observer.chunk(this.bytes.slice());
    observer.end?.(true);
  }

  private get isBodiless(): boolean {
    return this.method === 'HEAD' || this.status === 204 || this.status === 304;
  }

  private get isFixed(): boolean {
    const isFinal = this.isRevoked || this.isBodiless || this.status === 206;
    const directives = listItems(this.headers.getAll('cache-control'));
    return isFinal || directives.some((each) => each.toLowerCase() === 'no-transform');
  }
}

const validators = ['Content-Length', 'ETag', 'Accept-Ranges'];
