import { errorCodes } from '@sluice/errors';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { accessLogFields } from '../access-log-fields.ts';
import { accessLine } from './access-line.ts';
import type { AccessRecord } from './access-record.ts';

const record: AccessRecord = {
  startTimeMs: Date.UTC(2026, 10, 23, 15, 4, 5, 67) + 0.9,
  requestId: '4bf92f3577b34da6a3ce929d0e0e4736',
  trace: { traceId: '0af7651916cd43dd8448eb211c80319c' },
  route: { name: 'orders' },
  service: { name: 'orders-v1' },
  consumer: { username: 'acme' },
  authPolicy: 'key-auth',
  authReason: 'expired',
  targetAddress: '127.0.0.1:9101',
  status: 503,
  grpcStatus: 14,
  source: 'upstream',
  code: 'no_target_available',
  reason: 'all 16 connections are full',
  method: 'GET',
  host: 'api.example.com',
  path: '/orders/12',
  upstreamPath: '/v2/orders/12',
  protocol: '1.1',
  requestBytes: 312,
  responseBytes: 1_204,
  durationMs: 12.345678,
  upstreamDurationMs: 11.5,
  clientAddress: '203.0.113.9',
  revision: 42,
  shadow: ['rate-limit', 'ip-restriction'],
  userAgent: 'curl/8.11',
};

const bare: AccessRecord = {
  ...record,
  grpcStatus: -1,
  trace: { traceId: '' },
  route: undefined,
  service: undefined,
  consumer: undefined,
  authPolicy: undefined,
  authReason: undefined,
  targetAddress: undefined,
  upstreamPath: undefined,
  code: undefined,
  reason: undefined,
  upstreamDurationMs: -1,
  shadow: [],
  userAgent: undefined,
};

const parse = (line: string): Record<string, unknown> =>
  JSON.parse(line) as Record<string, unknown>;

/** Every kind of UTF-16 code unit, lone surrogates included. */
const anyText = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0x2ff }), fc.integer({ min: 0, max: 0xffff })))
  .map((units) => String.fromCharCode(...units));
const someText = anyText.filter((text) => text !== '');

describe('an access log line', () => {
  it('has the fields of the table, in its order, and nothing else', () => {
    expect(Object.keys(parse(accessLine(record)))).toEqual(Object.keys(accessLogFields));
  });

  it('says what the record says', () => {
    expect(parse(accessLine(record))).toEqual({
      time: '2026-11-23T15:04:05.067Z',
      requestId: '4bf92f3577b34da6a3ce929d0e0e4736',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      route: 'orders',
      service: 'orders-v1',
      consumer: 'acme',
      authPolicy: 'key-auth',
      authReason: 'expired',
      target: '127.0.0.1:9101',
      status: 503,
      grpcStatus: 14,
      source: 'upstream',
      code: 'no_target_available',
      reason: 'all 16 connections are full',
      method: 'GET',
      host: 'api.example.com',
      path: '/orders/12',
      upstreamPath: '/v2/orders/12',
      protocol: 'HTTP/1.1',
      requestBytes: 312,
      responseBytes: 1_204,
      durationMs: 12.346,
      upstreamDurationMs: 11.5,
      clientAddress: '203.0.113.9',
      revision: 42,
      shadow: ['rate-limit', 'ip-restriction'],
      userAgent: 'curl/8.11',
    });
  });

  it('leaves out what has no value', () => {
    const always = Object.keys(parse(accessLine(bare)));
    expect(always).toEqual([
      ...[
        'time',
        'requestId',
        'status',
        'source',
        'method',
        'host',
        'path',
        'protocol',
        'requestBytes',
      ],
      ...['responseBytes', 'durationMs', 'clientAddress', 'revision'],
    ]);
    expect(parse(accessLine({ ...record, route: { name: '' } }))).not.toHaveProperty('route');
  });

  it('carries no secret of the exchange that is handed to it', () => {
    const exchange = {
      ...record,
      query: 'api_key=s3cret',
      headers: { authorization: 'Bearer s3cret', cookie: 'session=s3cret', 'x-api-key': 's3cret' },
      credential: { id: 's3cret', hash: 's3cret' },
    };
    expect(accessLine(exchange)).not.toContain('s3cret');
  });

  it('gives back every text, whatever is in it, on one line of printable UTF-8', () => {
    fc.assert(
      fc.property(
        fc.record({ text: someText, name: someText, shadow: fc.array(anyText) }),
        ({ text, name, shadow }) => {
          const line = accessLine({
            ...record,
            shadow,
            ...{
              host: text,
              path: text,
              method: text,
              clientAddress: text,
              userAgent: text,
              reason: text,
              targetAddress: text,
              upstreamPath: text,
            },
            ...{ route: { name }, service: { name }, consumer: { username: name } },
          });
          expect(line.indexOf('\n')).toBe(line.length - 1);
          expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
          const read = parse(Buffer.from(line, 'utf8').toString('utf8'));
          expect(read).toMatchObject({
            host: text,
            path: text,
            method: text,
            clientAddress: text,
            target: text,
          });
          expect(read).toMatchObject({
            route: name,
            service: name,
            consumer: name,
            userAgent: text.slice(0, 256),
            reason: text.slice(0, 512),
          });
          expect(read['shadow'] ?? []).toEqual(shadow);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('gives back every number', () => {
    const size = fc.maxSafeNat();
    const duration = fc.double({ min: 0, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(
        size,
        size,
        duration,
        duration,
        (requestBytes, responseBytes, durationMs, upstreamDurationMs) => {
          const read = parse(
            accessLine({ ...record, requestBytes, responseBytes, durationMs, upstreamDurationMs }),
          );
          expect(read).toMatchObject({ requestBytes, responseBytes });
          expect(read['durationMs']).toBeCloseTo(durationMs, 2);
          expect(read['upstreamDurationMs']).toBeCloseTo(upstreamDurationMs, 2);
        },
      ),
    );
  });

  it('stays JSON when a clock plays tricks', () => {
    expect(parse(accessLine({ ...record, durationMs: Number.NaN }))['durationMs']).toBeNull();
    expect(parse(accessLine({ ...record, durationMs: Infinity }))['durationMs']).toBeNull();
    expect(parse(accessLine({ ...record, durationMs: -3 }))['durationMs']).toBe(0);
  });

  it('writes any moment as Date does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') })),
        (dates) => {
          for (const date of dates) {
            expect(parse(accessLine({ ...bare, startTimeMs: date.getTime() }))['time']).toBe(
              date.toISOString(),
            );
          }
        },
      ),
    );
  });

  it('takes every source and code', () => {
    for (const code of errorCodes)
      expect(parse(accessLine({ ...record, code }))['code']).toBe(code);
    for (const source of ['client', 'gateway', 'upstream'] as const) {
      expect(parse(accessLine({ ...record, source }))['source']).toBe(source);
    }
  });

  it('bounds the User-Agent', () => {
    const read = parse(accessLine({ ...record, userAgent: 'a'.repeat(10_000) }));
    expect(read['userAgent']).toBe('a'.repeat(256));
    expect(parse(accessLine({ ...record, reason: 'a'.repeat(10_000) }))['reason']).toBe(
      'a'.repeat(512),
    );
  });
});
