import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { AccessLog } from './access-log.ts';
import type { AccessRecord } from './access-record.ts';
import type { LineSink } from './line-sink.ts';

const record: AccessRecord = {
  startTimeMs: 0,
  requestId: 'r',
  trace: { traceId: '' },
  route: undefined,
  service: undefined,
  consumer: undefined,
  authPolicy: undefined,
  authReason: undefined,
  targetAddress: undefined,
  upstreamPath: undefined,
  status: 200,
  grpcStatus: -1,
  source: 'upstream',
  code: undefined,
  reason: undefined,
  method: 'GET',
  host: 'a',
  path: '/',
  protocol: '1.1',
  requestBytes: 0,
  responseBytes: 0,
  durationMs: 1,
  upstreamDurationMs: -1,
  clientAddress: '::1',
  revision: 1,
  shadow: [],
  userAgent: undefined,
};

/** An output under control: it takes text only when told to. */
class Gate implements LineSink {
  readonly taken: string[] = [];
  #done: ((error: Error | undefined) => void) | undefined;

  write(lines: string | Buffer, done: (error: Error | undefined) => void): void {
    if (this.#done !== undefined) throw new Error('written to while writing');
    this.taken.push(lines.toString());
    this.#done = done;
  }

  finish(error?: Error): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(error);
  }

  get ids(): string[] {
    return this.taken
      .join('')
      .split('\n')
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { requestId: string }).requestId);
  }
}

function open(options: { flushBytes?: number; flushMs?: number; maxBufferedBytes?: number } = {}) {
  const gate = new Gate();
  const facts = { dropped: 0, warnings: [] as string[] };
  const log = new AccessLog({
    sink: gate,
    onDropped: (lines) => (facts.dropped += lines),
    warn: (message) => facts.warnings.push(message),
    ...options,
  });
  const write = (...ids: string[]): void =>
    ids.forEach((requestId) => log.write({ ...record, requestId }));
  return { gate, log, facts, write };
}

describe('the access log', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('writes lines together when enough have come', () => {
    const { gate, write } = open({ flushBytes: 600, flushMs: 3_600_000 });
    jest.useFakeTimers();
    write('1', '2');
    expect(gate.taken).toHaveLength(0);
    write('3');
    expect(gate.taken).toHaveLength(1);
    expect(gate.ids).toEqual(['1', '2', '3']);
  });

  it('writes few lines when enough time has passed', () => {
    jest.useFakeTimers();
    const { gate, write } = open();
    write('1');
    jest.advanceTimersByTime(60);
    write('2');
    expect(gate.taken).toHaveLength(0);
    jest.advanceTimersByTime(40);
    expect(gate.ids).toEqual(['1', '2']);
  });

  it('keeps the order while the output is busy', async () => {
    const { gate, log, write } = open({ flushBytes: 1 });
    write('1', '2', '3');
    expect(gate.ids).toEqual(['1']);
    gate.finish();
    gate.finish();
    gate.finish();
    await log.close();
    expect(gate.ids).toEqual(['1', '2', '3']);
  });

  it('gives up lines beyond the bound while the output stalls, counts them, and says so once', () => {
    const { gate, facts, write } = open({ flushBytes: 1, maxBufferedBytes: 1_000 });
    write(...Array.from({ length: 1_000 }, (_, i) => String(i)));
    expect(facts.dropped).toBeGreaterThan(990);
    expect(facts.warnings).toEqual(['access log lines are dropped: its output does not keep up']);
    const kept = 1_000 - facts.dropped;
    for (let i = 0; i < kept; i++) gate.finish();
    expect(gate.ids).toEqual(Array.from({ length: kept }, (_, i) => String(i)));
    expect(facts.warnings[1]).toBe(
      `access log is written again; ${facts.dropped} lines were dropped`,
    );
    write('later');
    expect(gate.ids).toContain('later');
    expect(facts.warnings).toHaveLength(2);
  });

  it('counts the lines of a batch that could not be written, and goes on', () => {
    const { gate, facts, write } = open({ flushBytes: 1 });
    write('1', '2', '3');
    gate.finish(new Error('ENOSPC: no space left on device'));
    expect(facts.dropped).toBe(1);
    expect(facts.warnings).toEqual([
      'access log lines are dropped: ENOSPC: no space left on device',
    ]);
    gate.finish(new Error('ENOSPC: no space left on device'));
    gate.finish();
    expect(facts).toEqual({
      dropped: 2,
      warnings: [expect.anything(), 'access log is written again; 2 lines were dropped'],
    });
  });

  it('writes what is there when it is closed', async () => {
    const { gate, log, write } = open();
    write('1', '2');
    const closed = log.close();
    gate.finish();
    await closed;
    expect(gate.ids).toEqual(['1', '2']);
  });

  it('waits for a stalled output only so long, and counts what is lost', async () => {
    const { log, facts, write } = open({ flushBytes: 1 });
    write('1', '2', '3');
    const begin = performance.now();
    await log.close(30);
    expect(performance.now() - begin).toBeLessThan(2_000);
    expect(facts.dropped).toBe(3);
  });

  it('closes at once when nothing was logged', async () => {
    const { gate, log } = open();
    await log.close();
    expect(gate.taken).toHaveLength(0);
  });
});
