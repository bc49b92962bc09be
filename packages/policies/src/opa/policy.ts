import { createHash } from 'node:crypto';
import {
  definePolicy,
  deny,
  FieldName,
  isPreflight,
  type Exchange,
  type HeaderPair,
  type HttpRequest,
  type Reply,
} from '@sluice/policy-sdk';
import { DecidedFields } from '../authorization/decided-fields.ts';
import { decisionOf, replyOf, reuseMs, type Decision } from './decision.ts';
import { contentAsJson, contentFormOf, inputOf, inputText, type InputOptions } from './input.ts';
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
    const upstream = new DecidedFields(
      config.upstreamHeaders,
      options.headers.map(({ lower }) => lower),
    );
    const notJson = deny(
      'forbidden',
      'Send JSON with each member once, one Content-Type, and no Content-Encoding.',
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

    const ask = async (exchange: Exchange, input: string): Promise<Decision> => {
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

    const decide = async (exchange: Exchange): Promise<Reply | undefined> => {
      if (isPreflight(exchange)) {
        upstream.removeFrom(exchange);
        return undefined;
      }
      const input = inputOf(exchange, options);
      const form = contentFormOf(exchange);
      // Before anything is awaited, because the request may go on when the rest fails.
      upstream.removeFrom(exchange);
      let content: string | undefined;
      if (body !== undefined) {
        const { bytes } = await exchange.requestBody.read(body);
        content = contentAsJson(bytes, form);
        if (content === undefined) return notJson;
      }
      const decision = await ask(exchange, inputText(input, content));
      decisions.add(1, decision.verdict);
      upstream.addTo(exchange, decision.upstream);
      return replyOf(decision, exchange.unauthorized.headers);
    };

    return {
      upstreamFields: upstream.names,
      readFields: upstream.readNames,
      ...(upstream.names.length > 0 && {
        transform(exchange: Exchange) {
          upstream.restoreIn(exchange);
          return undefined;
        },
      }),
      authorize: decide,
    };
  },
});
