import { z } from 'zod';

/** A resource's UUID, lower-case. */
export const Id = z.uuid().describe('UUID of the resource.');

/**
 * A resource's unique name: operators use it in paths and references. It must not look like a UUID.
 */
export const Name = z
  .string()
  .min(1)
  .max(64)
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/,
    'use letters, digits, ".", "_" and "-", beginning and ending with a letter or digit',
  )
  .refine((name) => !isId(name), 'a name must not look like a UUID')
  .describe('Unique name: letters, digits, ".", "_" and "-", at most 64.');

/** A reference to another resource, by id or by name. */
export const Reference = z
  .string()
  .min(1)
  .max(64)
  .describe('Id or name of the referenced resource.');

/** A label for filtering lists, `key:value` by convention. */
export const Tag = z
  .string()
  .min(1)
  .max(64)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:/=-]*$/,
    'use letters, digits and "._:/=-", beginning with a letter or digit',
  );

export const Tags = z
  .array(Tag)
  .max(32)
  .default([])
  .describe('Labels for filtering lists, such as "team:shop".');

const idPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether the text looks like a UUID, and so is an id rather than a name. */
export function isId(text: string): boolean {
  return idPattern.test(text);
}
