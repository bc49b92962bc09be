import type { HeaderList } from '@sluice/http1';
import type { ReadContent, ReadOptions } from '../body.ts';

/** A copy of the bytes; text is encoded as UTF-8. */
export function bytesOf(content: Uint8Array | string): Uint8Array {
  return typeof content === 'string' ? new TextEncoder().encode(content) : content.slice();
}

/** What a read returns; undefined when the content is longer than the policy accepts. */
export function readBytes(
  bytes: Uint8Array,
  { maxBytes, over = 'refuse' }: ReadOptions,
): ReadContent | undefined {
  const complete = bytes.length <= maxBytes;
  return complete || over === 'partial'
    ? { bytes: bytes.subarray(0, maxBytes), complete }
    : undefined;
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
