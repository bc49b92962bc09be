import { Name, Tag } from '@sluice/schema';
import { z } from 'zod';
import { encodeCursor } from './cursor.ts';

/** A parameter that may occur at most once. */
export const once = <Schema extends z.ZodType>(schema: Schema) =>
  z.tuple([schema], { error: 'must occur at most once' }).transform(([value]) => value);

const limit = once(
  z
    .string()
    .regex(/^\d{1,4}$/, 'must be a number from 1 to 1000')
    .transform(Number)
    .pipe(
      z
        .number()
        .min(1, 'must be a number from 1 to 1000')
        .max(1000, 'must be a number from 1 to 1000'),
    ),
);

/** The query parameters of every list: `?limit=100&after=…`. */
export const PageQuery = z.object({
  limit: limit.default(100).describe('The most entries on a page, up to 1000.'),
  after: once(z.string().min(1).max(1024)).optional().describe('The `next` of the previous page.'),
});

export type PageQuery = z.output<typeof PageQuery>;

/** The query parameters of lists of resources. */
export const ListQuery = PageQuery.extend({
  tag: z
    .array(Tag)
    .max(16)
    .default([])
    .describe('Lists only resources with this tag. Repeat the parameter to require several tags.'),
  name: once(Name).optional().describe('Lists only the resource with this name.'),
});

export type ListQuery = z.output<typeof ListQuery>;

/** One page of a list. */
export interface Page<Entry> {
  readonly data: readonly Entry[];
  /** Cursor of the next page; null on the last. */
  readonly next: string | null;
}

/**
 * Makes a page from up to `limit + 1` rows; the extra row shows that there is a next page.
 * @param isCut true when the page has fewer rows because of their size, and there is a next page
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
  return {
    data: kept.map(entryOf),
    next: (rows.length > limit || isCut) && last !== undefined ? encodeCursor(keyOf(last)) : null,
  };
}
