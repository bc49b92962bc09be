/** A complete response of the Admin API. */
export interface AdminAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** A client of the Admin API over plain HTTP, like curl, so that tests see what users see. */
export class Admin {
  readonly url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.url = url;
    this.#token = token;
  }

  /** Sends a request and returns the response, with any status. */
  async send(
    method: string,
    path: string,
    content?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<AdminAnswer> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(content === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(content === undefined
        ? {}
        : { body: typeof content === 'string' ? content : JSON.stringify(content) }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    };
  }

  /**
   * Creates a resource, waits until every live node serves it, and returns its content. Throws on
   * failure.
   */
  async create(path: string, content: unknown): Promise<Record<string, unknown>> {
    return this.#expect(
      201,
      await this.send('POST', `${path}?wait=applied&timeout=10s`, content),
      `POST ${path}`,
    );
  }

  /** Changes a resource, and waits in the same way. */
  async patch(path: string, content: unknown): Promise<Record<string, unknown>> {
    return this.#expect(
      200,
      await this.send('PATCH', `${path}?wait=applied&timeout=10s`, content),
      `PATCH ${path}`,
    );
  }

  /** Removes a resource, and waits in the same way. */
  async remove(path: string): Promise<Record<string, unknown>> {
    return this.#expect(
      200,
      await this.send('DELETE', `${path}?wait=applied&timeout=10s`),
      `DELETE ${path}`,
    );
  }

  #expect(status: number, answer: AdminAnswer, what: string): Record<string, unknown> {
    if (answer.status !== status)
      throw new Error(
        `${what} answered ${answer.status} instead of ${status}: ${JSON.stringify(answer.body)}`,
      );
    return answer.body;
  }
}
