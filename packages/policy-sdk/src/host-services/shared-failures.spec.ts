import { describe, expect, it } from '@jest/globals';
import type { Exchange } from '../exchange.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { SharedFailures } from './shared-failures.ts';

const from = (clientAddress: string, isShadow = false): Exchange =>
  ({ clientAddress, isShadow }) as unknown as Exchange;

function limits(policy = 'basic-auth') {
  const clock = new ManualClock();
  const shared = new SharedFailures(clock);
  return { clock, shared, ...shared.of(policy) };
}

describe('the failures of a network', () => {
  it('are allowed up to a bound, and forgotten with time', () => {
    const { clock, refusal, failed } = limits();
    const exchange = from('203.0.113.7');
    for (let index = 0; index < 60; index++) {
      expect(refusal(exchange)).toBeUndefined();
      failed(exchange);
    }
    const refused = refusal(exchange);
    expect(refused).toMatchObject({
      status: 429,
      code: 'too_many_failures',
      reason: 'too_many_failures',
    });
    const [[name, seconds] = []] = refused?.headers ?? [];
    expect(name).toBe('Retry-After');
    expect(refusal(from('203.0.113.8'))).toBeUndefined();
    clock.advance(Number(seconds) * 1_000);
    expect(refusal(exchange)).toBeUndefined();
  });

  it('are those of a whole /64, and of every policy', () => {
    const { shared, refusal, failed } = limits();
    const other = shared.of('hmac-auth');
    for (let index = 0; index < 60; index++) failed(from(`2001:db8::${index.toString(16)}`));
    expect(refusal(from('2001:db8::ffff'))?.status).toBe(429);
    expect(other.refusal(from('2001:db8::1'))?.status).toBe(429);
    expect(refusal(from('2001:db8:0:1::1'))).toBeUndefined();
  });

  it('do not keep out a user who has succeeded there, and a success forgives none', () => {
    const { clock, refusal, failed, succeeded } = limits();
    const exchange = from('203.0.113.7');
    succeeded(exchange, 'jane');
    for (let index = 0; index < 200; index++) failed(exchange, 'joe');
    succeeded(exchange, 'jane');
    expect(refusal(exchange, 'jane')).toBeUndefined();
    expect(refusal(exchange, 'joe')?.status).toBe(429);
    expect(refusal(exchange, 'new')?.status).toBe(429);
    expect(refusal(exchange)?.status).toBe(429);
    clock.advance(86_400_000);
    for (let index = 0; index < 60; index++) failed(exchange, 'joe');
    expect(refusal(exchange, 'jane')?.status).toBe(429);
  });
});

describe('the failures of a user', () => {
  it('refuse the networks that failed, and verify the first attempt of any other', () => {
    const { clock, refusal, failed } = limits();
    const attacker = (index: number): Exchange => from(`198.51.${index >> 8}.${index & 255}`);
    for (let index = 0; index < 100; index++) {
      expect(refusal(attacker(index), 'jane')).toBeUndefined();
      failed(attacker(index), 'jane');
    }
    expect(refusal(attacker(1), 'jane')?.status).toBe(429);
    expect(refusal(from('203.0.113.7'), 'jane')).toBeUndefined();
    expect(refusal(attacker(1), 'joe')).toBeUndefined();
    clock.advance(600_000);
    expect(refusal(attacker(1), 'jane')).toBeUndefined();
  });

  it('are those of one policy, and of one mode', () => {
    const { shared, refusal, failed } = limits();
    const exchange = from('203.0.113.7');
    for (let index = 0; index < 30; index++) failed(exchange, 'jane');
    expect(refusal(exchange, 'jane')?.status).toBe(429);
    expect(shared.of('hmac-auth').refusal(exchange, 'jane')).toBeUndefined();
    expect(refusal(from('203.0.113.7', true), 'jane')).toBeUndefined();
  });
});

it('keeps a bounded number of networks, users and successes', () => {
  const { refusal, failed, succeeded } = limits();
  const first = from('203.0.113.7');
  for (let index = 0; index < 60; index++) failed(first, 'jane');
  succeeded(first, 'acme');
  for (let index = 0; index < 10_000; index++) {
    const other = from(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`);
    failed(other, `user-${index}`);
    succeeded(other, `user-${index}`);
  }
  expect(refusal(first)).toBeUndefined();
  for (let index = 0; index < 60; index++) failed(first);
  expect(refusal(first, 'acme')?.status).toBe(429);
});
