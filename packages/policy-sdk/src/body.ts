import type { HeaderList } from '@sluice/http1';

/** How much content a policy wants to read. */
export interface ReadOptions {
  /** The largest number of bytes to return. */
  readonly maxBytes: number;
  /**
   * What happens to longer content. `refuse`, the default: the read fails, and the message is
   * refused, with 413 for a request and 502 for a response. `partial`: the first `maxBytes` bytes
   * are returned, and the message continues.
   */
  readonly over?: 'refuse' | 'partial';
}

/** Content that was read. */
export interface ReadContent {
  /** Shared with other readers and with the forwarded message: do not change them. */
  readonly bytes: Uint8Array;
  /** False when the content is longer than `maxBytes`. */
  readonly complete: boolean;
}

/**
 * The content of the request. Nothing is read, buffered or delayed unless a policy reads. Content
 * that was read is still forwarded to the upstream, and is sent again when another target is tried.
 */
export interface RequestBody {
  /**
   * Reads the content, up to `maxBytes`. Several policies may read the same content. Answers
   * `Expect: 100-continue`. The time spent waiting for the client does not count against the time
   * limit of the hook. Rejects with a `ContentFault` when the client is at fault (too large, too
   * slow, disconnected, malformed) or when the memory for buffered content is exhausted: the
   * gateway then answers with the code of that fault, whatever `onError` says. Rejects with an
   * Error after the exchange has ended, and when the content has been forwarded without having been
   * read.
   */
  read(options: ReadOptions): Promise<ReadContent>;
  /**
   * Replaces the content: the upstream and later readers receive these bytes. Removes the fields
   * that describe the old content (Content-Encoding and digests), and sets Content-Type when
   * `contentType` is given. Has no effect after the content was forwarded.
   */
  replace(bytes: Uint8Array | string, contentType?: string): void;
}

/** Changes content while it streams. Functions of it must not keep the bytes they are given. */
export interface ContentTransform {
  /** Takes a piece of content of any size. Returns its replacement, or undefined for none. */
  chunk(bytes: Uint8Array): Uint8Array | undefined;
  /** Called at the end of the content. Returns bytes to append, or undefined for none. */
  end?(): Uint8Array | undefined;
}

/** Watches content while it streams. Functions of it must not change or keep the bytes. */
export interface ContentObserver {
  chunk(bytes: Uint8Array): void;
  /** Called once. @param complete false when the content was cut off or cancelled */
  end?(complete: boolean): void;
}

/**
 * The content of a response of the upstream. Policies of `received` run in order: each reads what
 * the earlier ones have made of the content.
 */
export interface ResponseBody {
  /**
   * Reads the content, up to `maxBytes`; it is still sent to the client. A response without content
   * (to HEAD, 204, 304) is read as empty. The time spent waiting for the upstream does not count
   * against the time limit of the hook. Rejects with a `ContentFault` when the upstream does not
   * complete the content, when it is too large, or when the memory for buffered content is
   * exhausted: the gateway then answers with the code of that fault, whatever `onError` says.
   */
  read(options: ReadOptions): Promise<ReadContent>;
  /**
   * Replaces the content and removes the fields that describe the old one. Returns false and does
   * nothing for a response that must stay as it is; see `transform`.
   */
  replace(bytes: Uint8Array | string, contentType?: string): boolean;
  /**
   * Changes the content while it streams to the client, and removes Content-Length, ETag, digests,
   * Accept-Ranges and Content-Range. The bytes have the Content-Encoding of the response. Returns
   * false and does nothing for a response that must stay as it is: 206, 204, 304, the response to
   * HEAD, one without content, and one with `Cache-Control: no-transform`.
   */
  transform(transform: ContentTransform): boolean;
  /** Watches the content while it streams to the client. An exception ends the watching only. */
  observe(observer: ContentObserver): void;
}

/** A response of the upstream before the gateway has changed it. */
export interface UpstreamResponse {
  status: number;
  /** End-to-end fields as received. The client receives them with all changes. */
  readonly headers: HeaderList;
  /** The target that answered, `host:port`. */
  readonly target: string;
  readonly body: ResponseBody;
}
