import { randomBytes } from 'node:crypto';
import { connect } from 'node:http2';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { ReadContent } from '@sluice/policy-sdk';
import { readAnswer, type Http2Answer } from '../../listener/testing/http2-fixture.ts';
import { BodyFixture, reading, sha } from '../testing/body-fixture.ts';
import type { ProxyFixture } from '../testing/proxy-fixture.ts';

describe('a policy that reads the content of a request over HTTP/2', () => {
  const fixture = new BodyFixture();

  afterEach(async () => expect(await fixture.stop()).toBe(0));

  async function call(
    running: ProxyFixture,
    body: Buffer,
    fields: Record<string, string> = {},
  ): Promise<Http2Answer> {
    const session = connect(`http://127.0.0.1:${running.port}`);
    const stream = session.request({ ':method': 'POST', ':authority': 'a', ...fields });
    stream.end(body);
    const answer = await readAnswer(stream);
    session.destroy();
    return answer;
  }

  it('gets it whole, with 413 for one byte too many', async () => {
    const seen: ReadContent[] = [];
    const running = await fixture.start({
      policies: { reader: reading({ maxBytes: 1_000_000 }, seen) },
    });
    const body = randomBytes(1_000_000);
    expect(await call(running, body)).toMatchObject({ status: 200, body: '1000000' });
    expect(sha(seen[0]?.bytes ?? '')).toBe(sha(body));
    expect(sha(fixture.origin.last.body)).toBe(sha(body));
    expect(fixture.origin.last.headers['content-length']).toBe('1000000');
    expect((await call(running, randomBytes(1_000_001))).status).toBe(413);
    expect(
      (await call(running, randomBytes(1_000_001), { 'content-length': '1000001' })).status,
    ).toBe(413);
  });

  it('waits for a client that asked for 100 (Continue)', async () => {
    const running = await fixture.start({ policies: { reader: reading({ maxBytes: 100 }) } });
    const session = connect(`http://127.0.0.1:${running.port}`);
    const stream = session.request({
      ':method': 'POST',
      ':authority': 'a',
      expect: '100-continue',
      'content-length': '2',
    });
    stream.on('continue', () => stream.end('hi'));
    expect(await readAnswer(stream)).toMatchObject({ status: 200, body: '2' });
    session.destroy();
  });
});
