import {
  dataSlot,
  definePolicy,
  definePolicySchema,
  reply,
  type Exchange,
  type Reply,
} from '@sluice/policy-sdk';
import { z } from 'zod';

interface Load extends PromiseWithResolvers<Reply | undefined> {
  readonly key: string;
}

const leads = dataSlot<Load>('cache: this request asks the upstream');

/**
 * A cache in few lines, for specs: stores GET responses as the upstream sent them, and asks the
 * upstream once for requests that arrive at the same time. Tests only.
 */
export const cachePolicy = definePolicy({
  schema: definePolicySchema({
    name: 'test-cache',
    summary: 'Stores responses.',
    phases: ['answer', 'received', 'settle'],
    config: z.strictObject({}),
  }),
  compile: () => {
    const stored = new Map<string, Reply>();
    const loads = new Map<string, Load>();
    const end = (load: Load | undefined, found?: Reply): void => {
      if (load === undefined || loads.get(load.key) !== load) return;
      loads.delete(load.key);
      if (found !== undefined) stored.set(load.key, found);
      load.resolve(found);
    };
    return {
      answer: (exchange: Exchange) => {
        const { method, host, path, query } = exchange;
        if (method !== 'GET') return undefined;
        const key = `${host}${path}?${query}`;
        const found = stored.get(key) ?? loads.get(key)?.promise;
        if (found !== undefined) return found;
        const load: Load = { key, ...Promise.withResolvers<Reply | undefined>() };
        loads.set(key, load);
        exchange.data.set(leads, load);
        return undefined;
      },
      received: async ({ data }, { status, headers, body }) => {
        const load = data.get(leads);
        if (load === undefined || status !== 200) return end(load);
        const { bytes, complete } = await body.read({ maxBytes: 65_536, over: 'partial' });
        return end(load, complete ? reply(200, headers.entries(), bytes.slice()) : undefined);
      },
      // The upstream failed, or the client left: the requests that wait ask by themselves.
      settle: ({ data }) => end(data.get(leads)),
    };
  },
});
