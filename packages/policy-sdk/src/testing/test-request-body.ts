import type { HeaderList } from '@sluice/http1';
import type { ReadContent, ReadOptions, RequestBody } from '../body.ts';
import { ContentFault } from '../content-fault.ts';

/** The content of a test's request, in memory; reads behave as in the gateway. */
export class TestRequestBody implements RequestBody {
  /** The content, with what policies replaced it with. */
  bytes: Uint8Array;
  /** Why a read was refused: the gateway would then not forward the request. */
  fault: ContentFault | undefined = undefined;
  private readonly headers: HeaderList;

  constructor(content: Uint8Array | string, headers: HeaderList) {
    this.bytes = bytesOf(content);
    this.headers = headers;
  }

  async read({ maxBytes, over = 'refuse' }: ReadOptions): Promise<ReadContent> {
    if (this.fault !== undefined) throw this.fault;
    const complete = this.bytes.length <= maxBytes;
    if (!complete && over === 'refuse') {
      this.fault = new ContentFault('content_too_large');
      throw this.fault;
    }
    return { bytes: this.bytes.subarray(0, maxBytes), complete };
  }

  replace(bytes: Uint8Array | string, contentType?: string): void {
    this.bytes = bytesOf(bytes);
    describeReplacement(this.headers, contentType);
  }
}

/** A copy of the bytes; text is encoded as UTF-8. */
export function bytesOf(content: Uint8Array | string): Uint8Array {
  return typeof content === 'string' ? new TextEncoder().encode(content) : content.slice();
}

/** Removes the fields that describe replaced content, as the gateway does. */
export function describeReplacement(headers: HeaderList, contentType: string | undefined): void {
  for (const name of describing) headers.remove(name);
  if (contentType !== undefined) headers.set('Content-Type', contentType);
}

const describing = [
  'Content-Encoding',
  'Content-MD5',
  'Content-Range',
  'Content-Digest',
  'Repr-Digest',
  'Digest',
];
