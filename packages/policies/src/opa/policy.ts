import { createHash } from 'node:crypto';
import {
  dataSlot,
  definePolicy,
  deny,
  FieldName,
  isPreflight,
  ownedFields,
  type Exchange,
  type HeaderPair,
  type HttpRequest,
} from '@sluice/policy-sdk';
import { decisionOf, replyOf, reuseMs, type Decision } from './decision.ts';
import { inputBodyOf, inputOf, type InputBody, type InputOptions } from './input.ts';
import { opaSchema } from './schema.ts';

export const opa = definePolicy({
  schema: opaSchema,
  compile(config, host) {
    const { headers, sendHeaders, sendQuery, sendClaims, body, cache, timeoutMs } = config;
    const http = host.http({
      allowPrivateAddresses: config.allowPrivateAddresses,
      timeoutMs,
      connectTimeoutMs: timeoutMs,
      maxBytes: 65_536,
      maxConnections: config.maxConnections,
      maxQueued: config.maxConnections * 4,
    });
    const url = `${config.url.replace(/\/+$/, '')}/v1/data/${config.decision}`;
    const options: InputOptions = {
      headers: [...new Set(sendHeaders.map((name) => name.toLowerCase()))].map(
        (name) => new FieldName(name),
      ),
      query: sendQuery.includes('*') ? undefined : new Set(sendQuery),
      hasClaims: sendClaims,
    };
    const constant: readonly HeaderPair[] = [
      ...Object.entries(headers),
      ['Content-Type', 'application/json'],
      ['Accept', 'application/json'],
    ];
    const owned = ownedFields(config.upstreamHeaders);
    const notJson = deny(
      'forbidden',
      'Send content that is JSON, without a Content-Encoding.',
      undefined,
      'malformed',
    );
    const decisions = host.metrics.counter(
      'decisions_total',
      'Decisions of policy servers, by what was decided.',
      ['decision'],
    );

    const call = async (input: string, request: HttpRequest): Promise<Decision> =>
      decisionOf(await http.request(url, { method: 'POST', body: input, ...request }), config);

    const ask = async (exchange: Exchange, content: InputBody | undefined): Promise<Decision> => {
      const input = JSON.stringify({ input: inputOf(exchange, options, content) });
      if (cache === undefined)
        return await call(input, {
          headers: [...constant, ['X-Request-Id', exchange.requestId]],
          exchange,
        });
      const key = createHash('sha256').update(input).digest('base64');
      const stored = await host.cache.getOrLoad(key, async () => {
        // Others may wait for the same answer, so the call does not end with this request.
        const decision = await call(input, { headers: constant });
        const ttlMs = reuseMs(decision, cache.seconds * 1_000);
        return { value: JSON.stringify(decision), ttlMs };
      });
      return JSON.parse(stored as string) as Decision;
    };

    return {
      async authorize(exchange) {
        if (isPreflight(exchange)) return undefined;
        let content: InputBody | undefined;
        if (body !== undefined) {
          const { bytes } = await exchange.requestBody.read(body);
          content = inputBodyOf(bytes, exchange);
          if (content === undefined) return notJson;
        }
        const decision = await ask(exchange, content);
        decisions.add(1, decision.verdict);
        exchange.data.set(upstreamFields, decision.upstream);
        return replyOf(decision, exchange.unauthorized.headers);
      },
      // Here, because fields that the client names in Connection have been removed by now.
      ...(config.upstreamHeaders.length > 0 && {
        transform(exchange: Exchange) {
          owned.removeFrom(exchange);
          for (const [name, value] of exchange.data.get(upstreamFields) ?? [])
            exchange.headers.add(name, value);
          return undefined;
        },
      }),
    };
  },
});

/** The fields of a decision for the upstream. */
const upstreamFields = dataSlot<readonly HeaderPair[]>('opa upstream fields');
