import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startOtlpReceiver } from './otlp-receiver.ts';
import type { OtlpReceiver } from './otlp-receiver.ts';

type Spans = Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0];

const spans = [
  {
    name: 'GET /orders',
    kind: 1,
    spanContext: () => ({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      traceFlags: 1,
    }),
    parentSpanContext: {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: '00f067aa0ba902b7',
      traceFlags: 1,
      isRemote: true,
    },
    startTime: [1_764_000_000, 123_456_789],
    endTime: [1_764_000_001, 0],
    duration: [0, 876_543_211],
    status: { code: 2 },
    attributes: {
      text: 'żółw',
      count: 42,
      negative: -7,
      share: 0.25,
      yes: true,
      list: ['a', 'b'],
      numbers: [1, 2.5],
    },
    links: [],
    events: [],
    ended: true,
    resource: { attributes: { 'service.name': 'test' }, schemaUrl: 'https://schema.test/1' },
    instrumentationScope: { name: 'scope', version: '1', schemaUrl: 'https://schema.test/2' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  },
] as unknown as Spans;

const expected = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentSpanId: '00f067aa0ba902b7',
  traceState: '',
  name: 'GET /orders',
  kind: 'server',
  startTimeUnixNano: 1_764_000_000_123_456_789n,
  endTimeUnixNano: 1_764_000_001_000_000_000n,
  attributes: {
    text: 'żółw',
    count: 42,
    negative: -7,
    share: 0.25,
    yes: true,
    list: ['a', 'b'],
    numbers: [1, 2.5],
  },
  status: 'error',
  flags: 0x301,
  resource: { 'service.name': 'test' },
  scope: 'scope',
  resourceSchemaUrl: 'https://schema.test/1',
  scopeSchemaUrl: 'https://schema.test/2',
};

let receiver: OtlpReceiver;
beforeEach(async () => {
  receiver = await startOtlpReceiver();
});
afterEach(() => receiver.close());

/** Posts content and answers status and content of the response. */
function post(
  content: Uint8Array,
  headers: Record<string, string>,
  path = '/v1/traces',
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request(
      receiver.endpoint + path,
      { method: 'POST', headers, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    call.on('error', reject).end(content);
  });
}

const protobuf = { 'content-type': 'application/x-protobuf' };
const json = { 'content-type': 'application/json; charset=utf-8' };

describe('the OTLP receiver', () => {
  it('decodes protobuf', async () => {
    expect(await post(ProtobufTraceSerializer.serializeRequest(spans)!, protobuf)).toEqual({
      status: 200,
      text: '',
    });
    expect(receiver.spans()).toEqual([expected]);
  });

  it('decodes JSON', async () => {
    expect(await post(JsonTraceSerializer.serializeRequest(spans)!, json)).toEqual({
      status: 200,
      text: '{}',
    });
    expect(receiver.spans()).toEqual([expected]);
  });

  it('decodes compressed content', async () => {
    const content = gzipSync(ProtobufTraceSerializer.serializeRequest(spans)!);
    await post(content, { ...protobuf, 'content-encoding': 'gzip' });
    expect(receiver.spans()).toEqual([expected]);
  });

  it('answers 400 with the reason for what it cannot decode, and keeps nothing of it', async () => {
    const whole = ProtobufTraceSerializer.serializeRequest(spans)!;
    expect(await post(whole.subarray(0, whole.length - 9), protobuf)).toMatchObject({
      status: 400,
    });
    expect(await post(Buffer.from('{'), json)).toMatchObject({
      status: 400,
      text: expect.stringContaining('SyntaxError'),
    });
    expect(await post(Buffer.from('x'), { 'content-type': 'text/plain' })).toEqual({
      status: 400,
      text: 'TypeError: content of type "text/plain" is not OTLP',
    });
    expect(await post(whole, protobuf, '/v1/logs')).toMatchObject({ status: 404 });
    expect(receiver.spans()).toEqual([]);
  });

  it('waits for spans, and says what came when they do not', async () => {
    const waited = receiver.waitForSpans(2);
    await post(ProtobufTraceSerializer.serializeRequest(spans)!, protobuf);
    await post(ProtobufTraceSerializer.serializeRequest(spans)!, protobuf);
    expect(await waited).toHaveLength(2);
    await expect(receiver.waitForSpans(3, 20)).rejects.toThrow(
      'waited 20 ms for 3 spans, received 2: [GET /orders, GET /orders]',
    );
  });

  it('can be in trouble', async () => {
    const content = ProtobufTraceSerializer.serializeRequest(spans)!;
    receiver.setMode(503);
    expect(await post(content, protobuf)).toMatchObject({ status: 503 });
    receiver.setMode('stall');
    const stalled = post(content, protobuf).then(
      () => 'answered',
      () => 'dropped',
    );
    await receiver.close();
    expect(await stalled).toBe('dropped');
    expect(receiver.spans()).toEqual([]);
    receiver = await startOtlpReceiver();
  });
});
