import { Cidr, Name, Tags } from '@sluice/schema';
import { z } from 'zod';
import { PolicyAttachments } from '../policy-attachment.ts';

/** A named front that nodes join. */
export const Gateway = z.strictObject({
  name: Name,
  trustedProxies: z
    .array(Cidr)
    .max(256)
    .default([])
    .describe('Peers whose X-Forwarded-For is believed. Empty: the client is whoever is connected.'),
  limits: z
    .strictObject({
      maxBodyBytes: z.int().min(0).max(1_099_511_627_776).default(10_485_760).describe('Largest request content, in bytes.'),
    })
    .prefault({})
    .describe('What the edge accepts.'),
  policies: PolicyAttachments,
  tags: Tags,
});

export type Gateway = z.output<typeof Gateway>;
