import { definePolicy } from '@sluice/policy-sdk';
import { BatchSender } from './batch-sender.ts';
import { recordOf } from './record.ts';
import { httpLogSchema } from './schema.ts';

export const httpLog = definePolicy({
  schema: httpLogSchema,
  compile(config, host) {
    const sender = new BatchSender(config, host);
    return {
      settle(exchange, outcome) {
        sender.add(recordOf(exchange, outcome));
      },
      close: () => sender.close(),
    };
  },
});
