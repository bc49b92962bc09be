import { definePolicySchema } from '@sluice/policy-sdk';
import { z } from 'zod';
import {
  AllowPrivateAddresses,
  checkPrivateAddress,
  ConstantHeaders,
  HttpUrl,
} from '../http-calls/schema.ts';

export const httpLogSchema = definePolicySchema({
  name: 'http-log',
  summary: 'Sends a record of each request to an HTTP endpoint, in batches.',
  phases: ['settle'],
  config: z
    .strictObject({
      url: HttpUrl.describe('Receives each batch as a POST request.'),
      headers: ConstantHeaders.default({}).describe(
        'Headers of each call, such as Authorization. The values are secrets.',
      ),
      format: z
        .enum(['json', 'ndjson'])
        .default('json')
        .describe('json: each batch is a JSON array; ndjson: one JSON object per line.'),
      batchSize: z
        .int()
        .min(1)
        .max(10_000)
        .default(500)
        .describe('Most records of a batch. A batch has at most 1 MiB as well.'),
      flushMs: z
        .int()
        .min(10)
        .max(60_000)
        .default(1_000)
        .describe('Longest time that a record waits for its batch to fill, milliseconds.'),
      queueSize: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(10_000)
        .describe('Most records that wait in each process; further ones are dropped and counted.'),
      queueBytes: z
        .int()
        .min(65_536)
        .max(268_435_456)
        .default(8_388_608)
        .describe('Most bytes of the records that wait in each process.'),
      timeoutMs: z
        .int()
        .min(10)
        .max(60_000)
        .default(5_000)
        .describe('Longest time of one call, milliseconds.'),
      attempts: z
        .int()
        .min(1)
        .max(20)
        .default(5)
        .describe(
          'How often a batch is sent before it is dropped. The wait between attempts doubles from 0.5 s to 30 s.',
        ),
      allowPrivateAddresses: AllowPrivateAddresses,
    })
    .superRefine(checkPrivateAddress),
});
