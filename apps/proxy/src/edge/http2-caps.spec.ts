import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { constants } from 'node:http2';
import { RawClient } from '../listener/testing/raw-client.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { EdgeProxy } from './testing/edge-proxy.ts';
import { Http2EdgeFixture } from './testing/http2-edge-fixture.ts';
import {
  END_HEADERS,
  END_STREAM,
  fieldBlock,
  frame,
  frameTypes,
  preface,
  readFrames,
  request,
} from './testing/http2-frames.ts';

/** HTTP/2 frames that no client library would send. */
describe('HTTP/2 in raw frames', () => {
  const fixture = new Http2EdgeFixture();
  beforeEach(() => fixture.start());
  afterEach(() => fixture.stop());

  describe('caps', () => {
    /**
     * Writes in portions, so that the other side may answer in between, until the connection is
     * over.
     */
    const flood = async (portion: Buffer, times: number): Promise<void> => {
      for (
        let count = 0;
        count < times && !fixture.isOver() && fixture.goaway() === undefined;
        count++
      ) {
        fixture.client.send(portion);
        await new Promise(setImmediate);
      }
    };
    const ids = (from: number, count: number): number[] =>
      Array.from({ length: count }, (_, index) => from + 2 * index);

    it('a head of 64 KiB is the largest', async () => {
      const block = (bytes: number): Buffer =>
        fieldBlock([
          [':method', 'GET'],
          [':scheme', 'http'],
          [':authority', 'a.test'],
          [':path', '/p'],
          ...Array.from({ length: 9 }, () => ['x', 'y'.repeat(bytes / 9)] as const),
        ]);
      const send = (streamId: number, bytes: Buffer): void => {
        fixture.client.send(
          frame(frameTypes.headers, END_STREAM, streamId, bytes.subarray(0, 16_000)),
        );
        for (let at = 16_000; at < bytes.length; at += 16_000)
          fixture.client.send(
            frame(
              frameTypes.continuation,
              at + 16_000 >= bytes.length ? END_HEADERS : 0,
              streamId,
              bytes.subarray(at, at + 16_000),
            ),
          );
      };
      send(1, block(63_000));
      await eventually(() => fixture.contentOf(1) === 'GET /p');
      fixture.edge.origin.forget();
      send(3, block(72_000));
      await eventually(
        () =>
          fixture.frames().some(({ streamId }) => streamId === 3) ||
          fixture.goaway() !== undefined ||
          fixture.isOver(),
      );
      expect(fixture.contentOf(3)).toContain('header_fields_too_large');
      await fixture.nextIsItsOwn(5);
      expect(fixture.asked()).toEqual(['GET /next', 'GET /other']);
    });

    it('an endless head does not fill the memory', async () => {
      fixture.client.send(
        frame(
          frameTypes.headers,
          END_STREAM,
          1,
          fieldBlock([
            [':method', 'GET'],
            [':scheme', 'http'],
            [':authority', 'a.test'],
            [':path', '/p'],
          ]),
        ),
      );
      const piece = frame(frameTypes.continuation, 0, 1, fieldBlock([['x', 'y'.repeat(16_000)]]));
      await flood(piece, 2_000);
      await eventually(() => fixture.goaway() !== undefined || fixture.isOver());
      await fixture.nextIsItsOwn(3);
      expect(fixture.asked()).toEqual(['GET /other']);
    });

    it('nor does one in empty frames', async () => {
      fixture.client.send(
        frame(frameTypes.headers, END_STREAM, 1, fieldBlock([[':method', 'GET']])),
      );
      await flood(
        Buffer.concat(Array.from({ length: 100 }, () => frame(frameTypes.continuation, 0, 1))),
        1_000,
      );
      await eventually(() => fixture.goaway() !== undefined || fixture.isOver());
      expect(fixture.asked()).toEqual([]);
    });

    it('concurrent streams beyond 100 are refused, without upstream calls', async () => {
      // The spec does not wait for responses: content that never ends keeps each stream open.
      fixture.client.send(
        Buffer.concat(
          ids(1, 130).map((id) => request(id, '/p', [[':method', 'POST']], END_HEADERS)),
        ),
      );
      await eventually(
        () =>
          ids(201, 30).every((id) => fixture.resetOf(id) !== undefined) ||
          fixture.isOver() ||
          fixture.goaway() !== undefined,
      );
      expect(ids(201, 30).map((id) => fixture.resetOf(id))).toEqual(
        ids(201, 30).map(() => constants.NGHTTP2_REFUSED_STREAM),
      );
      await eventually(() => fixture.edge.origin.received.pending.length === 100);
      fixture.client.send(
        Buffer.concat(ids(1, 100).map((id) => frame(frameTypes.data, END_STREAM, id))),
      );
      await eventually(() => ids(1, 100).every((id) => fixture.contentOf(id) === 'POST /p'));
      expect(fixture.asked()).toHaveLength(100);
    });

    it('streams that are reset as soon as they are opened end the connection', async () => {
      const cancel = Buffer.from([0, 0, 0, constants.NGHTTP2_CANCEL]);
      for (
        let round = 0;
        round < 50 && !fixture.isOver() && fixture.goaway() === undefined;
        round++
      ) {
        fixture.client.send(
          Buffer.concat(
            ids(1 + round * 40, 20).flatMap((id) => [
              request(id, '/p'),
              frame(frameTypes.rstStream, 0, id, cancel),
            ]),
          ),
        );
        await new Promise(setImmediate);
      }
      await eventually(() => fixture.goaway() !== undefined && fixture.isOver());
      expect(
        fixture.edge.origin.received.requests.length +
          fixture.edge.origin.received.abandoned.length,
      ).toBeLessThanOrEqual(150);
      await fixture.nextIsItsOwn(4_001);
    });

    it('streams that are reset because of errors end the connection', async () => {
      const tooMuch = Buffer.from([0x7f, 0xff, 0xff, 0xff]);
      for (
        let round = 0;
        round < 100 && !fixture.isOver() && fixture.goaway() === undefined;
        round++
      ) {
        fixture.client.send(
          Buffer.concat(
            ids(1 + round * 40, 20).flatMap((id) => [
              request(id, '/p'),
              frame(frameTypes.windowUpdate, 0, id, tooMuch),
            ]),
          ),
        );
        await new Promise(setImmediate);
      }
      await eventually(() => fixture.goaway() !== undefined || fixture.isOver());
      await fixture.nextIsItsOwn(8_001);
    });

    it.each([
      ['PING', frame(frameTypes.ping, 0, 0, Buffer.alloc(8))],
      ['SETTINGS', frame(frameTypes.settings, 0, 0)],
      [
        'SETTINGS that change something',
        frame(frameTypes.settings, 0, 0, Buffer.from([0, 3, 0, 0, 0, 100])),
      ],
    ])(
      '%s without end, whose answers the client does not read, end the connection',
      async (_, bytes) => {
        fixture.client.socket.pause();
        const portion = Buffer.concat(Array.from({ length: 2_000 }, () => bytes));
        let closed = false;
        fixture.client.socket.on('close', () => (closed = true));
        for (
          let round = 0;
          round < 1_500 && !closed && fixture.edge.proxy.listener.connectionCount > 0;
          round++
        ) {
          if (!fixture.client.socket.write(portion))
            await Promise.race([
              new Promise((resolve) => fixture.client.socket.once('drain', resolve)),
              new Promise((resolve) => setTimeout(resolve, 20)),
            ]);
          await new Promise(setImmediate);
          if (fixture.client.socket.writableLength > 2_000_000) break;
        }
        // The connection is aborted or no longer read: the buffered bytes do not grow.
        expect(
          fixture.edge.proxy.listener.connectionCount === 0 ||
            fixture.client.socket.writableLength > 1_000_000,
        ).toBe(true);
        const other = await RawClient.connect(fixture.edge.proxy.port);
        expect(
          (await other.send('GET /other HTTP/1.1\r\nHost: a.test\r\n\r\n').readResponse()).body,
        ).toBe('GET /other');
        other.close();
      },
    );

    it('repeated empty content counts as missing content', async () => {
      const slow = await EdgeProxy.start({ bodyIdleMs: 100 });
      const sender = await RawClient.connect(slow.proxy.port);
      sender.send(preface).send(request(1, '/p', [[':method', 'POST']], END_HEADERS));
      const timer = setInterval(() => sender.send(frame(frameTypes.data, 0, 1)), 5);
      await eventually(
        () =>
          readFrames(sender.received).some(
            ({ type, payload }) => type === frameTypes.data && payload.includes('request_timeout'),
          ) || sender.ending !== undefined,
      );
      clearInterval(timer);
      expect(slow.origin.received.requests).toEqual([]);
      sender.close();
      await slow.stop();
    });
  });
});
