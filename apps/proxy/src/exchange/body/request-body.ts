import { FieldName, type HeaderList } from '@sluice/http1';
import type { ReadContent, ReadOptions, RequestBody } from '@sluice/policy-sdk';
import type { BufferedContent, Reader } from './buffered-content.ts';

/**
 * The content of a request as one policy sees it. In shadow mode it is a view of its own: reads
 * return copies, and what it replaces is seen by its policy only.
 */
export class RequestBodyView implements RequestBody, Reader {
  readonly isShadow: boolean;
  private readonly exchange: { readonly headers: HeaderList };
  private content: BufferedContent | undefined;
  /** In shadow mode: what the policy has replaced the content with. */
  private shadowContent: Uint8Array | undefined = undefined;

  /** @param exchange its fields describe the content */
  constructor(
    exchange: { readonly headers: HeaderList },
    content: BufferedContent,
    isShadow: boolean,
  ) {
    this.exchange = exchange;
    this.content = content;
    this.isShadow = isShadow;
  }

  /** {@inheritDoc RequestBody.read} */
  async read(options: ReadOptions): Promise<ReadContent> {
    const { content, shadowContent } = this;
    if (content === undefined) throw new Error('the content cannot be read after a timeout');
    if (shadowContent === undefined) return content.read(options, this);
    const bytes = shadowContent.subarray(0, options.maxBytes);
    return { bytes, complete: bytes.length === shadowContent.length };
  }

  /** {@inheritDoc RequestBody.replace} */
  replace(bytes: Uint8Array | string, contentType?: string): void {
    if (this.isShadow) {
      this.shadowContent = copyOf(bytes);
      return;
    }
    if (this.content?.replace(copyOf(bytes)) === true)
      describeReplacement(this.exchange.headers, contentType);
  }

  /** Detaches the view from the request: reads that wait fail, and later calls have no effect. */
  revoke(): void {
    this.content?.revoke(this);
    this.content = undefined;
  }
}

/** The bytes as a buffer of their own: the policy may use its array again. */
export function copyOf(bytes: Uint8Array | string): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes);
}

/**
 * Removes the fields that describe the content that was replaced. Framing fields are written from
 * the length of the content.
 */
export function describeReplacement(headers: HeaderList, contentType: string | undefined): void {
  for (const name of describing) headers.remove(name);
  if (contentType !== undefined) headers.set(CONTENT_TYPE, contentType);
}

const CONTENT_TYPE = new FieldName('Content-Type');
const describing = [
  'Content-Encoding',
  'Content-MD5',
  'Content-Range',
  'Content-Digest',
  'Repr-Digest',
  'Digest',
].map((name) => new FieldName(name));
