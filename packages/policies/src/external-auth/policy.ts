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
import { isKnown } from '../authorization/known-caller.ts';
import { decisionOf, refusalOf, reuseMs, type Decision } from './decision.ts';
import { callFieldsOf, type CallFields } from './call-fields.ts';
import { externalAuthSchema } from './schema.ts';

export const externalAuth = definePolicy({
  schema: externalAuthSchema,
  compile(config, host) {
    const { url, method, headers, sendHeaders, body, consumer, cache, timeoutMs } = config;
    const http = host.http({
      allowPrivateAddresses: config.allowPrivateAddresses,
      timeoutMs,
      connectTimeoutMs: timeoutMs,
      maxBytes: 65_536,
      maxConnections: config.maxConnections,
      maxQueued: config.maxConnections * 4,
    });
    const names = body === undefined ? sendHeaders : [...sendHeaders, ...ofContent];
    const sent = [...new Set(names.map((name) => name.toLowerCase()))].map(
      (name) => new FieldName(name),
    );
    const constant = Object.entries(headers);
    const taken = {
      upstreamHeaders: config.upstreamHeaders,
      clientHeaders: config.clientHeaders,
      consumerHeader: consumer?.header,
    };
    const upstream = new DecidedFields(
      config.upstreamHeaders,
      sent.map(({ lower }) => lower),
    );
    const unknownConsumer = deny(
      'forbidden',
      'The consumer is not known here.',
      undefined,
      'unknown',
    );
    const unnamedConsumer = deny(
      'forbidden',
      'The authorization service named no consumer.',
      undefined,
      'unknown',
    );
    const conflict = 'The request carries credentials of different callers: send one.';

    const call = async (fields: readonly HeaderPair[], request: HttpRequest) =>
      await http.request(url, { method, headers: [...fields, ...constant], ...request });

    const ask = async (exchange: Exchange): Promise<Decision> => {
      const fields = callFieldsOf(exchange, sent);
      upstream.removeFrom(exchange);
      const content = body && (await exchange.requestBody.read(body)).bytes;
      const withContent = content === undefined ? {} : { body: content };
      if (cache === undefined)
        return decisionOf(await call(fields.all, { exchange, ...withContent }), taken);
      let own: Decision | undefined;
      const key = keyOf(exchange, fields, cache.by, content);
      const stored = await host.cache.getOrLoad(key, async () => {
        // Others may wait for the same answer, so the call does not end with this request.
        const response = await call(fields.all, withContent);
        own = decisionOf(response, taken);
        const ttlMs = reuseMs(response, cache.seconds * 1_000);
        // An answer that must not be stored, such as one with a cookie, is for one request only.
        return { value: ttlMs > 0 ? JSON.stringify(own) : '', ttlMs };
      });
      if (own !== undefined) return own;
      return stored === ''
        ? decisionOf(await call(fields.all, { exchange, ...withContent }), taken)
        : (JSON.parse(stored as string) as Decision);
    };

    const decide = async (exchange: Exchange): Promise<Reply | undefined> => {
      if (isPreflight(exchange)) {
        upstream.removeFrom(exchange);
        return undefined;
      }
      const decision = await ask(exchange);
      const challenges = exchange.unauthorized.headers;
      const refusal = refusalOf(decision, challenges);
      if (refusal !== undefined) return refusal;
      if (consumer !== undefined) {
        if (decision.consumer !== undefined) {
          const found = host.consumers.find(nameOf(consumer.by, decision.consumer));
          if (found === undefined) return unknownConsumer;
          const { consumer: earlier } = exchange;
          // A caller that an earlier policy recognised by a token may have no consumer.
          const isOther = earlier === undefined ? isKnown(exchange) : earlier.id !== found.id;
          if (isOther) return deny('invalid_credential', conflict, challenges, 'conflict');
          exchange.identify(found);
        } else if (consumer.required) return unnamedConsumer;
      }
      upstream.addTo(exchange, decision.upstream);
      for (const [name, value] of decision.client) exchange.addResponseHeader(name, value);
      return undefined;
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
      // The policies of a consumer apply from the end of authentication on.
      ...(consumer === undefined ? { authorize: decide } : { authenticate: decide }),
    };
  },
});

/** Fields that describe the content; the service needs them with it. */
const ofContent = ['content-type', 'content-encoding'];

type ConsumerProperty = 'username' | 'id' | 'customId';

function nameOf(by: ConsumerProperty, value: string) {
  return by === 'id'
    ? { id: value }
    : by === 'username'
      ? { username: value }
      : { customId: value };
}

type CachedBy = 'method' | 'host' | 'path' | 'query' | 'address';

/**
 * The key of a cached answer: a hash of everything on which it depends, so that the cache contains
 * no credential.
 */
function keyOf(
  exchange: Exchange,
  { sent, caller }: CallFields,
  by: readonly CachedBy[],
  content: Uint8Array | undefined,
): string {
  const { method, scheme, host, path, hasQuery, query, clientAddress } = exchange;
  const parts: readonly unknown[] = [
    by.includes('method') && method,
    by.includes('host') && [scheme, host],
    by.includes('path') && path,
    by.includes('query') && [hasQuery, query],
    by.includes('address') && clientAddress,
    caller,
    sent,
  ];
  const hash = createHash('sha256').update(JSON.stringify(parts));
  return (content === undefined ? hash : hash.update(content)).digest('base64');
}
