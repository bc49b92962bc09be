import { definePolicySchema } from '@sluice/policy-sdk';
import { z } from 'zod';
import { changeableFields, changeableNames, changeableRenames, requestFieldFault } from '../header-fields/schema.ts';

export const requestHeadersSchema = definePolicySchema({
  name: 'request-headers',
  summary: 'Changes the headers that the upstream sees.',
  phases: ['transform'],
  config: z.strictObject({
    remove: changeableNames(requestFieldFault).default([]).describe('First: headers to take away.'),
    rename: changeableRenames(requestFieldFault).default({}).describe('Second: new names for headers, by old name. Values are kept.'),
    set: changeableFields(requestFieldFault).default({}).describe('Third: headers that stand exactly once, with this value.'),
    add: changeableFields(requestFieldFault).default({}).describe('Fourth: headers to put beside those already there.'),
  }),
});
