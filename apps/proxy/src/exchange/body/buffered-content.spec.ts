import { randomBytes } from 'node:crypto';
import { GatewayError } from '@sluice/errors';
import type { HeaderList } from '@sluice/http1';
import { describe, expect, it } from '@jest/globals';
import type { ContentSink, ContentSource } from '../../net/content.ts';
import { BufferBudget } from './buffer-budget.ts';
import { BufferedContent } from './buffered-content.ts';

/** A generator of random numbers that a seed repeats: mulberry32. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below;
  };
}

/** Content that arrives in given chunks, one for each turn in which the sink accepts it. */
class ChunkedSource implements ContentSource {
  readonly length: number;
  isCancelled = false;
  private sink: ContentSink | undefined;
  private isFlowing = false;
  private readonly chunks: Buffer[];
  private readonly fault: GatewayError | undefined;

  constructor(chunks: readonly Buffer[], isAnnounced: boolean, fault?: GatewayError) {
    this.chunks = [...chunks];
    this.length = isAnnounced ? chunks.reduce((sum, { length }) => sum + length, 0) : -1;
    this.fault = fault;
  }

  start(sink: ContentSink): void {
    this.sink = sink;
    this.resume();
  }

  resume(): void {
    if (this.isFlowing) return;
    this.isFlowing = true;
    setImmediate(() => this.deliver());
  }

  cancel(): void {
    this.isCancelled = true;
    this.sink = undefined;
  }

  private deliver(): void {
    const chunk = this.chunks.shift();
    const { sink } = this;
    if (sink === undefined || !this.isFlowing) return;
    if (chunk !== undefined) {
      this.isFlowing = sink.data(chunk);
      if (this.isFlowing) setImmediate(() => this.deliver());
      return;
    }
    this.sink = undefined;
    if (this.fault === undefined) sink.end(undefined);
    else sink.fail(this.fault);
  }
}

/** Collects content, and pauses the source at random. */
class SlowSink implements ContentSink {
  readonly chunks: Buffer[] = [];
  readonly done: Promise<string>;
  private readonly source: ContentSource;
  private readonly random: (below: number) => number;
  private finish!: (outcome: string) => void;

  constructor(source: ContentSource, random: (below: number) => number) {
    this.source = source;
    this.random = random;
    this.done = new Promise((resolve) => (this.finish = resolve));
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  data(chunk: Buffer): boolean {
    this.chunks.push(Buffer.from(chunk));
    if (this.random(3) >= 1) return true;
    setImmediate(() => this.source.resume());
    return false;
  }

  end(_trailers: HeaderList | undefined): void {
    this.finish('end');
  }

  fail(error: GatewayError): void {
    this.finish(error.code);
  }
}

function chunksOf(content: Buffer, random: (below: number) => number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < content.length;) {
    const size = Math.ceil(random(random(4) < 1 ? 30_000 : 40));
    chunks.push(content.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

const reader = { isShadow: false };
const shadow = { isShadow: true };

describe('buffered content', () => {
  it('delivers every byte once, whatever was read before, at any pace, again when it is whole', async () => {
    for (let seed = 1; seed <= 150; seed++) {
      const random = randomFrom(seed);
      const content = randomBytes(Math.floor(random(60_000)));
      const budget = new BufferBudget(10_000_000);
      const source = new ChunkedSource(chunksOf(content, random), random(2) < 1);
      const buffered = new BufferedContent(source, budget, 'caller', 'content_too_large');
      for (let reads = Math.floor(random(4)); reads > 0; reads--) {
        const maxBytes = Math.floor(random(80_000));
        const read = await buffered.read(
          { maxBytes, over: 'partial' },
          random(2) < 1 ? reader : shadow,
        );
        const expected = content.subarray(0, maxBytes);
        expect([seed, Buffer.compare(read.bytes, expected), read.complete]).toEqual([
          seed,
          0,
          content.length <= maxBytes,
        ]);
      }
      const isWhole = buffered.isReplayable;
      for (let turn = 0; turn < (isWhole ? 3 : 1); turn++) {
        const sink = new SlowSink(buffered, random);
        if (isWhole) expect([seed, buffered.length]).toEqual([seed, content.length]);
        buffered.start(sink);
        if (isWhole && turn === 0) {
          // The first target fails half-way.
          buffered.cancel();
          continue;
        }
        expect([seed, await sink.done, Buffer.compare(sink.bytes, content)]).toEqual([
          seed,
          'end',
          0,
        ]);
      }
      buffered.release();
      expect([seed, budget.used]).toEqual([seed, 0]);
    }
  });

  it('fails reads and the sink with the fault of the sender', async () => {
    const budget = new BufferBudget(10_000_000);
    const fault = new GatewayError('request_timeout');
    const source = new ChunkedSource([Buffer.from('begin')], false, fault);
    const buffered = new BufferedContent(source, budget, 'caller', 'content_too_large');
    await expect(buffered.read({ maxBytes: 10 }, reader)).rejects.toMatchObject({
      name: 'GatewayError',
      code: 'request_timeout',
    });
    const sink = new SlowSink(buffered, () => 2);
    buffered.start(sink);
    expect(await sink.done).toBe('request_timeout');
    buffered.release();
    expect(budget.used).toBe(0);
  });

  it('counts the memory that small chunks and slices of large buffers take', async () => {
    const budget = new BufferBudget(10_000_000);
    const large = Buffer.alloc(1_000_000);
    const chunks = Array.from({ length: 5_000 }, (_, index) => large.subarray(index, index + 1));
    const source = new ChunkedSource([...chunks, large.subarray(0, 5_000)], false);
    const buffered = new BufferedContent(source, budget, 'caller', 'content_too_large');
    const { bytes } = await buffered.read({ maxBytes: 10_000 }, reader);
    expect(bytes.length).toBe(10_000);
    expect(bytes.buffer.byteLength).toBeLessThan(20_000);
    expect(budget.used).toBeGreaterThanOrEqual(10_000);
    expect(budget.used).toBeLessThan(40_000);
    buffered.release();
    expect(budget.used).toBe(0);
  });

  it('refuses reads beyond the share of a caller; others still have theirs', async () => {
    const budget = new BufferBudget(400_000);
    const open = (caller: string) =>
      new BufferedContent(
        new ChunkedSource([Buffer.alloc(60_000), Buffer.alloc(1)], true),
        budget,
        caller,
        'content_too_large',
      );
    const [first, second, other] = [open('a'), open('a'), open('b')];
    await first.read({ maxBytes: 100_000 }, reader);
    await expect(second.read({ maxBytes: 100_000 }, reader)).rejects.toMatchObject({
      code: 'content_buffers_full',
    });
    expect((await other.read({ maxBytes: 100_000 }, reader)).bytes.length).toBe(60_001);
    for (const content of [first, second, other]) content.release();
    expect([budget.used, budget.refused]).toEqual([0, 1]);
  });
});
