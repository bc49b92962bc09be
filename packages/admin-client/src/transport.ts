import { AdminProblem } from './admin-problem.ts';

export interface AdminClientOptions {
  /** Address of the Admin API, such as `http://127.0.0.1:8001`. */
  readonly url: string;
  readonly token: string;
  /** Time limit of a response in milliseconds, on top of the wait for nodes; 30,000 by default. */
  readonly timeoutMs?: number;
  /** Replaces `fetch`, for tests and browsers. */
  readonly fetch?: typeof fetch;
}

/** One request to the Admin API. */
export interface AdminRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Beginning with `/`, its segments encoded. */
  readonly path: string;
  readonly query?: URLSearchParams;
  readonly content?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds that the request waits for nodes; added to the time-out. */
  readonly waitMs?: number;
}

export interface AdminResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; an empty object without content. */
  readonly body: Record<string, unknown>;
}

const defaultTimeoutMs = 30_000;

/** Sends requests with the token. */
export class Transport {
  private readonly options: AdminClientOptions;

  constructor(options: AdminClientOptions) {
    this.options = options;
  }

  /**
   * @throws AdminProblem for every status from 400 on.
   * @throws TypeError of `fetch` without a response, and a DOMException named TimeoutError after
   * the time-out.
   */
  async send({
    method,
    path,
    query,
    content,
    headers = {},
    waitMs = 0,
  }: AdminRequest): Promise<AdminResponse> {
    const { url, token, timeoutMs = defaultTimeoutMs, fetch: send = fetch } = this.options;
    const target = new URL(url.replace(/\/+$/, '') + path);
    target.search = query === undefined ? '' : query.toString();
    const response = await send(target, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        Accept: 'application/json',
        ...(content === undefined ? {} : { 'Content-Type': mediaType(method) }),
        ...headers,
      },
      ...(content === undefined ? {} : { body: JSON.stringify(content) }),
      signal: AbortSignal.timeout(timeoutMs + waitMs),
    });
    const body = parse(await response.text());
    if (response.status >= 400) throw new AdminProblem(`${method} ${path}`, response.status, body);
    return { status: response.status, headers: response.headers, body };
  }
}

function mediaType(method: AdminRequest['method']): string {
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
