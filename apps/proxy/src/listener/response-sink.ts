import { GatewayError } from '@sluice/errors';
import { chunkPrefix, chunkSuffix, lastChunk, type Framing } from '@sluice/http1';
import type { ContentSink, ContentSource } from '../exchange/content.ts';

/** What the writer of streamed content needs of its connection. */
export interface ResponseOwner {
  /** Writes text of one byte per character. False when the client does not keep up. */
  send(text: string): boolean;
  /** Writes a piece of content between two texts, in one go. */
  sendContent(before: string, chunk: Buffer, after: string): boolean;
  /** The response is complete. */
  responseEnded(): void;
  /** The response cannot be completed: the client must not take what it has for whole. */
  responseBroken(): void;
}

/** Content up to this size joins the text around it in a single write; copying more costs more than a second write. */
const MAX_GATHERED_BYTES = 8 * 1024;

interface Latin1Source {
  latin1Slice(): string;
}

/** The bytes as text of one byte per character. */
export function textOf(bytes: Buffer): string {
  return (bytes as unknown as Latin1Source).latin1Slice();
}

/**
 * Writes the content of a streamed response. While `gathering`, head and content pile up to leave in one write: that is
 * the case until the source has handed over what it already has.
 */
export class ResponseSink implements ContentSink {
  readonly source: ContentSource;
  private readonly owner: ResponseOwner;
  private readonly framing: Framing;
  private readonly onDone: (fault: Error | undefined) => void;
  private gathered: string;
  private gathering = true;
  private missing: number;
  private over = false;

  constructor(owner: ResponseOwner, head: string, framing: Framing, source: ContentSource, onDone: (fault: Error | undefined) => void) {
    this.owner = owner;
    this.framing = framing;
    this.source = source;
    this.onDone = onDone;
    this.gathered = head;
    this.missing = source.length;
  }

  /** Lets the source flow. The head is on its way when this returns. */
  begin(): void {
    this.source.start(this);
    this.gathering = false;
    if (!this.over) this.flush();
  }

  data(chunk: Buffer): boolean {
    const size = chunk.length;
    if (this.over) return false;
    if (size === 0) return true;
    const chunked = this.framing === 'chunked';
    if (this.framing === 'length' && (this.missing -= size) < 0) {
      this.source.cancel();
      this.fail(new GatewayError('upstream_malformed_response', { cause: 'more content than announced' }));
      return false;
    }
    if (size <= MAX_GATHERED_BYTES && (this.gathering || chunked)) {
      const text = textOf(chunk);
      this.gathered += chunked ? chunkPrefix(size) + text + chunkSuffix : text;
      return this.gathering && this.gathered.length <= 2 * MAX_GATHERED_BYTES ? true : this.flush();
    }
    const before = chunked ? this.gathered + chunkPrefix(size) : this.gathered;
    this.gathered = '';
    return this.owner.sendContent(before, chunk, chunked ? chunkSuffix : '');
  }

  end(): void {
    if (this.over) return;
    if (this.framing === 'length' && this.missing > 0) {
      this.fail(new GatewayError('upstream_reset', { cause: `${this.missing} bytes of the announced content are missing` }));
      return;
    }
    this.over = true;
    if (this.framing === 'chunked') this.gathered += lastChunk;
    this.flush();
    this.owner.responseEnded();
    this.onDone(undefined);
  }

  fail(error: Error): void {
    if (this.over) return;
    this.over = true;
    this.owner.responseBroken();
    this.onDone(error);
  }

  /** For the connection, when the client is gone: nobody waits for the rest. */
  abandon(): void {
    if (this.over) return;
    this.over = true;
    this.source.cancel();
  }

  /** For the connection, when the client is gone and nobody asked to be told: the fault is all there is to tell. */
  abandonWith(error: Error): void {
    if (this.over) return;
    this.abandon();
    this.onDone(error);
  }

  private flush(): boolean {
    const text = this.gathered;
    if (text === '') return true;
    this.gathered = '';
    return this.owner.send(text);
  }
}
