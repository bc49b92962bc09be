import { definePolicy, reply, type HeaderPair } from '@sluice/policy-sdk';
import { staticResponseSchema } from './schema.ts';

export const staticResponse = definePolicy({
  schema: staticResponseSchema,
  compile({ status, content, contentType, headers }) {
    const fields: HeaderPair[] = Object.entries(headers);
    if (content !== '') fields.push(['Content-Type', contentType]);
    const answer = reply(status, fields, content === '' ? undefined : content);
    return { answer: () => answer };
  },
});
