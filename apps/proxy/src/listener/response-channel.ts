import { serializeResponseHead, type Framing, type HeaderList } from '@sluice/http1';
import type { ContentSource } from '../exchange/content.ts';
import { OutgoingContent, textOf, type ContentSender } from '../net/outgoing-content.ts';
import { isBodiless, responseFraming, responseHead, type HeadContext } from './response-head.ts';
import type { SocketWriter } from '../net/socket-writer.ts';

/** The connection whose responses are sent. */
export interface ResponseOwner extends HeadContext {
  /** Asked once per response, when its head is made. @param framing 'close' leaves no choice */
  decideKeepAlive(framing: Framing): void;
  /** The response is out. */
  responseEnded(): void;
  /** The client must not take what it has of the response for whole. */
  responseBroken(): void;
}

/** Content up to this size joins the head in a single write. */
const MAX_JOINED_BYTES = 8 * 1024;

/** The response side of a connection: one response per request, whole or streamed. */
export class ResponseChannel implements ContentSender {
  private readonly owner: ResponseOwner;
  private readonly writer: SocketWriter;
  private outgoing: OutgoingContent | undefined = undefined;
  private onDone: ((fault: Error | undefined) => void) | undefined = undefined;
  /** The head of the final response is made, and is not taken back. */
  headSent = false;

  constructor(owner: ResponseOwner, writer: SocketWriter) {
    this.owner = owner;
    this.writer = writer;
  }

  /** Makes the channel new for another request. */
  begin(): void {
    this.headSent = false;
    this.writer.bytesSent = 0;
  }

  interim(status: number, headers: HeaderList): void {
    if (this.headSent || this.owner.protocol === '1.0') return;
    this.writer.send(serializeResponseHead(status, undefined, headers, 'none', 0));
  }

  /** Sends a response whose content is at hand. */
  respond(status: number, headers: HeaderList, content: Buffer | string | undefined): void {
    // A string of one byte per character goes out as it is; any other is UTF-8.
    const bytes = typeof content === 'string' && Buffer.byteLength(content) !== content.length ? Buffer.from(content) : (content ?? '');
    const { length } = bytes;
    const head = this.makeHead(status, headers, responseFraming(this.owner, status, length), length);
    if (length === 0 || isBodiless(this.owner.method, status)) this.writer.send(head);
    else if (typeof bytes === 'string') this.writer.send(head + bytes);
    else if (length <= MAX_JOINED_BYTES) this.writer.send(head + textOf(bytes));
    else this.writer.sendContent(head, bytes, '');
    this.owner.responseEnded();
  }

  /** Sends a response whose content follows; `onDone` is called once, unless the response is abandoned. */
  stream(status: number, headers: HeaderList, content: ContentSource, onDone: (fault: Error | undefined) => void): void {
    const isWithoutContent = isBodiless(this.owner.method, status);
    const endsWithHead = isWithoutContent || content.endsWithHead === true;
    // HTTP/1.1 has no other way to say that a message ends with its head than a length of 0.
    const length = endsWithHead && !isWithoutContent ? 0 : content.length;
    const framing = responseFraming(this.owner, status, length);
    const head = this.makeHead(status, headers, framing, length);
    if (endsWithHead) {
      content.cancel();
      this.writer.send(head);
      this.owner.responseEnded();
      onDone(undefined);
      return;
    }
    this.outgoing = new OutgoingContent(this.writer, this, head, framing, content);
    this.onDone = onDone;
    this.outgoing.begin();
  }

  /** The client takes more. */
  resume(): void {
    this.outgoing?.source.resume();
  }

  /** Nobody takes the response any more. Gives whom to tell, if somebody waits. */
  abandon(): ((fault: Error | undefined) => void) | undefined {
    this.outgoing?.abandon();
    return this.clear();
  }

  contentSent(): void {
    const onDone = this.clear();
    this.owner.responseEnded();
    onDone?.(undefined);
  }

  contentBroken(error: Error): void {
    const isUnsent = this.outgoing?.isUnsent === true;
    const onDone = this.clear();
    // The head was made and has not left: there may still be another answer.
    if (isUnsent) this.headSent = false;
    else this.owner.responseBroken();
    onDone?.(error);
  }

  private clear(): ((fault: Error | undefined) => void) | undefined {
    const { onDone } = this;
    this.outgoing = undefined;
    this.onDone = undefined;
    return onDone;
  }

  private makeHead(status: number, headers: HeaderList, framing: Framing, length: number): string {
    if (this.headSent) throw new Error('the response to this request has already begun');
    this.owner.decideKeepAlive(framing);
    const head = responseHead(this.owner, status, headers, framing, length);
    this.headSent = true;
    return head;
  }
}
