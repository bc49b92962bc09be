import { GatewayError } from '@sluice/errors';
import { chunkPrefix, chunkSuffix, lastChunk, type Framing } from '@sluice/http1';
import type { ContentSink, ContentSource } from '../exchange/content.ts';
import type { SocketWriter } from './socket-writer.ts';

/** Who sends the message. */
export interface ContentSender {
  /** The message is complete. */
  contentSent(): void;
  /** The message cannot be completed: whoever receives it must not take what he has for whole. */
  contentBroken(error: Error): void;
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
 * Sends a message of HTTP/1.1 whose content comes from a source: framing, backpressure, and the check that as much
 * comes as was announced. While `gathering`, head and content pile up to leave in one write: that is the case until the
 * source has handed over what it already has.
 */
export class OutgoingContent implements ContentSink {
  readonly source: ContentSource;
  private readonly writer: SocketWriter;
  private readonly sender: ContentSender;
  private readonly framing: Framing;
  private gathered: string;
  private gathering = true;
  private missing: number;
  private over = false;
  private hasWritten = false;

  /** @param head of the message; it leaves with the first content, or alone when there is none yet */
  constructor(writer: SocketWriter, sender: ContentSender, head: string, framing: Framing, source: ContentSource) {
    this.writer = writer;
    this.sender = sender;
    this.framing = framing;
    this.source = source;
    this.gathered = head;
    this.missing = source.length;
  }

  /** Nothing of the message has been written yet. */
  get isUnsent(): boolean {
    return this.gathering && !this.hasWritten;
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
    if (this.framing === 'length' && (this.missing -= size) < 0) {
      this.source.cancel();
      this.fail(new GatewayError('upstream_malformed_response', { cause: 'more content than announced' }));
      return false;
    }
    const chunked = this.framing === 'chunked';
    if (size <= MAX_GATHERED_BYTES && (this.gathering || chunked)) {
      const text = textOf(chunk);
      this.gathered += chunked ? chunkPrefix(size) + text + chunkSuffix : text;
      return this.gathering && this.gathered.length <= 2 * MAX_GATHERED_BYTES ? true : this.flush();
    }
    const before = chunked ? this.gathered + chunkPrefix(size) : this.gathered;
    this.gathered = '';
    this.hasWritten = true;
    return this.writer.sendContent(before, chunk, chunked ? chunkSuffix : '');
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
    this.sender.contentSent();
  }

  fail(error: Error): void {
    if (this.over) return;
    this.over = true;
    this.sender.contentBroken(error);
  }

  /** Nobody takes the message any more: the source is cancelled, and the sender hears nothing. */
  abandon(): void {
    if (this.over) return;
    this.over = true;
    this.source.cancel();
  }

  private flush(): boolean {
    const text = this.gathered;
    if (text === '') return true;
    this.gathered = '';
    this.hasWritten = true;
    return this.writer.send(text);
  }
}
