import type { HeaderList } from '@sluice/http1';
import type { ReadContent, ReadOptions } from '../body.ts';
import { ContentFault } from '../content-fault.ts';
import type { ShadowRequestBody } from '../run/steps.ts';
import { bytesOf, describeReplacement, readBytes } from './test-content.ts';

/** The exchange that the content belongs to. */
interface Owner {
  readonly headers: HeaderList;
  contentLength: number;
}

/** The content of a test's request, in memory; it behaves as in the gateway. */
export class TestRequestBody implements ShadowRequestBody {
  /** The content, with what policies replaced it with. */
  bytes: Uint8Array;
  /** Why a read was refused: the gateway does not forward such a request. */
  fault: ContentFault | undefined = undefined;
  /** Undefined for a policy in shadow mode, and after a timeout. */
  private owner: Owner | undefined;
  private isRevoked = false;

  constructor(content: Uint8Array | string, owner: Owner | undefined) {
    this.bytes = bytesOf(content);
    this.owner = owner;
  }

  async read(options: ReadOptions): Promise<ReadContent> {
    if (this.isRevoked) throw new Error('the content cannot be read after a timeout');
    if (this.fault !== undefined) throw this.fault;
    const content = readBytes(this.bytes, options);
    if (content === undefined) throw (this.fault = new ContentFault('content_too_large'));
    if (content.complete && this.owner !== undefined) this.owner.contentLength = this.bytes.length;
    return content;
  }

  replace(bytes: Uint8Array | string, contentType?: string): void {
    if (this.isRevoked || this.fault !== undefined) return;
    this.bytes = bytesOf(bytes);
    if (this.owner === undefined) return;
    this.owner.contentLength = this.bytes.length;
    describeReplacement(this.owner.headers, contentType);
  }

  revoke(): void {
    this.isRevoked = true;
  }

  /** A view of its own for a policy in shadow mode. */
  forShadow(): TestRequestBody {
    return new TestRequestBody(this.bytes, undefined);
  }

  /** The content of the exchange that continues the request; this object is revoked. */
  movedTo(owner: Owner): TestRequestBody {
    const moved = new TestRequestBody(this.bytes, owner);
    moved.fault = this.fault;
    this.revoke();
    return moved;
  }
}
