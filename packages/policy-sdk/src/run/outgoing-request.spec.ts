import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { Exchange } from '../exchange.ts';
import { definePolicy, definePolicySchema } from '../policy.ts';
import { PolicyTester, type PolicyTesterOptions, type TestAnswer } from '../testing/index.ts';

const send = (
  act: (exchange: Exchange) => unknown,
  options: PolicyTesterOptions = {},
): Promise<TestAnswer> => {
  const schema = definePolicySchema({
    name: 'act',
    summary: 'For this spec.',
    phases: ['transform'],
    config: z.strictObject({}),
  });
  const policy = definePolicy({
    schema,
    compile: () => ({ transform: (exchange) => void act(exchange) as undefined }),
  });
  const request = { path: '/orders/7', query: 'a=1', params: { id: '7' } };
  return new PolicyTester(policy, {}, { services: ['other'], ...options }).send(request);
};

describe('the request to the upstream, in PolicyTester', () => {
  it('is the one of the client until a policy changes it', async () => {
    expect((await send(() => undefined)).forwarded).toMatchObject({
      method: 'GET',
      path: '/orders/7',
      query: 'a=1',
      service: 'test',
    });
  });

  it('has the method, path, query and service that a policy sets', async () => {
    const seen: unknown[] = [];
    const { forwarded } = await send((exchange) => {
      exchange.setMethod('POST');
      exchange.setPath(`/items/${exchange.params['id']}`);
      exchange.setQuery(undefined);
      seen.push(exchange.useService('other'), exchange.useService('none'));
      seen.push(exchange.method, exchange.path, exchange.query);
    });
    expect(forwarded).toMatchObject({
      method: 'POST',
      path: '/items/7',
      query: '',
      service: 'other',
    });
    expect(seen).toEqual([true, false, 'GET', '/orders/7', 'a=1']);
  });

  it('is not changed in shadow mode', async () => {
    const change = (exchange: Exchange): void => {
      exchange.setPath('/x');
      exchange.useService('other');
    };
    expect((await send(change, { mode: 'shadow' })).forwarded).toMatchObject({
      path: '/orders/7',
      service: 'test',
    });
  });

  it.each<[string, (exchange: Exchange) => unknown]>([
    ['is too long or not in normal form', (exchange) => exchange.setPath('/a/./b')],
    ['is too long or not well-formed', (exchange) => exchange.setQuery('a\nb')],
    ['is no method that an upstream may receive', (exchange) => exchange.setMethod('TRACE')],
    ['HEAD cannot be changed', (exchange) => exchange.setMethod('HEAD')],
  ])('cannot be set to what %s', async (message, act) => {
    await expect(send(act)).rejects.toThrow(message);
  });
});
