/**
 * The sizes that a parser enforces, counted as received. The defaults are those of the edge; a
 * gateway may set others.
 *
 * A start line counts without its CRLF. The header block counts with the CRLF of every line but
 * without the empty line that ends it; trailers are added to the header block. Chunk extensions
 * count from the `;` to before the CRLF, over the whole message. A message of exactly the limit is
 * accepted, one more byte is not.
 */

interface MessageLimits {
  readonly maxHeaderBytes: number;
  readonly maxHeaderLines: number;
  readonly maxChunkExtensionBytes: number;
}

export interface RequestLimits extends MessageLimits {
  readonly maxRequestLineBytes: number;
}

export interface ResponseLimits extends MessageLimits {
  readonly maxStatusLineBytes: number;
  /** Interim (1xx) responses allowed before the final one. */
  readonly maxInterimResponses: number;
}

export const defaultRequestLimits: RequestLimits = Object.freeze({
  maxRequestLineBytes: 8 * 1024,
  maxHeaderBytes: 16 * 1024,
  maxHeaderLines: 100,
  maxChunkExtensionBytes: 1024,
});

export const defaultResponseLimits: ResponseLimits = Object.freeze({
  maxStatusLineBytes: 8 * 1024,
  maxHeaderBytes: 32 * 1024,
  maxHeaderLines: 100,
  maxChunkExtensionBytes: 1024,
  maxInterimResponses: 16,
});
