import { z } from 'zod';

/** The permissions of a token. */
export const Role = z
  .enum(['admin', 'editor', 'viewer'])
  .describe(
    'Permissions: admin may do everything, editor everything except manage tokens, viewer only read.',
  );

export type Role = z.output<typeof Role>;

/** The authenticated caller of a request. */
export interface Caller {
  readonly tokenId: string;
  /** Name of the token, which revisions record as their actor. */
  readonly name: string;
  readonly role: Role;
}

/** True when the role permits the method. Viewers may only read. */
export function mayUse(role: Role, method: string): boolean {
  return role !== 'viewer' || method === 'GET' || method === 'HEAD';
}
