import type { ServerResponse } from 'node:http';
import { TestService, type ReceivedRequest } from './test-service.ts';

/** What the server states about a token: the members of its answer. */
export type TokenState = Readonly<Record<string, unknown>>;

/**
 * An authorization server with an introspection endpoint (RFC 7662): it answers `active: false`
 * about unknown tokens, and 401 to other clients than its own. Tests only.
 */
export class IntrospectionServer {
  readonly tokens = new Map<string, TokenState>();
  /** The forms that it received, oldest first. */
  readonly forms: URLSearchParams[] = [];
  readonly service: TestService;
  /** Decides whether a call comes from a client of the server. */
  accepts: (request: ReceivedRequest, form: URLSearchParams) => boolean = () => true;

  private constructor(service: TestService) {
    this.service = service;
    service.handler = (request, response) => this.#answer(request, response);
  }

  static async start(): Promise<IntrospectionServer> {
    return new IntrospectionServer(await TestService.start());
  }

  get url(): string {
    return this.service.url;
  }

  /** Number of calls so far. */
  get calls(): number {
    return this.service.received.length;
  }

  /** From now on, answers every call with this content. */
  answerWith(status: number, content: string | Uint8Array, headers: Record<string, string> = {}) {
    this.service.handler = (_request, response) => response.writeHead(status, headers).end(content);
  }

  stop(): Promise<void> {
    return this.service.stop();
  }

  #answer(request: ReceivedRequest, response: ServerResponse): void {
    const form = new URLSearchParams(request.body);
    this.forms.push(form);
    const isAccepted = request.method === 'POST' && this.accepts(request, form);
    response.writeHead(isAccepted ? 200 : 401, { 'Content-Type': 'application/json' });
    const state = this.tokens.get(form.get('token') ?? '');
    const answer = state === undefined ? { active: false } : { active: true, ...state };
    response.end(JSON.stringify(isAccepted ? answer : { error: 'invalid_client' }));
  }
}
