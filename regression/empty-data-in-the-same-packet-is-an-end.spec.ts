import { afterEach, describe, expect, it } from '@jest/globals';
import {
  END_HEADERS,
  END_STREAM,
  frame,
  frameTypes,
  preface,
  readFrames,
  request,
} from '../apps/proxy/src/edge/testing/http2-frames.ts';
import { EdgeProxy } from '../apps/proxy/src/edge/testing/edge-proxy.ts';
import { RawClient } from '../apps/proxy/src/listener/testing/raw-client.ts';
import { eventually } from '../apps/proxy/src/listener/testing/running-listener.ts';

/**
 * The stream emitted 'end' before the call had a connection and a listener: the request waited
 * until its 408.
 */
describe('an HTTP/2 request whose empty DATA frame comes in the packet of its head', () => {
  let edge: EdgeProxy;
  afterEach(() => edge.stop());

  it('is answered at once, on a connection to the upstream that is opened for it', async () => {
    edge = await EdgeProxy.start();
    const client = await RawClient.connect(edge.proxy.port);
    const startedMs = performance.now();
    client.send(
      Buffer.concat([
        preface,
        request(1, '/p', [[':method', 'POST']], END_HEADERS),
        frame(frameTypes.data, END_STREAM, 1),
      ]),
    );
    await eventually(() =>
      readFrames(client.received).some(
        ({ type, payload }) => type === frameTypes.data && payload.toString() === 'POST /p',
      ),
    );
    expect(performance.now() - startedMs).toBeLessThan(8_000);
    client.close();
  });
});
