import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startOtlpReceiver } from '@sluice/testkit';
import type { OtlpReceiver } from '@sluice/testkit';
import { ApplySpans } from './apply-spans.ts';
import type { ApplyFacts } from './apply-spans.ts';

const facts: ApplyFacts = {
  revision: 7,
  gateway: 'default',
  node: 'node-1',
  changes: 3,
  traceparents: [],
  outcome: 'applied',
  faultCode: undefined,
  startTimeMs: 1_700_000_000_000,
  durationMs: 2,
};
const write = (digit: string, flags = '01'): string =>
  `00-${digit.repeat(32)}-${digit.repeat(16)}-${flags}`;

describe('ApplySpans', () => {
  let receiver: OtlpReceiver;

  beforeAll(async () => {
    receiver = await startOtlpReceiver();
  });
  afterAll(() => receiver.close());

  const spansOf = async (...all: Partial<ApplyFacts>[]) => {
    const before = receiver.spans().length;
    const exporting = {
      endpoint: receiver.endpoint,
      onExported: () => undefined,
      onDropped: () => undefined,
      warn: () => undefined,
    };
    const spans = new ApplySpans({
      serviceName: 'sluice-proxy',
      instanceId: 'node-1',
      version: '1',
      export: exporting,
    });
    for (const each of all) spans.record({ ...facts, ...each });
    await spans.shutdown();
    return receiver.spans().slice(before);
  };

  it('makes a child of the newest write that was sampled', async () => {
    const [span, ...others] = await spansOf({
      traceparents: [write('a'), write('b'), write('c', '00')],
    });
    expect(others).toEqual([]);
    expect(span).toMatchObject({
      name: 'apply revision',
      kind: 'consumer',
      traceId: 'b'.repeat(32),
      parentSpanId: 'b'.repeat(16),
      status: 'unset',
    });
    expect(span?.attributes).toEqual({
      'sluice.revision': 7,
      'sluice.gateway': 'default',
      'sluice.node': 'node-1',
      'sluice.changes': 3,
      'sluice.outcome': 'applied',
    });
    expect((span?.endTimeUnixNano ?? 0n) - (span?.startTimeUnixNano ?? 0n)).toBe(2_000_000n);
  });

  it('makes none when no write was sampled, or what was sent is no traceparent', async () => {
    expect(
      await spansOf(
        {},
        { traceparents: [write('a', '00')] },
        { traceparents: ['', 'x'.repeat(55), `${write('a')}\r\nx`, write('0')] },
      ),
    ).toEqual([]);
  });

  it('tells what was refused, and why', async () => {
    const traceparents = [write('a')];
    const [refused, drifted] = await spansOf(
      { traceparents, outcome: 'refused', faultCode: 'unknown_policy' },
      { traceparents, outcome: 'drifted' },
    );
    expect(refused).toMatchObject({
      status: 'error',
      attributes: { 'sluice.outcome': 'refused', 'error.type': 'unknown_policy' },
    });
    expect(drifted).toMatchObject({
      status: 'error',
      attributes: { 'sluice.outcome': 'drifted', 'error.type': 'drifted' },
    });
  });

  it('reads no more of them than a control plane sends', async () => {
    const many = Array.from({ length: 100_000 }, () => write('d'));
    expect(await spansOf({ traceparents: many })).toHaveLength(1);
  });

  it('are sent as the settings say', async () => {
    const seen: Record<string, unknown>[] = [];
    const collector = createServer((request, response) => {
      seen.push({
        url: request.url,
        type: request.headers['content-type'],
        key: request.headers['x-key'],
      });
      request.resume().on('end', () => response.end('{}'));
    }).listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const { port } = collector.address() as AddressInfo;
    const exporting = {
      onExported: () => undefined,
      onDropped: () => undefined,
      warn: () => undefined,
    };
    const endpoint = `http://127.0.0.1:${port}/in`;
    const spans = new ApplySpans({
      serviceName: 's',
      instanceId: 'n',
      version: '1',
      export: {
        ...exporting,
        endpoint,
        isComplete: true,
        protocol: 'http/json',
        headers: { 'x-key': 'k' },
      },
    });
    spans.record({ ...facts, traceparents: [write('a')] });
    await spans.shutdown();
    collector.close();
    expect(seen).toEqual([{ url: '/in', type: 'application/json', key: 'k' }]);
  });
});
