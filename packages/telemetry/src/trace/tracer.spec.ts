import { describe, expect, it } from '@jest/globals';
import { TraceContext } from './trace-context.ts';
import { Tracer } from './tracer.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const callerSpanId = 'b7ad6b7169203331';
const sampled = `00-${traceId}-${callerSpanId}-01`;
const unsampled = `00-${traceId}-${callerSpanId}-00`;

/** A tracer that records. Nothing is sent: no span is ever added here. */
const exporting = {
  endpoint: 'http://127.0.0.1:9',
  onExported: () => undefined,
  onDropped: () => undefined,
  warn: () => undefined,
};

const tracer = (ratio: number | undefined, records = true): Tracer =>
  new Tracer({
    serviceName: 'test',
    instanceId: 'n1',
    version: '1',
    ratio,
    export: records ? exporting : undefined,
  });

describe('a decision about a request', () => {
  it('records a request whose caller is sampled, as a child of the caller', () => {
    const context = tracer(0).decide(sampled);
    expect(context).toMatchObject({
      traceId,
      parentSpanId: callerSpanId,
      sampled: true,
      recorded: true,
      continued: true,
    });
    expect(context.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(context.spanId).not.toBe(callerSpanId);
    expect(context.traceparent()).toBe(`00-${traceId}-${context.spanId}-01`);
  });

  it('passes on the caller that is not sampled, with no span of ours between', () => {
    const one = tracer(1);
    const context = one.decide(unsampled);
    expect(context).toMatchObject({
      traceId,
      spanId: callerSpanId,
      sampled: false,
      recorded: false,
      continued: true,
    });
    expect(one.attemptSpanId(context)).toBe(callerSpanId);
    expect(context.traceparent()).toBe(unsampled);
  });

  it.each([
    ['00', '00'],
    ['01', '01'],
    ['02', '02'],
    ['03', '03'],
    ['05', '01'],
    ['fe', '02'],
    ['ff', '03'],
  ])(
    'passes the flags %s of the caller on as %s: those that are not defined are cleared',
    (flags, expected) => {
      for (const records of [true, false]) {
        const context = tracer(1, records).decide(`00-${traceId}-${callerSpanId}-${flags}`);
        expect(context.traceparent()).toBe(`00-${traceId}-${context.spanId}-${expected}`);
        expect(context.isPassedOn).toBe(!context.recorded && flags === expected);
      }
    },
  );

  it('passes on the caller when nothing is exported, sampled or not', () => {
    for (const traceparent of [sampled, unsampled]) {
      const context = tracer(undefined, false).decide(traceparent);
      expect(context.recorded).toBe(false);
      expect(context.traceparent()).toBe(traceparent);
    }
  });

  it('begins a trace when there is no caller, or none that can be understood', () => {
    for (const traceparent of [undefined, 'nonsense', `ff${sampled.slice(2)}`]) {
      const context = tracer(1).decide(traceparent);
      expect(context).toMatchObject({
        parentSpanId: '',
        sampled: true,
        recorded: true,
        continued: false,
      });
      expect(context.traceId).toMatch(/^[0-9a-f]{32}$/);
      expect(context.traceId).not.toBe(traceId);
      expect(context.traceparent()).toBe(`00-${context.traceId}-${context.spanId}-03`);
    }
  });

  it('begins no trace without a ratio, so that upstreams still decide for themselves', () => {
    const context = tracer(undefined).decide(undefined);
    expect(context).toMatchObject({
      traceId: '',
      spanId: '',
      sampled: false,
      recorded: false,
      continued: false,
    });
    expect(context.traceparent()).toBeUndefined();
  });

  it('gives each attempt of a recorded request a span of its own', () => {
    const one = tracer(1);
    const context = one.decide(undefined);
    const ids = new Set([context.spanId, one.attemptSpanId(context), one.attemptSpanId(context)]);
    expect(ids.size).toBe(3);
    const [, attempt] = [...ids];
    expect(context.traceparent(attempt)).toBe(`00-${context.traceId}-${attempt}-03`);
  });

  it('samples about as many as the ratio says, and decides by the trace id', () => {
    const share = (ratio: number): number => {
      const one = tracer(ratio);
      const context = new TraceContext();
      let count = 0;
      let surprises = 0;
      for (let i = 0; i < 20_000; i++) {
        one.decide(undefined, context);
        const low = Number.parseInt(context.traceId.slice(-12), 16) / 2 ** 48;
        if (context.sampled !== low < ratio) surprises += 1;
        if (context.sampled) count += 1;
      }
      expect(surprises).toBe(0);
      return count / 20_000;
    };
    expect(share(0)).toBe(0);
    expect(share(1)).toBe(1);
    // Eight standard deviations: this does not happen by chance.
    expect(Math.abs(share(0.25) - 0.25)).toBeLessThan(0.025);
  });

  it('fills a context again, without state of the previous request', () => {
    const one = tracer(undefined);
    const context = one.decide(sampled);
    expect(one.decide(undefined, context)).toBe(context);
    expect(context).toEqual(new TraceContext());
  });

  it('refuses settings that make no sense', () => {
    expect(() => tracer(1.5)).toThrow(
      'the share of sampled traces is a number from 0 to 1, not 1.5',
    );
    expect(() => tracer(Number.NaN)).toThrow(RangeError);
    for (const endpoint of ['', 'localhost:4318', 'grpc://localhost:4317', 'http://']) {
      const options = {
        serviceName: 's',
        instanceId: 'n',
        version: '1',
        ratio: 1,
        export: { ...exporting, endpoint },
      };
      expect(() => new Tracer(options)).toThrow(
        'is not an http(s) address: set it to one such as http://127.0.0.1:4318',
      );
    }
  });
});

describe('a sampler that does not follow callers', () => {
  const caller = (flags: string): string => `00-${'a'.repeat(32)}-${'b'.repeat(16)}-${flags}`;
  const options = {
    serviceName: 's',
    instanceId: 'n',
    version: '1',
    followsParent: false,
    export: exporting,
  };

  it('decides about their traces too, and stays in them', () => {
    const always = new Tracer({ ...options, ratio: 1 }).decide(caller('00'));
    expect(always).toMatchObject({
      traceId: 'a'.repeat(32),
      parentSpanId: 'b'.repeat(16),
      sampled: true,
      recorded: true,
      isPassedOn: false,
    });
    const never = new Tracer({ ...options, ratio: 0 }).decide(caller('01'));
    expect(never).toMatchObject({
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      sampled: false,
      recorded: false,
      isPassedOn: false,
    });
    expect(never.traceparent()).toBe(caller('00'));
  });
});
