import { serializeResponseHead, textOf, type Framing, type HeaderList } from '@sluice/http1';
import type { ContentSource } from '../net/content.ts';
import { OutgoingContent, type ContentSender } from '../net/outgoing-content.ts';
import { isBodiless, RESET_CONTENT } from '../net/bodiless.ts';
import { responseFraming, responseHead, type HeadContext } from './response-head.ts';
import type { SocketWriter } from '../net/socket-writer.ts';

/** The connection, as its response channel uses it. */
export interface ResponseOwner extends HeadContext {
  /**
   * Called once per response, before its head is serialized.
   * @param framing 'close' means that the connection must close
   */
  decideKeepAlive(framing: Framing): void;
  /** Reports that the response was handed to the socket completely. */
  responseEnded(): void;
  /** Reports that the response is incomplete, so that the connection must not end normally. */
  responseBroken(): void;
}

/** Content up to this size is sent in one write with the head. */
const MAX_JOINED_BYTES = 8 * 1024;

/** Sends the responses of a connection: one per request, buffered or streamed. */
export class ResponseChannel implements ContentSender {
  private readonly owner: ResponseOwner;
  private readonly writer: SocketWriter;
  private outgoing: OutgoingContent | undefined = undefined;
  private onDone: ((fault: Error | undefined) => void) | undefined = undefined;
  /** The head of the final response was serialized and cannot be replaced. */
  headSent = false;

  constructor(owner: ResponseOwner, writer: SocketWriter) {
    this.owner = owner;
    this.writer = writer;
  }

  /** Resets the channel for another request. */
  begin(): void {
    this.headSent = false;
    this.writer.bytesSent = 0;
  }

  interim(status: number, headers: HeaderList): void {
    if (this.headSent || this.owner.protocol === '1.0') return;
    this.writer.send(serializeResponseHead(status, undefined, headers, 'none', 0));
  }

  /** Sends a response with complete content. */
  respond(status: number, headers: HeaderList, given: Buffer | string | undefined): void {
    const content = status === RESET_CONTENT ? undefined : given;
    // A string of one-byte characters is sent unchanged; any other string is encoded as UTF-8.
    const bytes =
      typeof content === 'string' && Buffer.byteLength(content) !== content.length
        ? Buffer.from(content)
        : (content ?? '');
    const { length } = bytes;
    // The gateway does not know the length of the 200 response that its 304 stands for.
    const framing = status === 304 ? 'none' : responseFraming(this.owner, status, length);
    const head = this.makeHead(status, headers, framing, length);
    if (length === 0 || isBodiless(this.owner.method, status)) this.writer.send(head);
    else if (typeof bytes === 'string') this.writer.send(head + bytes);
    else if (length <= MAX_JOINED_BYTES) this.writer.send(head + textOf(bytes));
    else this.writer.sendContent(head, bytes, '');
    this.owner.responseEnded();
  }

  /**
   * Sends a response with streamed content. `onDone` is called once, unless the response is
   * abandoned.
   */
  stream(
    status: number,
    headers: HeaderList,
    content: ContentSource,
    onDone: (fault: Error | undefined) => void,
  ): void {
    const isWithoutContent = isBodiless(this.owner.method, status);
    const isReset = status === RESET_CONTENT;
    const endsWithHead = isWithoutContent || isReset || content.endsWithHead === true;
    // In HTTP/1.1 only Content-Length: 0 states that a message ends with its head.
    const length = isReset || (endsWithHead && !isWithoutContent) ? 0 : content.length;
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

  /** Continues after the client has read what was written. */
  resume(): void {
    this.outgoing?.source.resume();
  }

  /** Stops the response. Returns its `onDone`, if that has not been called. */
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
    // The head was serialized but not sent, so another response is still possible.
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
