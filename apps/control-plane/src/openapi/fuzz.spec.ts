import { Agent, request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RequestSource } from '../testing/fuzz.ts';
import type { FuzzOperation, FuzzRequest } from '../testing/fuzz.ts';
import { operationsOf } from '../testing/operations.ts';
import { startTestControlPlane, testAdminToken } from '../testing/test-control-plane.ts';
import type { TestControlPlane } from '../testing/test-control-plane.ts';

const requests = 5_000;
const atOnce = 16;
const seed = 20_260_101;

interface Received {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

describe('every operation of the Admin API', () => {
  let api: TestControlPlane;
  let viewer: string;
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });

  beforeAll(async () => {
    api = await startTestControlPlane();
    viewer = String(
      (await api.post('/v1/tokens', { name: 'viewer-of-the-spec', role: 'viewer' })).body['token'],
    );
  });
  afterAll(async () => {
    agent.destroy();
    await api.close();
  });

  /** Undefined for requests that the client of node:http refuses to send. */
  function send({ method, target, headers, content }: FuzzRequest): Promise<Received> | undefined {
    const { promise, resolve, reject } = Promise.withResolvers<Received>();
    try {
      // The client would send the content of a DELETE without Content-Length.
      const length =
        content === undefined || Object.hasOwn(headers, 'Transfer-Encoding')
          ? {}
          : { 'Content-Length': Buffer.byteLength(content) };
      const outgoing = request(
        new URL(api.url),
        { method, path: target, headers: { ...headers, ...length }, agent },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
          );
          response.on('error', reject);
        },
      );
      outgoing.on('error', reject);
      outgoing.end(content);
      return promise;
    } catch {
      return undefined;
    }
  }

  /** Describes what is wrong with a response; undefined when it is valid. */
  function faultOf(
    { status, headers, text }: Received,
    operation: FuzzOperation['operation'],
  ): string | undefined {
    if (status >= 500 && status !== 501) return `a server error: ${text}`;
    if (!Object.hasOwn(operation['responses'] as object, status))
      return `status ${status} is not declared: ${text}`;
    if (status === 204 || status === 304)
      return text === '' ? undefined : 'content where there is none';
    const body = JSON.parse(text) as Record<string, unknown>;
    if (status < 400) return undefined;
    if (headers['content-type'] !== 'application/problem+json')
      return `no problem document: ${String(headers['content-type'])}`;
    return body['status'] === status &&
      typeof body['code'] === 'string' &&
      typeof body['title'] === 'string'
      ? undefined
      : `not a problem document: ${text}`;
  }

  it(`answers ${requests} requests, including invalid ones, as the document describes`, async () => {
    const document = (await (await fetch(new URL('/openapi.json', api.url))).json()) as Parameters<
      typeof operationsOf
    >[0];
    const operations = operationsOf(document).map((each) => ({
      ...each,
      method: each.method.toUpperCase(),
    }));
    const source = new RequestSource(operations, { admin: testAdminToken, viewer }, seed);
    const operationOf = (sent: FuzzRequest) =>
      operations.find(
        ({ method, path }) =>
          method === sent.method &&
          new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/?]*')}$`).test(
            sent.target.split('?')[0] ?? '',
          ),
      );
    const faults: string[] = [];
    const statuses = new Map<number, number>();
    let left = requests;
    const worker = async (): Promise<void> => {
      while (left-- > 0) {
        const sent = source.next();
        const operation = operationOf(sent);
        const received = await send(sent)?.catch((error: unknown) => String(error));
        if (received === undefined || operation === undefined) continue;
        const fault =
          typeof received === 'string' ? received : faultOf(received, operation.operation);
        if (fault !== undefined)
          faults.push(
            `${JSON.stringify({ ...sent, headers: { ...sent.headers, Authorization: '' } }).slice(0, 600)}: ${fault.slice(0, 400)}`,
          );
        if (typeof received !== 'string')
          statuses.set(received.status, (statuses.get(received.status) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    expect(faults).toEqual([]);
    // The requests reached every operation and were not all refused early.
    for (const status of [200, 201, 204, 304, 400, 401, 403, 404, 409, 412, 413, 415])
      expect(`${status}: ${(statuses.get(status) ?? 0) > 0}`).toBe(`${status}: true`);
    expect(api.log()).not.toMatch(/"level":"error"/);
  }, 120_000);
});
