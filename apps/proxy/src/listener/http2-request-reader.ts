import type { HeaderList } from '@sluice/http1';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { guardedBy } from '../net/guarded-events.ts';
import { readHttp2Trailers } from '../net/http2-trailers.ts';
import type { RequestContent } from './request-content.ts';

/**
 * Reads the content of a request from its stream.
 *
 * - A stream emits 'end' once, and for empty content possibly before the content is requested. The
 *   reader therefore listens for 'end' from the start and remembers it.
 * - The chunk that completes the announced length is held back until the stream has ended. A
 *   request with more content than announced is malformed (RFC 9113 section 8.1.1) and must not
 *   reach an upstream as a complete one.
 */
export class Http2RequestReader {
  /** Bytes of content received. */
  bytes = 0;
  private readonly stream: ServerHttp2Stream;
  private readonly content: RequestContent;
  private trailers: HeaderList | undefined = undefined;
  private lastChunk: Buffer | undefined = undefined;
  private hasBegun = false;
  private hasEnded = false;

  /** @param protectedNames names that no trailer may resemble; undefined drops all trailers */
  constructor(
    stream: ServerHttp2Stream,
    content: RequestContent,
    protectedNames: ReadonlySet<string> | undefined,
  ) {
    this.stream = stream;
    this.content = content;
    // Like 'end', trailers may arrive before the content is requested.
    if (protectedNames !== undefined) {
      const trailed = guardedBy(stream, (raw: readonly string[]) =>
        this.takeTrailers(raw, protectedNames),
      );
      stream.on('trailers', (_, __, raw) => trailed(raw));
    }
    stream.on(
      'end',
      guardedBy(stream, () => this.end()),
    );
  }

  /**
   * Starts to read. Received content is delivered soon; empty content is completed before this
   * returns.
   */
  begin(): void {
    if (this.hasBegun) return;
    this.hasBegun = true;
    if (this.hasEnded) this.complete();
    else
      this.stream.on(
        'data',
        guardedBy(this.stream, (chunk: Buffer) => this.take(chunk)),
      );
  }

  private take(chunk: Buffer): void {
    const { content } = this;
    this.bytes += chunk.length;
    if (this.bytes === content.length) this.lastChunk = chunk;
    else content.deliver(chunk);
  }

  private takeTrailers(raw: readonly string[], protectedNames: ReadonlySet<string>): void {
    this.trailers = readHttp2Trailers(raw, protectedNames);
    if (this.trailers === undefined)
      this.content.fail('malformed_request', 'A trailer field is not allowed.');
  }

  private end(): void {
    // A stream that was reset emits 'end', too.
    if (this.stream.aborted || this.stream.rstCode !== constants.NGHTTP2_NO_ERROR) return;
    this.hasEnded = true;
    if (this.hasBegun) this.complete();
  }

  private complete(): void {
    const { content, lastChunk } = this;
    this.lastChunk = undefined;
    if (lastChunk !== undefined) content.deliver(lastChunk);
    content.complete(this.trailers);
  }
}
