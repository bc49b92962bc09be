import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { constants } from 'node:http2';
import { defaultRequestLimits, defaultResponseLimits } from '@sluice/http1';
import { readEnv } from '../env.ts';
import { ProxyFixture } from '../exchange/testing/proxy-fixture.ts';
import { defaultListenerOptions } from '../listener/listener-options.ts';
import type { RawClient } from '../listener/testing/raw-client.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { resource } from '../runtime/testing/resources.ts';
import { defaultTargetOptions } from '../upstream/target-options.ts';
import {
  frame,
  frameTypes,
  preface,
  readFrames,
  request,
  type Frame,
} from './testing/http2-frames.ts';

/**
 * The default values in docs/guides/edge.md. Other specs prove that each of them is enforced,
 * mostly with smaller values.
 */
describe('the defaults', () => {
  it('for clients', () => {
    expect(defaultListenerOptions).toMatchObject({
      maxConnections: 10_000,
      maxConnectionsPerAddress: 256,
      keepAliveIdleMs: 65_000,
      headerTimeoutMs: 10_000,
      bodyIdleMs: 30_000,
      minBodyBytesPerSecond: 500,
      minBodyRateAfterMs: 10_000,
      maxBodyBytes: 10_485_760,
      // The listener has no limit of its own: the parser's apply.
      limits: {},
    });
    expect(resource('gateway', { name: 'default' }).spec.limits).toEqual({
      maxBodyBytes: 10_485_760,
      halfClosedClients: 'cancel',
    });
  });

  it('for the sizes of heads', () => {
    expect(defaultRequestLimits).toEqual({
      maxRequestLineBytes: 8_192,
      maxHeaderBytes: 16_384,
      maxHeaderLines: 100,
      maxChunkExtensionBytes: 1_024,
    });
    expect(defaultResponseLimits).toMatchObject({
      maxHeaderBytes: 32_768,
      maxHeaderLines: 100,
      maxInterimResponses: 16,
    });
    expect(defaultTargetOptions.limits).toEqual({});
  });

  it('for upstream timeouts and certificate checks', () => {
    const { timeouts, tls } = resource('service', {
      name: 'origin',
      targets: [{ address: '127.0.0.1:1' }],
    }).spec;
    expect(timeouts).toEqual({
      connectMs: 3_000,
      firstByteMs: 30_000,
      idleMs: 60_000,
      totalMs: 60_000,
    });
    expect(tls).toEqual({ verify: true });
    // Node's own servers close after five seconds: the shortest that is common.
    expect(defaultTargetOptions.keepAliveIdleMs).toBeLessThan(5_000);
  });

  it('for a node: connections, load shedding and draining', () => {
    expect(readEnv({ SLUICE_CONFIG_FILE: 'x' })).toMatchObject({
      SLUICE_MAX_CONNECTIONS: 10_000,
      SLUICE_MAX_CONNECTIONS_PER_ADDRESS: 256,
      SLUICE_DRAIN_MS: 30_000,
      SLUICE_OVERLOAD_LAG_MS: 200,
      SLUICE_OVERLOAD_MEMORY_PERCENT: 85,
    });
  });

  describe('for HTTP/2', () => {
    let proxy: ProxyFixture;
    let client: RawClient;
    beforeEach(async () => {
      proxy = await ProxyFixture.start({
        resources: [
          resource('route', {
            name: 'all',
            paths: ['/*'],
            policies: [{ name: 'static-response', config: { status: 200 } }],
          }),
        ],
      });
      client = await proxy.connect();
      client.send(preface);
    });
    afterEach(() => proxy.stop());
    const frames = (type: number): Frame[] =>
      readFrames(client.received).filter((each) => each.type === type);

    it('are announced in SETTINGS', async () => {
      await eventually(() => frames(frameTypes.settings).length > 0);
      const { payload } = frames(frameTypes.settings)[0] as Frame;
      const settings = new Map(
        Array.from({ length: payload.length / 6 }, (_, index) => [
          payload.readUInt16BE(index * 6),
          payload.readUInt32BE(index * 6 + 2),
        ]),
      );
      expect([
        settings.get(constants.NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS),
        settings.get(constants.NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE),
      ]).toEqual([100, 65_536]);
    });

    it('100 streams may be reset at once, and the next 100 end the connection', async () => {
      const cancel = Buffer.from([0, 0, 0, constants.NGHTTP2_CANCEL]);
      const reset = (from: number, count: number): Buffer =>
        Buffer.concat(
          Array.from({ length: count }, (_, index) => [
            request(from + 2 * index, '/p'),
            frame(frameTypes.rstStream, 0, from + 2 * index, cancel),
          ]).flat(),
        );
      client.send(reset(1, 100)).send(frame(frameTypes.ping, 0, 0, Buffer.alloc(8)));
      await eventually(() => frames(frameTypes.ping).length === 1);
      expect([frames(frameTypes.goaway), client.ending]).toEqual([[], undefined]);
      // Ten a second are given back: far fewer than these.
      client.send(reset(201, 100));
      await eventually(() => frames(frameTypes.goaway).length > 0 || client.ending !== undefined);
    });
  });
});
