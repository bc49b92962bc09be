import { z } from 'zod';

/** What a token may do: everything; everything except tokens; or only read. */
export const Role = z.enum(['admin', 'editor', 'viewer']).describe('admin: everything; editor: everything except tokens; viewer: only read.');

export type Role = z.output<typeof Role>;

/** Who is calling. */
export interface Caller {
  readonly tokenId: string;
  /** Name of the token, as written into the history. */
  readonly name: string;
  readonly role: Role;
}

/** True when the role may use a method: viewers read. */
export function mayUse(role: Role, method: string): boolean {
  return role !== 'viewer' || method === 'GET' || method === 'HEAD';
}
