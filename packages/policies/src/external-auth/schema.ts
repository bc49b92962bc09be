import { definePolicySchema } from '@sluice/policy-sdk';
import { HeaderName, unmatchableHeader } from '@sluice/schema';
import { z } from 'zod';
import { changeableNames, requestFieldFault, responseFieldFault } from '../header-fields/schema.ts';
import {
  AllowPrivateAddresses,
  checkPrivateAddress,
  ConstantHeaders,
  HttpUrl,
  unsendableHeader,
} from '../http-calls/schema.ts';

/** Fields that this policy writes into each call itself. */
const isWrittenHere = (name: string): boolean =>
  /^x-forwarded-|^x-consumer-|^x-credential-/.test(name) ||
  ['traceparent', 'tracestate', 'x-request-id'].includes(name);

const SentHeaders = z
  .array(HeaderName)
  .max(50)
  .superRefine((names, context) => {
    for (const [index, name] of names.entries()) {
      const written = isWrittenHere(name.toLowerCase())
        ? 'is sent in any case, with the value of the gateway'
        : undefined;
      const fault = written ?? unsendableHeader(name) ?? unmatchableHeader(name);
      if (fault !== undefined)
        context.addIssue({ code: 'custom', path: [index], message: `${name}: ${fault}` });
    }
  });

const CallHeaders = ConstantHeaders.superRefine((fields, context) => {
  for (const name of Object.keys(fields))
    if (isWrittenHere(name.toLowerCase().replaceAll(/[_.]/g, '-')))
      context.addIssue({
        code: 'custom',
        path: [name],
        message: `${name} is sent in any case, with the value of the gateway`,
      });
});

export const externalAuthSchema = definePolicySchema({
  name: 'external-auth',
  summary: 'Asks an HTTP service whether a request may pass.',
  phases: ['authenticate', 'authorize', 'transform'],
  authorizes: true,
  onError: 'closed',
  config: z
    .strictObject({
      url: HttpUrl.describe(
        'The service to ask. It allows a request with 2xx, and refuses it with 401 or 403.',
      ),
      method: z.enum(['GET', 'POST']).default('GET').describe('Method of the call.'),
      sendHeaders: SentHeaders.default(['authorization']).describe(
        'Headers of the request to send to the service, each with all its values.',
      ),
      headers: CallHeaders.default({}).describe(
        'Headers of each call, such as a token for the service. The values are secrets.',
      ),
      body: z
        .strictObject({
          maxBytes: z
            .int()
            .min(1)
            .max(1_048_576)
            .default(65_536)
            .describe('Longest content; a request with more is refused with 413.'),
        })
        .optional()
        .describe(
          'Sends the content of the request to the service, with its Content-Type and Content-Encoding. Needs the method POST.',
        ),
      upstreamHeaders: changeableNames(requestFieldFault)
        .default([])
        .describe(
          'Headers of an answer that allows the request to pass on to the upstream. Those that a client sends are always removed.',
        ),
      clientHeaders: changeableNames(responseFieldFault)
        .default([])
        .describe('Headers of the answer to pass on to the client, such as Set-Cookie.'),
      consumer: z
        .strictObject({
          header: HeaderName.describe('Header of the answer that names the consumer.'),
          by: z
            .enum(['username', 'id', 'customId'])
            .default('username')
            .describe('The property of the consumer that the header contains.'),
          required: z
            .boolean()
            .default(true)
            .describe(
              'Refuse a request with 403 when an answer that allows it names no consumer. false: it passes without one.',
            ),
        })
        .optional()
        .describe(
          'Lets the service name the consumer. It is then asked in the phase authenticate. An unknown consumer is refused with 403.',
        ),
      cache: z
        .strictObject({
          seconds: z.int().min(1).max(3_600).describe('Longest time that an answer is used.'),
          by: z
            .array(z.enum(['method', 'host', 'path', 'query', 'address']))
            .max(5)
            .default(['method', 'host', 'path', 'query', 'address'])
            .describe(
              'Properties of the request on which an answer depends, besides the consumer and all headers that are sent.',
            ),
        })
        .optional()
        .describe('Reuses answers in each process. Without it, each request is a call.'),
      timeoutMs: z
        .int()
        .min(10)
        .max(8_000)
        .default(2_000)
        .describe('Longest time of the call, milliseconds.'),
      maxConnections: z
        .int()
        .min(1)
        .max(1_000)
        .default(64)
        .describe('Most calls at the same time in each process; four times as many may wait.'),
      allowPrivateAddresses: AllowPrivateAddresses,
    })
    .superRefine(checkPrivateAddress)
    .superRefine(({ method, body }, context) => {
      if (body === undefined || method === 'POST') return;
      context.addIssue({
        code: 'custom',
        path: ['method'],
        message: 'content is sent with the method POST only: set "method" to POST',
      });
    }),
});
