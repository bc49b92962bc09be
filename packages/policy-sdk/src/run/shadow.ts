import { dataSlot, ExchangeData } from '../data.ts';
import type { Principal } from '../principal.ts';
import type { ShadowRequestBody, StepExchange } from './steps.ts';

/**
 * The caller as it would be known if every alternative in shadow mode were enforced; see
 * `Alternatives`. Hooks in shadow mode see it as the caller.
 */
export const assumedCaller = dataSlot<Principal>('the caller that hooks in shadow mode see');

/**
 * A copy of the exchange for one hook in shadow mode: changes to it do not affect the request. Its
 * hook delays the request by its own time limit at most, in which the time spent waiting for
 * content counts.
 */
export function shadowOf(exchange: StepExchange): StepExchange {
  const nothing = { value: () => undefined };
  let body: ShadowRequestBody | undefined;
  let isLate = false;
  const data = new ExchangeData(exchange.data);
  const assumed = data.get(assumedCaller);
  const shadow: StepExchange = Object.create(exchange, {
    // The copy has its own signal: a timeout in shadow mode must not abort the request.
    abortController: { value: undefined, writable: true },
    withdraw: {
      value: () => {
        isLate = true;
        body?.revoke();
        shadow.abortController?.abort();
      },
    },
    requestBody: {
      get: () => {
        body ??= exchange.shadowRequestBody();
        if (isLate) body.revoke();
        return body;
      },
    },
    isShadow: { value: true },
    contentWaitedMs: { value: 0 },
    hideOnForward: nothing,
    headers: { value: exchange.headers.clone() },
    identify: nothing,
    accept: { value: (found: Principal) => data.set(assumedCaller, found) },
    data: { value: data },
    limitContent: nothing,
    setMethod: nothing,
    setPath: nothing,
    setQuery: nothing,
    useService: { value: () => false },
    addResponseHeader: nothing,
    setResponseHeader: nothing,
    ...(assumed !== undefined && {
      principal: { value: assumed },
      consumer: { value: assumed.consumer ?? exchange.consumer },
      credential: { value: assumed.credential ?? exchange.credential },
    }),
  }) as StepExchange;
  return shadow;
}
