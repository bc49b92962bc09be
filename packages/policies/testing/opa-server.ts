import type { ServerResponse } from 'node:http';
import { TestService, type ReceivedRequest } from './test-service.ts';

/** A rule of a test: returns the value of the document, or undefined when no rule decides. */
type Rule = (input: never) => unknown;

/**
 * A policy server with the REST API of OPA for data (`POST /v1/data/<path>`), whose rules are
 * functions: 200 with `{"result": …}`, 200 with `{}` when the document is undefined, 400 for
 * content that it cannot read, 404 and 405 as OPA. Tests only.
 */
export class OpaServer {
  /** Inputs of the questions, oldest first. */
  readonly inputs: unknown[] = [];
  readonly service: TestService;
  readonly #rules: Readonly<Record<string, Rule>>;

  private constructor(service: TestService, rules: Readonly<Record<string, Rule>>) {
    this.service = service;
    this.#rules = rules;
    service.handler = (request, response) => this.#answer(request, response);
  }

  /** @param rules by path, such as `gateway/allow` */
  static async start(rules: Readonly<Record<string, Rule>>): Promise<OpaServer> {
    return new OpaServer(await TestService.start(), rules);
  }

  get url(): string {
    return new URL(this.service.url).origin;
  }

  stop(): Promise<void> {
    return this.service.stop();
  }

  #answer({ method, url, body, rawHeaders }: ReceivedRequest, response: ServerResponse): void {
    const send = (status: number, value: object): void => {
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(value));
    };
    const path = /^\/v1\/data\/(.+)$/.exec(url)?.[1];
    if (path === undefined) return send(404, { code: 'undefined_document' });
    if (method !== 'POST') return send(405, {});
    if (!rawHeaders.includes('application/json')) return send(400, { code: 'invalid_parameter' });
    let input: unknown;
    try {
      ({ input } = JSON.parse(body) as { input: unknown });
    } catch {
      return send(400, { code: 'invalid_parameter', message: 'body contains malformed input' });
    }
    this.inputs.push(input);
    const result = this.#rules[path]?.(input as never);
    const id = { decision_id: String(this.inputs.length) };
    send(200, result === undefined ? id : { ...id, result });
  }
}
