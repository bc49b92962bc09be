import { afterEach, describe, expect, it } from '@jest/globals';
import { RawClient } from '../apps/proxy/src/listener/testing/raw-client.ts';
import { echo, RunningListener } from '../apps/proxy/src/listener/testing/running-listener.ts';

/** RFC 9112 section 2.2 lets an empty line stand before a request; a client that has sent no more has begun none. */
describe('a connection on which only an empty line was sent', () => {
  let running: RunningListener;
  afterEach(() => running.stop());

  it.each(['\r', '\r\n'])('is closed without a word when its time is up: %j', async (sent) => {
    running = await RunningListener.start(echo, { headerTimeoutMs: 60 });
    const client = await RawClient.connect(running.port);
    client.send(sent);
    expect(await client.readToEnd()).toBe('');
    expect(running.refusals).toEqual([]);
  });
});
