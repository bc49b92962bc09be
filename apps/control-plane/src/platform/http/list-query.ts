import { Name, Tag } from '@sluice/schema';
import { z } from 'zod';
import { encodeCursor } from './cursor.ts';

/** A parameter that may stand once. */
export const once = <Schema extends z.ZodType>(schema: Schema) => z.tuple([schema], { error: 'may stand once' }).transform(([value]) => value);

const limit = once(z.string().regex(/^\d{1,4}$/, 'a number from 1 to 1000').transform(Number).pipe(z.number().min(1, 'a number from 1 to 1000').max(1000, 'a number from 1 to 1000')));

/** `?limit=100&after=…`, for every list. */
export const PageQuery = z.object({
  limit: limit.default(100).describe('Most entries on a page, at most 1000.'),
  after: once(z.string().min(1).max(1024)).optional().describe('`next` of the page before.'),
});

export type PageQuery = z.output<typeof PageQuery>;

/** The query of lists of resources. */
export const ListQuery = PageQuery.extend({
  tag: z.array(Tag).max(16).default([]).describe('Only resources that have this tag; repeat it to require several.'),
  name: once(Name).optional().describe('Only the resource of this name.'),
});

export type ListQuery = z.output<typeof ListQuery>;

/** One page of a list. */
export interface Page<Entry> {
  readonly data: readonly Entry[];
  /** Cursor of the next page; null on the last. */
  readonly next: string | null;
}

/**
 * Cuts a page out of `limit + 1` entries: the extra one says that there is a next page.
 * @param isCut says so too, for a page that holds fewer because of their size
 */
export function pageOf<Row, Entry>(
  rows: readonly Row[],
  limit: number,
  entryOf: (row: Row) => Entry,
  keyOf: (row: Row) => string,
  isCut = false,
): Page<Entry> {
  const kept = rows.slice(0, limit);
  const last = kept.at(-1);
  return { data: kept.map(entryOf), next: (rows.length > limit || isCut) && last !== undefined ? encodeCursor(keyOf(last)) : null };
}
