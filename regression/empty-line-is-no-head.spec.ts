import { afterEach, describe, expect, it } from '@jest/globals';
import { RawClient } from '../apps/proxy/src/listener/testing/raw-client.ts';
import { echo, RunningListener } from '../apps/proxy/src/listener/testing/running-listener.ts';

/**
 * RFC 9112 section 2.2 allows an empty line before a request; a client that sends only that has
 * begun no request.
 */
describe('a connection that received only an empty line', () => {
  let running: RunningListener;
  afterEach(() => running.stop());

  it.each(['\r', '\r\n'])('is closed without a response on time-out: %j', async (sent) => {
    running = await RunningListener.start(echo, { headerTimeoutMs: 60 });
    const client = await RawClient.connect(running.port);
    client.send(sent);
    expect(await client.readToEnd()).toBe('');
    expect(running.refusals).toEqual([]);
  });
});
