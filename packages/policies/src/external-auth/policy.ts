import { createHash } from 'node:crypto';
import {
  definePolicy,
  deny,
  FieldName,
  ownedFields,
  type Exchange,
  type HeaderPair,
  type HttpRequest,
  type Reply,
} from '@sluice/policy-sdk';
import { decisionOf, refusalOf, reuseMs, type Decision } from './decision.ts';
import { callFieldsOf } from './call-fields.ts';
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
    const identity = ownedFields(config.upstreamHeaders);
    const unknownConsumer = deny('forbidden', 'The consumer is not known here.');
    const unnamedConsumer = deny('forbidden', 'The authorization service named no consumer.');
    const otherConsumer = deny(
      'invalid_credential',
      'The request carries credentials of different callers: send one.',
    );

    const call = async (fields: readonly HeaderPair[], request: HttpRequest) =>
      await http.request(url, { method, headers: [...fields, ...constant], ...request });

    const ask = async (exchange: Exchange): Promise<Decision> => {
      const fields = callFieldsOf(exchange, sent);
      identity.removeFrom(exchange);
      const content = body && (await exchange.requestBody.read(body)).bytes;
      const withContent = content === undefined ? {} : { body: content };
      if (cache === undefined)
        return decisionOf(await call(fields.all, { exchange, ...withContent }), taken);
      const stored = await host.cache.getOrLoad(
        keyOf(exchange, fields.sent, cache.by, content),
        async () => {
          // Others may wait for the same answer, so the call does not end with this request.
          const response = await call(fields.all, withContent);
          const value = JSON.stringify(decisionOf(response, taken));
          return { value, ttlMs: reuseMs(response, cache.seconds * 1_000) };
        },
      );
      return JSON.parse(stored as string) as Decision;
    };

    const decide = async (exchange: Exchange): Promise<Reply | undefined> => {
      const decision = await ask(exchange);
      const refusal = refusalOf(decision);
      if (refusal !== undefined) return refusal;
      if (consumer !== undefined) {
        if (decision.consumer !== undefined) {
          const found = host.consumers.find(nameOf(consumer.by, decision.consumer));
          if (found === undefined) return unknownConsumer;
          const { consumer: earlier, subject } = exchange;
          // A caller that an earlier policy recognised may have a subject and no consumer.
          const isOther = earlier === undefined ? subject !== undefined : earlier.id !== found.id;
          if (isOther) return otherConsumer;
          exchange.identify(found);
        } else if (consumer.required) return unnamedConsumer;
      }
      for (const [name, value] of decision.upstream) exchange.headers.add(name, value);
      for (const [name, value] of decision.client) exchange.addResponseHeader(name, value);
      return undefined;
    };

    return {
      upstreamFields: config.upstreamHeaders,
      // A field that the service is asked with stays until then. Only those that `ask` removes: a
      // field of another policy would otherwise arrive as the client sent it.
      readFields: sent
        .map(({ lower }) => lower)
        .filter((name) => config.upstreamHeaders.some((own) => own.toLowerCase() === name)),
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
  sent: readonly HeaderPair[],
  by: readonly CachedBy[],
  content: Uint8Array | undefined,
): string {
  const { method, scheme, host, path, hasQuery, query, clientAddress, consumer } = exchange;
  const parts: readonly unknown[] = [
    by.includes('method') && method,
    by.includes('host') && [scheme, host],
    by.includes('path') && path,
    by.includes('query') && [hasQuery, query],
    by.includes('address') && clientAddress,
    consumer?.id,
    sent,
  ];
  const hash = createHash('sha256').update(JSON.stringify(parts));
  return (content === undefined ? hash : hash.update(content)).digest('base64');
}
