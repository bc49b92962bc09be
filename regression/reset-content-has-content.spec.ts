import { connect } from 'node:http2';
import { afterEach, describe, expect, it } from '@jest/globals';
import { reply } from '@sluice/policy-sdk';
import { BodyFixture } from '../apps/proxy/src/exchange/testing/body-fixture.ts';
import type { RecordingOptions } from '../apps/proxy/src/exchange/testing/recording-policy.ts';
import { readAnswer } from '../apps/proxy/src/listener/testing/http2-fixture.ts';
import { RawOrigin } from '../apps/proxy/src/upstream/testing/raw-origin.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/**
 * 205 (Reset Content) was sent with the content of the policy or the upstream, which RFC 9110
 * section 15.3.6 forbids.
 */
describe('a 205 has no content and Content-Length: 0', () => {
  const fixture = new BodyFixture();
  let origin: RawOrigin;
  afterEach(async () => {
    expect(await fixture.stop()).toBe(0);
    origin.stop();
  });

  const cases: readonly (readonly [string, RecordingOptions, string])[] = [
    ['a reply', { acts: { validate: () => reply(205, [], 'x') } }, ok],
    [
      'a reply with bytes',
      { acts: { validate: () => reply(205, [], new Uint8Array(20_000)) } },
      ok,
    ],
    ['a status set in respond', { respond: (_, response) => void (response.status = 205) }, ok],
    ['a status set in received', { received: (_, response) => void (response.status = 205) }, ok],
    [
      'a status set after the content was replaced',
      {
        received: (_, response) => {
          response.body.replace('other');
          response.status = 205;
        },
      },
      ok,
    ],
    ['of the upstream, with content', {}, ok.replace('200 OK', '205 Reset Content')],
    [
      'of the upstream, chunked',
      {},
      'HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\n\r\n',
    ],
    ['of the upstream, without content', {}, 'HTTP/1.1 205 x\r\nContent-Length: 0\r\n\r\n'],
  ];

  const start = async (policy: RecordingOptions, answer: string) => {
    origin = await RawOrigin.answering(answer);
    return fixture.start({ policies: { policy }, targets: [origin.address] });
  };

  it.each(cases)('%s, over HTTP/1.1', async (_, policy, answer) => {
    const running = await start(policy, answer);
    const client = await running.connect();
    for (const method of ['GET', 'HEAD', 'GET']) {
      const text = `${method} / HTTP/1.1\r\nHost: a\r\n\r\n`;
      const response = await client.send(text).readResponse(method);
      expect(response).toMatchObject({ status: 205, body: '' });
      if (method === 'GET') expect(response.headers.get('content-length')).toBe('0');
      expect(response.headers.has('transfer-encoding')).toBe(false);
    }
    expect(client.received).toHaveLength(0);
    expect(running.notes.faults).toEqual([]);
  });

  it.each(cases)('%s, over HTTP/2', async (_, policy, answer) => {
    const running = await start(policy, answer);
    const session = connect(`http://127.0.0.1:${running.port}`);
    for (let turn = 0; turn < 2; turn++) {
      const response = await readAnswer(session.request({ ':authority': 'a' }));
      expect(response).toMatchObject({ status: 205, body: '', ended: true });
      expect(response.fields.join(' ')).toContain('content-length 0');
    }
    session.destroy();
  });
});
