import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestControlPlane, testAdminToken } from '../../testing/test-control-plane.ts';
import type { TestControlPlane } from '../../testing/test-control-plane.ts';

describe('content', () => {
  let api: TestControlPlane;

  beforeAll(async () => {
    api = await startTestControlPlane();
  });
  afterAll(() => api.close());

  it.each([
    ['text/plain', 'POST'],
    ['application/merge-patch+json', 'POST'],
    ['application/json-patch+json', 'PATCH'],
    ['application/json; charset=latin1', 'POST'],
    ['application/x-www-form-urlencoded', 'PUT'],
  ])('of type %s is refused for %s', async (type, method) => {
    const answer = await api.request(
      method,
      method === 'POST' ? '/v1/groups' : '/v1/groups/x',
      '{"name":"x"}',
      { 'Content-Type': type },
    );
    expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
    expect(answer.body['detail']).toContain('application/json');
  });

  it('may have the charset UTF-8', async () => {
    const answer = await api.post(
      '/v1/groups',
      { name: 'utf-8' },
      { 'Content-Type': 'Application/JSON; charset="UTF-8"' },
    );
    expect(answer.status).toBe(201);
  });

  it('is not decompressed', async () => {
    expect(
      (await api.post('/v1/groups', { name: 'x' }, { 'Content-Encoding': 'gzip' })).status,
    ).toBe(415);
  });

  it.each([
    ['', 'the content is empty; send a JSON object'],
    ['{"name": "x",}', 'line 1, column 14: expected a property name in double quotes'],
    [
      '{"name": "x", "name": "y"}',
      'line 1, column 15: the name "name" occurs twice in this object',
    ],
    [
      '{"name": "x", "__proto__": {"tags": ["a"]}}',
      'line 1, column 15: the name "__proto__" is not allowed',
    ],
    ['{"name": "\\u0000"}', 'NUL'],
    ['['.repeat(100_000), 'nested deeper'],
  ])(
    'that is not JSON as we accept it is answered with the place: %.40s',
    async (content, detail) => {
      const answer = await api.post('/v1/groups', content);
      expect(answer).toMatchObject({ status: 400, body: { code: 'malformed_content' } });
      expect(answer.body['detail']).toContain(detail);
    },
  );

  it('that is not UTF-8 is refused', async () => {
    const response = await fetch(new URL('/v1/groups', api.url), {
      method: 'POST',
      headers: { Authorization: `Bearer ${testAdminToken}`, 'Content-Type': 'application/json' },
      body: Buffer.from([0x22, 0xff, 0x22]),
    });
    expect(await response.json()).toMatchObject({
      status: 400,
      code: 'malformed_content',
      detail: 'the content is not UTF-8',
    });
  });

  it('of up to 1 MiB is read, and larger content is refused', async () => {
    const pad = (bytes: number): string => `{"name":"x"}${' '.repeat(bytes - 12)}`;
    expect((await api.post('/v1/groups', pad(1_048_576))).status).toBe(201);
    expect(await api.post('/v1/groups', pad(1_048_577))).toMatchObject({
      status: 413,
      body: { code: 'content_too_large' },
    });
  });

  it('of 10 MB with Content-Length is refused before it is sent', async () => {
    const answer = await rawAnswer(api, `Content-Length: 10485760\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('"code":"content_too_large"');
  });

  it('of 10 MB in chunks is refused, and the connection can be used again', async () => {
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    await withSocket(api, async (send, until) => {
      send(head(`Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(17)}`));
      expect(await until('}')).toMatch(/^HTTP\/1\.1 413 .*"code":"content_too_large"/s);
      for (let sent = 17; sent < 160; sent += 1) send(chunk);
      send('0\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
      expect(await until('"live"')).toContain('HTTP/1.1 200 OK');
    });
  });

  it('is not read for a caller without a token', async () => {
    const answer = await rawAnswer(
      api,
      `Content-Length: 1000000\r\n\r\n`,
      'Authorization: Bearer nobody-knows-this-one\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('that ends early leaves no resources behind', async () => {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    socket.write(head('Content-Length: 1000\r\n\r\n{"name":"half"'));
    await sleep(50);
    socket.destroy();
    expect((await api.get('/v1/groups/half')).status).toBe(404);
  });
});

const head = (
  rest: string,
  authorization = `Authorization: Bearer ${testAdminToken}\r\n`,
): string =>
  `POST /v1/groups HTTP/1.1\r\nHost: x\r\n${authorization}Content-Type: application/json\r\n${rest}`;

/** Sends a raw request and returns the response. */
async function rawAnswer(
  api: TestControlPlane,
  rest: string,
  authorization?: string,
): Promise<string> {
  return withSocket(api, (send, until) => {
    send(head(rest, authorization));
    return until('}');
  });
}

/**
 * Opens a connection for raw bytes. `until` resolves to everything received once it contains a
 * text.
 */
async function withSocket<Result>(
  api: TestControlPlane,
  work: (send: (text: string) => void, until: (text: string) => Promise<string>) => Promise<Result>,
): Promise<Result> {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  let received = '';
  socket.on('data', (bytes) => (received += bytes.toString()));
  socket.on('error', () => {});
  const until = async (text: string): Promise<string> => {
    for (let waitedMs = 0; !received.includes(text); waitedMs += 10) {
      if (waitedMs > 5_000 || socket.destroyed)
        throw new Error(`expected ${text}; received: ${received}`);
      await sleep(10);
    }
    return received;
  };
  try {
    return await work((text) => socket.write(text), until);
  } finally {
    socket.destroy();
  }
}
