import { AdminProblem } from './admin-problem.ts';

export interface AdminClientOptions {
  /** Where the Admin API is, such as `http://127.0.0.1:8001`. */
  readonly url: string;
  readonly token: string;
  /** How long an answer may take, beyond what a request waits for the nodes; 30,000 by default. */
  readonly timeoutMs?: number;
  /** For tests and for browsers with a fetch of their own. */
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
  /** Added to the time-out: the answer is meant to take so long. */
  readonly waitMs?: number;
}

export interface AdminResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; an empty object when there was none. */
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
   * @throws TypeError of `fetch` when there was no answer, and a DOMException named TimeoutError when it took too long.
   */
  async send({ method, path, query, content, headers = {}, waitMs = 0 }: AdminRequest): Promise<AdminResponse> {
    const { url, token, timeoutMs = defaultTimeoutMs, fetch: send = fetch } = this.options;
    const target = new URL(url.replace(/\/+$/, '') + path);
    target.search = query === undefined ? '' : query.toString();
    const response = await send(target, {
      method,
      headers: { Authorization: `Bearer ${token}`, Accept: 'application/json', ...(content === undefined ? {} : { 'Content-Type': mediaType(method) }), ...headers },
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

/** What stands between may answer with something else than JSON: that says nothing. */
function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
