import { definePolicySchema } from '@sluice/policy-sdk';
import { HeaderName, unmatchableHeader } from '@sluice/schema';
import { z } from 'zod';
import { changeableNames, requestFieldFault, responseFieldFault } from '../header-fields/schema.ts';
import {
  AllowPrivateAddresses,
  checkPrivateAddress,
  ConstantHeaders,
  HttpUrl,
} from '../http-calls/schema.ts';

/** Names of fields that the input may contain, if the edge lets them arrive. */
const InputHeaders = z
  .array(HeaderName)
  .max(50)
  .superRefine((names, context) => {
    for (const [index, name] of names.entries()) {
      const fault = unmatchableHeader(name);
      if (fault !== undefined)
        context.addIssue({ code: 'custom', path: [index], message: `${name}: ${fault}` });
    }
  });

/** Fields that this policy writes into each call itself. */
const writtenHere = ['accept', 'content-type', 'traceparent', 'tracestate', 'x-request-id'];

const CallHeaders = ConstantHeaders.superRefine((fields, context) => {
  for (const name of Object.keys(fields))
    if (writtenHere.includes(name.toLowerCase()))
      context.addIssue({
        code: 'custom',
        path: [name],
        message: `${name} is sent in any case, with the value of the gateway`,
      });
});

const DecisionPath = z
  .string()
  .min(1)
  .max(512)
  .regex(
    /^(?!\.{1,2}(?:\/|$))[\w.~-]+(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)*$/,
    'not the path of a document, such as gateway/authz/allow',
  );

export const opaSchema = definePolicySchema({
  name: 'opa',
  summary: 'Asks a policy server with the REST API of OPA whether a request may pass.',
  phases: ['authorize', 'transform'],
  onError: 'closed',
  authorizes: true,
  config: z
    .strictObject({
      url: HttpUrl.refine((text) => (URL.parse(text)?.search ?? '') === '', {
        message: 'the URL of the server has no query',
      }).describe('The policy server, such as http://opa.internal:8181, with a base path if any.'),
      decision: DecisionPath.describe(
        'Path of the decision below /v1/data, such as gateway/authz/allow.',
      ),
      headers: CallHeaders.default({}).describe(
        'Headers of each call, such as a token for the server. The values are secrets.',
      ),
      sendHeaders: InputHeaders.default([]).describe(
        'Headers of the request in the input, each with all its values.',
      ),
      sendQuery: z
        .array(z.string().min(1).max(128))
        .max(50)
        .default([])
        .describe(
          'Query parameters of the request in the input, each with all its values. ["*"]: all, credentials among them.',
        ),
      sendClaims: z
        .boolean()
        .default(true)
        .describe('Send what the token of the caller states in the input.'),
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
        .describe('Sends the content of the request in the input.'),
      statuses: z
        .array(z.union([z.literal(401), z.literal(403), z.literal(404), z.literal(429)]))
        .max(4)
        .default([401, 403])
        .describe('Statuses that a refusal may choose. All other refusals have 403.'),
      showReason: z
        .boolean()
        .default(false)
        .describe('Tell the client the reason that a refusal states.'),
      upstreamHeaders: changeableNames(requestFieldFault)
        .default([])
        .describe(
          'Headers of a decision that allows the request to pass on to the upstream. Those that a client sends are always removed.',
        ),
      clientHeaders: changeableNames(responseFieldFault)
        .default([])
        .describe('Headers of a decision that refuses the request to pass on to the client.'),
      cache: z
        .strictObject({
          seconds: z.int().min(1).max(3_600).describe('Longest time that a decision is used.'),
        })
        .optional()
        .describe('Reuses decisions for the same input in each process.'),
      timeoutMs: z
        .int()
        .min(10)
        .max(8_000)
        .default(1_000)
        .describe('Longest time of the call, milliseconds.'),
      maxConnections: z
        .int()
        .min(1)
        .max(1_000)
        .default(64)
        .describe('Most calls at the same time in each process; four times as many may wait.'),
      allowPrivateAddresses: AllowPrivateAddresses,
    })
    .superRefine(checkPrivateAddress),
});
