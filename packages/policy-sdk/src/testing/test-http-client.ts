import { HeaderList } from '@sluice/http1';
import { isPublicAddress } from '@sluice/schema';
import {
  HttpFault,
  type HttpClientOptions,
  type HttpRequest,
  type HttpResponse,
} from '../host/http.ts';
import type { ClosableHttpClient } from '../host-services/policy-hosts.ts';

/**
 * The client of a tested policy. It makes real calls with `fetch`, and keeps the promises of the
 * gateway's client that a policy sees: no redirects, a total time, a size, private addresses only
 * when they are allowed, abortion. It does not limit connections.
 */
export class TestHttpClient implements ClosableHttpClient {
  private readonly options: HttpClientOptions;
  private readonly closed = new AbortController();

  constructor(options: HttpClientOptions) {
    this.options = options;
  }

  /** {@inheritDoc HttpClient.request} */
  async request(url: string, request: HttpRequest = {}): Promise<HttpResponse> {
    const { origin, hostname, protocol } = new URL(url);
    if (protocol !== 'http:' && protocol !== 'https:')
      throw new TypeError(`a policy calls http: and https: URLs, not ${protocol}`);
    if (this.options.allowPrivateAddresses !== true && isPrivate(hostname))
      throw new HttpFault('private_address', `${origin} is not on a public address`);
    const { timeoutMs: most = 5_000, maxBytes: size = 1_048_576 } = this.options;
    const timeout = AbortSignal.timeout(Math.min(request.timeoutMs ?? most, most));
    const caller = request.signal ?? request.exchange?.signal;
    const signals = [timeout, this.closed.signal, ...(caller === undefined ? [] : [caller])];
    try {
      return await call(url, request, request.maxBytes ?? size, AbortSignal.any(signals));
    } catch (error) {
      if (error instanceof HttpFault) throw error;
      if (timeout.aborted)
        throw new HttpFault('timeout', `${origin} did not answer in time`, error);
      if (this.closed.signal.aborted) throw new HttpFault('closed', 'the policy is closed', error);
      if (caller?.aborted === true)
        throw new HttpFault('aborted', `the call to ${origin} was aborted`, error);
      const { code } = ((error as Error).cause ?? {}) as { code?: string };
      const reason =
        code === 'ECONNREFUSED' || code === 'ENOTFOUND' ? 'not_connected' : 'broken_off';
      throw new HttpFault(reason, `${origin}: ${(error as Error).message}`, error);
    }
  }

  /** {@inheritDoc ClosableHttpClient.close} */
  async close(): Promise<void> {
    this.closed.abort();
  }
}

async function call(
  url: string,
  { method, headers = {}, body, exchange }: HttpRequest,
  maxBytes: number,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const traceparent = exchange?.headers.get('traceparent');
  const pairs = (Array.isArray(headers) ? headers : Object.entries(headers)) as [string, string][];
  const response = await fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: traceparent === undefined ? pairs : [...pairs, ['traceparent', traceparent]],
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : Buffer.from(body) }),
    redirect: 'manual',
    signal,
  });
  if (response.status >= 300 && response.status < 400 && response.status !== 304) {
    await response.body?.cancel();
    throw new HttpFault('redirect', `the answer is a redirect, ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > maxBytes)
      throw new HttpFault(
        'too_large',
        `the response has more than ${maxBytes} bytes`,
        undefined,
        response.status,
      );
    chunks.push(chunk);
  }
  const content = Buffer.concat(chunks);
  return {
    status: response.status,
    headers: HeaderList.of(response.headers),
    body: content,
    text: () => content.toString(),
    json: () => JSON.parse(content.toString()) as unknown,
  };
}

function isPrivate(hostname: string): boolean {
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  return /^[\d.]+$|:/.test(host) && !isPublicAddress(host);
}
