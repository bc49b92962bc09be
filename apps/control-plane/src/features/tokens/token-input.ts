import { Instant, Name } from '@sluice/schema';
import { z } from 'zod';
import { Role } from '../../platform/auth/role.ts';

/** The content of a request that creates a token. */
export const TokenInput = z.strictObject({
  name: Name,
  role: Role,
  expiresAt: Instant.optional().describe('RFC 3339 instant after which the token is refused.'),
});
