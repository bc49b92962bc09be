import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  END_HEADERS,
  END_STREAM,
  fieldBlock,
  frame,
  frameTypes,
} from '../edge/testing/http2-frames.ts';
import type { ContentSource } from '../net/content.ts';
import { eventually } from '../listener/testing/running-listener.ts';
import { TimerWheel } from '../net/timer-wheel.ts';
import { Http2Target } from './http2-target.ts';
import { FrameOrigin, type FrameConnection } from './testing/frame-origin.ts';
import { RecordedCall, type CallOptions } from './testing/recorded-call.ts';

const NO_ERROR = 0;
const INTERNAL_ERROR = 2;
const CANCEL = 8;

const head = (id: number, flags = 0): Buffer =>
  frame(frameTypes.headers, END_HEADERS | flags, id, fieldBlock([[':status', '200']]));
const content = (id: number, text: string, flags = 0): Buffer =>
  frame(frameTypes.data, flags, id, Buffer.from(text));
const trailers = (id: number): Buffer =>
  frame(frameTypes.headers, END_HEADERS | END_STREAM, id, fieldBlock([['grpc-status', '5']]));

describe('the end of a response over HTTP/2', () => {
  let wheel: TimerWheel;
  let origin: FrameOrigin;
  let target: Http2Target;

  beforeEach(() => {
    wheel = new TimerWheel({ tickMs: 10 }).start();
  });
  afterEach(() => {
    target.close();
    origin.stop();
    wheel.stop();
  });

  /** @param answer gives the frames of the response */
  const send = async (
    answer: (id: number) => readonly Buffer[],
    then: (connection: FrameConnection, id: number) => void,
    options: CallOptions = {},
  ): Promise<RecordedCall> => {
    origin = await FrameOrigin.start((connection, { type, streamId }) => {
      if (type !== frameTypes.headers) return;
      connection.send(...answer(streamId));
      then(connection, streamId);
    });
    target = new Http2Target(
      { protocol: 'h2c', address: origin.address, tls: { verify: true } },
      wheel,
      {},
    );
    return RecordedCall.send(target, options);
  };
  const resetting = (code: number) => (connection: FrameConnection, id: number) =>
    connection.reset(id, code);
  const resettingLater = (code: number) => (connection: FrameConnection, id: number) =>
    void setTimeout(() => connection.reset(id, code), 50);

  it.each([NO_ERROR, INTERNAL_ERROR, CANCEL])(
    'is not RST_STREAM with code %i in the middle of it',
    async (code) => {
      for (const then of [resetting(code), resettingLater(code)]) {
        for (const answer of [
          (id: number) => [head(id)],
          (id: number) => [head(id), content(id, 'half')],
        ]) {
          const call = await (await send(answer, then)).over;
          expect([call.status, call.contentFault, call.outcomes]).toEqual([
            200,
            'upstream_reset',
            1,
          ]);
          target.close();
          origin.stop();
        }
      }
    },
  );

  it.each([
    ['DATA', (id: number) => [head(id), content(id, 'whole', END_STREAM)], 'whole'],
    [
      'an empty DATA',
      (id: number) => [head(id), content(id, 'whole'), content(id, '', END_STREAM)],
      'whole',
    ],
    ['trailers', (id: number) => [head(id), content(id, 'whole'), trailers(id)], 'whole'],
    ['the head', (id: number) => [head(id, END_STREAM)], ''],
  ])(
    'is END_STREAM on %s, and RST_STREAM (NO_ERROR) behind it changes nothing',
    async (_, answer, body) => {
      for (const then of [() => undefined, resetting(NO_ERROR), resettingLater(NO_ERROR)]) {
        const call = await (await send(answer, then)).over;
        expect([call.status, call.body, call.contentFault]).toEqual([200, body, undefined]);
        target.close();
        origin.stop();
      }
    },
  );

  it.each([
    ['that is whole is whole', END_STREAM, undefined],
    ['that was cut off is not', 0, 'upstream_reset'],
  ])('of content read after the stream was closed: one %s', async (_, flags, fault) => {
    let source: ContentSource | undefined;
    let isReset = false;
    const then = (connection: FrameConnection, id: number): void =>
      void setTimeout(() => {
        connection.reset(id, NO_ERROR);
        isReset = true;
      }, 20);
    const pieces = (id: number): Buffer[] => [
      head(id),
      content(id, 'one'),
      content(id, 'two', flags),
    ];
    const call = await send(pieces, then, { onContent: (given) => (source = given) });
    await eventually(() => source !== undefined && isReset);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const ends: (string | undefined)[] = [];
    source?.start({
      data: (chunk) => {
        call.body += chunk.toString('latin1');
        return true;
      },
      end: () => void ends.push(undefined),
      fail: ({ code }) => void ends.push(code),
    });
    await eventually(() => ends.length > 0);
    expect(ends).toEqual([fault]);
    if (fault === undefined) expect(call.body).toBe('onetwo');
  });
});
