import { connect } from 'node:http2';
import { afterEach, describe, expect, it } from '@jest/globals';
import { deny, type ReadContent } from '@sluice/policy-sdk';
import { eventually } from '../../listener/testing/running-listener.ts';
import { BodyFixture, later, post, reading } from '../testing/body-fixture.ts';
import type { Act } from '../testing/recording-policy.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('a connection after a policy has read content', () => {
  const fixture = new BodyFixture();

  afterEach(async () => expect(await fixture.stop()).toBe(0));

  const start = (validate: Act, onError?: 'closed') =>
    fixture.start({
      policies: { policy: { acts: { validate } } },
      ...(onError === undefined ? {} : { attached: { onError } }),
    });

  it.each([
    ['announced', post('x'.repeat(50_000))],
    [
      'chunked',
      Buffer.from(
        `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nc350\r\n${'x'.repeat(50_000)}\r\n0\r\n\r\n`,
      ),
    ],
  ])(
    'of which it has read part, and refused the request, serves the next one, %s',
    async (_, request) => {
      const running = await start(async ({ method, requestBody }) => {
        if (method === 'GET') return undefined;
        await requestBody.read({ maxBytes: 3, over: 'partial' });
        return deny('forbidden');
      });
      const client = await running.connect();
      for (let turn = 0; turn < 2; turn++) {
        expect((await client.send(request).readResponse()).status).toBe(403);
        expect((await client.send(get).readResponse()).status).toBe(200);
      }
      // Pipelined.
      client.send(Buffer.concat([request, Buffer.from(get)]));
      expect((await client.readResponse()).status).toBe(403);
      expect((await client.readResponse()).status).toBe(200);
    },
  );

  it('whose content it has replaced before it arrived serves the next one', async () => {
    const running = await start(({ requestBody, method }) => {
      if (method === 'POST') requestBody.replace('replaced');
      return undefined;
    });
    const client = await running.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nol');
    expect(await client.readResponse()).toMatchObject({ status: 200, body: '8' });
    expect((await client.send('d!').send(get).readResponse()).body).toBe('0');
  });

  it('gives content to a request that had none', async () => {
    const running = await start(({ requestBody }) => {
      requestBody.replace('added', 'text/plain');
      return undefined;
    });
    expect((await running.send(get)).body).toBe('5');
    expect(fixture.origin.last.headers).toMatchObject({
      'content-length': '5',
      'content-type': 'text/plain',
    });
  });

  it('takes several reads of one policy at the same time', async () => {
    let seen: ReadContent[] = [];
    const running = await start(async ({ requestBody }) => {
      seen = await Promise.all([
        requestBody.read({ maxBytes: 2, over: 'partial' }),
        requestBody.read({ maxBytes: 100 }),
        requestBody.read({ maxBytes: 5 }),
      ]);
      return undefined;
    });
    const client = await running.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await later(20);
    expect((await client.send('2\r\nde\r\n0\r\n\r\n').readResponse()).body).toBe('5');
    expect(seen.map(({ bytes, complete }) => [bytes.length, complete])).toEqual([
      [2, false],
      [5, true],
      [5, true],
    ]);
  });

  it('forwards everything when the policy did not wait for its read', async () => {
    let outcome: Promise<unknown> | undefined;
    const running = await start(({ requestBody }) => {
      outcome = requestBody.read({ maxBytes: 100_000 }).catch((fault: Error) => fault.message);
      return undefined;
    });
    const client = await running.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc');
    await later(20);
    expect((await client.send('def').readResponse()).body).toBe('6');
    expect(fixture.origin.last.body.toString()).toBe('abcdef');
    expect(await outcome).toBe('the hook ended before its read');
  });

  it('treats a wrong call as a fault of the policy', async () => {
    const running = await start(async ({ requestBody }) => {
      await requestBody.read({} as never);
      return undefined;
    }, 'closed');
    expect((await running.send(post('x'))).status).toBe(503);
    expect(running.notes.policyFaults).toMatchObject([{ fault: expect.any(TypeError) }]);
  });

  it('notes 499 for a stream of HTTP/2 that is reset while a policy reads', async () => {
    const running = await fixture.start({ policies: { reader: reading({ maxBytes: 100 }) } });
    const session = connect(`http://127.0.0.1:${running.port}`);
    const stream = session.request({ ':method': 'POST', ':authority': 'a' });
    stream.on('error', () => undefined);
    stream.write('begin');
    await eventually(() => running.buffers.used > 0);
    stream.close(8);
    expect(await running.line(0)).toMatchObject({ status: 499, source: 'client' });
    // The session serves other streams.
    const next = session.request({ ':method': 'POST', ':authority': 'a' });
    next.end('next');
    let body = '';
    next.on('data', (chunk: Buffer) => (body += chunk.toString()));
    await eventually(() => body === '4');
    session.destroy();
  });
});
