import { describe, expect, it } from '@jest/globals';
import { GatewayError } from '@sluice/errors';
import { parseWait } from './wait.ts';

const read = (query: string, prefer?: string): ReturnType<typeof parseWait> =>
  parseWait(new URLSearchParams(query), prefer);

describe('parseWait', () => {
  it.each([
    ['wait=applied', 5_000],
    ['wait=applied&timeout=500ms', 500],
    ['wait=applied&timeout=5s', 5_000],
    ['wait=applied&timeout=1m', 60_000],
  ])('reads ?%s', (query, timeoutMs) => {
    expect(read(query)).toEqual({ timeoutMs, preferenceApplied: undefined });
  });

  it.each([
    'wait=nodes',
    'wait=',
    'timeout=5s',
    'wait=applied&timeout=5',
    'wait=applied&timeout=0s',
    'wait=applied&timeout=61s',
    'wait=applied&timeout=2m',
    'wait=applied&timeout=-1s',
  ])('refuses ?%s', (query) => {
    expect(() => read(query)).toThrow(GatewayError);
  });

  it.each([
    ['wait=7', 7_000, 'wait=7'],
    ['respond-async, wait=7', 7_000, 'wait=7'],
    ['wait="7"; foo=bar', 7_000, 'wait=7'],
    ['Wait = 7', 7_000, 'wait=7'],
    ['wait=3600', 60_000, 'wait=60'],
    ['wait=0', 0, 'wait=0'],
  ])('reads Prefer: %s', (prefer, timeoutMs, preferenceApplied) => {
    expect(read('', prefer)).toEqual({ timeoutMs, preferenceApplied });
  });

  it.each(['wait=soon', 'await=7', 'return=minimal', ''])('ignores Prefer: %s', (prefer) => {
    expect(read('', prefer)).toBeUndefined();
  });

  it('prefers the query over Prefer', () => {
    expect(read('wait=applied&timeout=1s', 'wait=9')).toEqual({
      timeoutMs: 1_000,
      preferenceApplied: undefined,
    });
  });
});
