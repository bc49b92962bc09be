import { Name, Tags } from '@sluice/schema';
import { z } from 'zod';
import { maxPemBytes } from './certificate.ts';

/** CA certificates that gateways and services trust. */
export const Ca = z.strictObject({
  name: Name,
  certificates: z
    .string()
    .min(1)
    .max(maxPemBytes)
    .describe('PEM: the trusted CA certificates, 48 KiB at most. List only those that are needed.'),
  tags: Tags,
});

export type Ca = z.output<typeof Ca>;
