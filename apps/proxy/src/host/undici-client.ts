import type { LookupFunction } from 'node:net';
import { performance } from 'node:perf_hooks';
import { after } from '@sluice/errors';
import {
  FieldName,
  HttpFault,
  type Exchange,
  type HttpClientOptions,
  type HttpFaultReason,
  type HttpRequest,
  type HttpResponse,
} from '@sluice/policy-sdk';
import type { ClosableHttpClient } from '@sluice/policy-sdk/host';
import type { Agent, Dispatcher } from 'undici';
import { CallQueue } from './call-queue.ts';
import { httpFaultOf } from './http-fault-of.ts';
import { BufferedResponse } from './http-response.ts';
import { isPrivateLiteral, privateAddress, publicLookup } from './private-addresses.ts';

/** What a client needs of its process. */
export interface ClientServices {
  readonly lookup: LookupFunction;
  /** The `traceparent` for calls that are made for this exchange; undefined without a trace. */
  traceparentOf(exchange: Exchange): string | undefined;
  /** @param outcome the class of the status, such as `2xx`, or the reason of the fault */
  onCall(outcome: HttpOutcome, durationMs: number): void;
}

type Tls = Pick<HttpClientOptions, 'clientCertificate' | 'certificateAuthorities'>;

/** Values of the label `outcome`. */
export type HttpOutcome = HttpFaultReason | '2xx' | '4xx' | '5xx';

const defaults = {
  allowPrivateAddresses: false,
  connectTimeoutMs: 2_000,
  timeoutMs: 5_000,
  maxBytes: 1_048_576,
  maxConnections: 64,
  maxQueued: 256,
};
/** Idle connections close early, so that a server's own limit rarely meets a call. */
const keepAliveTimeoutMs = 4_000;
/** What a server may ask for with Keep-Alive. */
const keepAliveMaxTimeoutMs = 60_000;
const maxHeaderSize = 16_384;
/** Origins of one client at the same time: a policy calls few. */
const maxOrigins = 32;

/** An HTTP client over undici: see `HttpClient` of the SDK. undici is loaded when it is created. */
export class UndiciClient implements ClosableHttpClient {
  readonly #options: typeof defaults & Tls & { readonly headTimeoutMs: number };
  readonly #services: ClientServices;
  readonly #queue: CallQueue;
  readonly #calls = new Set<AbortController>();
  readonly #agent: Promise<Agent>;
  #isClosed = false;

  constructor(options: HttpClientOptions, services: ClientServices) {
    const all = { ...defaults, ...options };
    for (const [name, value] of Object.entries(all))
      if (typeof value === 'number' && !(Number.isInteger(value) && value > 0))
        throw new RangeError(`${name} of a client is a whole number above 0, not ${value}`);
    this.#options = { ...all, headTimeoutMs: options.headTimeoutMs ?? all.timeoutMs };
    this.#services = services;
    this.#queue = new CallQueue(all.maxConnections, all.maxQueued);
    this.#agent = this.#createAgent();
    // Each call reports the fault of loading; without a call it is of no interest.
    this.#agent.catch(() => undefined);
  }

  /** {@inheritDoc HttpClient.request} */
  async request(url: string, request: HttpRequest = {}): Promise<HttpResponse> {
    const target = callableUrl(url);
    const startedAtMs = performance.now();
    let outcome: HttpOutcome = 'invalid_response';
    try {
      const response = await this.#call(target, request);
      outcome = response.status < 400 ? '2xx' : response.status < 500 ? '4xx' : '5xx';
      return response;
    } catch (error) {
      if (error instanceof HttpFault) outcome = error.reason;
      throw error;
    } finally {
      this.#services.onCall(outcome, performance.now() - startedAtMs);
    }
  }

  /** {@inheritDoc ClosableHttpClient.close} */
  async close(): Promise<void> {
    this.#isClosed = true;
    const reason = new HttpFault('closed', 'the policy was closed during the call');
    // An agent that is destroyed leaves calls in flight to their timeouts.
    for (const call of this.#calls) call.abort(reason);
    this.#calls.clear();
    const agent = await this.#agent.catch(() => undefined);
    await agent?.destroy();
  }

  async #call(target: URL, request: HttpRequest): Promise<HttpResponse> {
    const { origin } = target;
    if (this.#isClosed) throw new HttpFault('closed', `the policy that calls ${origin} is closed`);
    const { timeoutMs: most, allowPrivateAddresses } = this.#options;
    if (!allowPrivateAddresses && isPrivateLiteral(target)) throw privateAddress(origin);
    const timeoutMs = Math.min(request.timeoutMs ?? most, most);
    const call = new AbortController();
    const { signal } = call;
    const from = request.signal ?? request.exchange?.signal;
    const onAbort = (): void =>
      call.abort(new HttpFault('aborted', `the call to ${origin} was aborted`, from?.reason));
    if (from?.aborted === true) onAbort();
    else from?.addEventListener('abort', onAbort, { once: true });
    const timer = after('timer', timeoutMs, () =>
      call.abort(
        new HttpFault('timeout', `${origin} sent no complete response in ${timeoutMs} ms`),
      ),
    );
    this.#calls.add(call);
    try {
      signal.throwIfAborted();
      await this.#queue.enter(signal);
      try {
        return await this.#attempts(target, request, signal);
      } finally {
        this.#queue.leave();
      }
    } catch (error) {
      throw httpFaultOf(signal.aborted ? signal.reason : error, origin);
    } finally {
      clearTimeout(timer);
      from?.removeEventListener('abort', onAbort);
      this.#calls.delete(call);
      // Ends a response that was not read to its end.
      if (!signal.aborted) call.abort();
    }
  }

  /**
   * A server may close an idle connection while a request is under way to it. A safe request (RFC
   * 9110, section 9.2.1) without any response is therefore made once more, on another connection.
   */
  async #attempts(target: URL, request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const method = request.method ?? (request.body === undefined ? 'GET' : 'POST');
    try {
      return await this.#attempt(target, method, request, signal);
    } catch (error) {
      const isSafe = (method === 'GET' || method === 'HEAD') && request.body === undefined;
      if (!isSafe || signal.aborted || !(error instanceof NoResponseHead)) throw error;
      return await this.#attempt(target, method, request, signal);
    }
  }

  async #attempt(
    target: URL,
    method: string,
    request: HttpRequest,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const agent = await this.#agent;
    signal.throwIfAborted();
    let response: Dispatcher.ResponseData;
    try {
      response = await agent.request({
        origin: target.origin,
        path: `${target.pathname}${target.search}`,
        method: method as Dispatcher.HttpMethod,
        headers: this.#fields(request),
        body: request.body ?? null,
        signal,
      });
    } catch (error) {
      throw isBrokenOff(error) ? new NoResponseHead(error) : error;
    }
    const { statusCode } = response;
    if (statusCode >= 300 && statusCode < 400 && statusCode !== 304)
      throw new HttpFault('redirect', `${target.origin} answered with a redirect, ${statusCode}`);
    const maxBytes = request.maxBytes ?? this.#options.maxBytes;
    return BufferedResponse.read(response, maxBytes, target.origin);
  }

  #fields({ headers = [], exchange }: HttpRequest): string[] {
    const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
    const fields = (pairs as readonly (readonly [string, string])[]).flat();
    const traceparent = exchange === undefined ? undefined : this.#services.traceparentOf(exchange);
    if (traceparent !== undefined) fields.push(traceparentField.lower, traceparent);
    return fields;
  }

  async #createAgent(): Promise<Agent> {
    const { Agent, buildConnector } = await import('undici');
    const { allowPrivateAddresses, connectTimeoutMs, headTimeoutMs, maxConnections } =
      this.#options;
    const { clientCertificate, certificateAuthorities } = this.#options;
    const { lookup } = this.#services;
    const connect = buildConnector({
      allowH2: false,
      timeout: connectTimeoutMs,
      lookup: allowPrivateAddresses ? lookup : publicLookup(lookup),
      ...(clientCertificate !== undefined && {
        cert: clientCertificate.certificates,
        key: clientCertificate.privateKey,
      }),
      ...(certificateAuthorities !== undefined && { ca: certificateAuthorities }),
    });
    return new Agent({
      connect,
      allowH2: false,
      connections: maxConnections,
      maxOrigins,
      headersTimeout: headTimeoutMs,
      // The timer of the call bounds the content as well.
      bodyTimeout: 0,
      keepAliveTimeout: keepAliveTimeoutMs,
      keepAliveMaxTimeout: keepAliveMaxTimeoutMs,
      maxHeaderSize,
    });
  }
}

/** @throws TypeError when a policy cannot call the URL */
function callableUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new TypeError('the URL is not absolute');
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new TypeError(`a policy calls http: and https: URLs, not ${url.protocol}`);
  if (url.username !== '' || url.password !== '')
    throw new TypeError('a URL of a policy contains no credentials: send them in a field');
  return url;
}

const traceparentField = new FieldName('traceparent');

/** The connection ended before the head of the response. */
class NoResponseHead extends Error {
  readonly code = 'UND_ERR_SOCKET';

  constructor(cause: unknown) {
    super('the connection ended before the response', { cause });
  }
}

function isBrokenOff(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}
