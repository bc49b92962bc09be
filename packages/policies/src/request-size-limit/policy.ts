import { definePolicy, deny } from '@sluice/policy-sdk';
import { requestSizeLimitSchema } from './schema.ts';

export const requestSizeLimit = definePolicy({
  schema: requestSizeLimitSchema,
  compile({ maxBodyBytes }) {
    const tooLarge = deny('content_too_large', `Send at most ${maxBodyBytes} bytes.`);
    return {
      validate(exchange) {
        if (exchange.contentLength > maxBodyBytes) return tooLarge;
        // Content of unknown length is counted while it streams.
        exchange.limitContent(maxBodyBytes);
        return undefined;
      },
    };
  },
});
