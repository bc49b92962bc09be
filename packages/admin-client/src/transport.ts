import { AdminProblem } from './admin-problem.ts';

export interface AdminClientOptions {
  /** Address of the Admin API, such as `http://127.0.0.1:8001`. It may have a path. */
  readonly url: string;
  readonly token: string;
  /** Time limit of a response in milliseconds, on top of the wait for nodes; 30,000 by default. */
  readonly timeoutMs?: number;
  /** Replaces `fetch`, for tests and browsers. */
  readonly fetch?: typeof fetch;
}

/** What a request has besides its method and path. */
export interface RequestContent {
  readonly query?: URLSearchParams;
  /** A value that is sent as JSON. */
  readonly content?: unknown;
  /** Content that is sent unchanged, in place of `content`. */
  readonly text?: string;
  /** Replace the fields of the same name that the client sets by itself. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Milliseconds, at most 60,000, for which the response to a write may be delayed until every live
   * node has applied the write. They are added to the time limit.
   */
  readonly waitMs?: number;
}

/** One request to the Admin API. */
export interface AdminRequest extends RequestContent {
  readonly method: string;
  /** The path begins with `/`, its segments are encoded, and it may have a query. */
  readonly path: string;
}

/** One response of the Admin API. */
export interface AdminResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The content as a JSON object; empty when the content is not one. */
  readonly body: Record<string, unknown>;
}

const defaultTimeoutMs = 30_000;

/** Sends requests with the token. */
export class Transport {
  private readonly options: AdminClientOptions;
  private readonly base: string;

  /** @throws TypeError when the URL is not valid. */
  constructor(options: AdminClientOptions) {
    this.options = options;
    this.base = new URL(options.url).href.replace(/\/+$/, '');
  }

  /**
   * Sends a request and returns a successful response.
   * @throws AdminProblem for every status from 400 on.
   * @throws what {@link exchange} throws.
   */
  async send(request: AdminRequest): Promise<AdminResponse> {
    const response = await this.exchange(request);
    if (response.status >= 400)
      throw new AdminProblem(`${request.method} ${request.path}`, response.status, response.body);
    return response;
  }

  /**
   * Sends a request and returns the response, with any status. Redirects are refused: a client that
   * followed one would turn a POST into a GET.
   * @throws TypeError of `fetch` without a response, and a DOMException named TimeoutError after
   * the time limit.
   */
  async exchange({ method, path, query, ...request }: AdminRequest): Promise<AdminResponse> {
    const { timeoutMs = defaultTimeoutMs, fetch: send = fetch } = this.options;
    const { waitMs, text = JSON.stringify(request.content) as string | undefined } = request;
    const target = new URL(this.base + path);
    for (const [name, value] of query ?? []) target.searchParams.append(name, value);
    if (waitMs !== undefined) {
      target.searchParams.append('wait', 'applied');
      target.searchParams.append('timeout', `${waitMs}ms`);
    }
    const response = await send(target, {
      method,
      headers: this.fields(method, text !== undefined, request.headers),
      ...(text === undefined ? {} : { body: text }),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs + (waitMs ?? 0)),
    });
    const received = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text: received,
      body: parse(received),
    };
  }

  private fields(method: string, hasContent: boolean, replaced: object = {}): Headers {
    const fields = new Headers({
      Authorization: `Bearer ${this.options.token}`,
      Accept: 'application/json',
    });
    if (hasContent) fields.set('Content-Type', mediaType(method));
    for (const [name, value] of Object.entries(replaced)) fields.set(name, String(value));
    return fields;
  }
}

function mediaType(method: string): string {
  return method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
}

/** A proxy in between may answer with content other than JSON, which is ignored. */
function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
