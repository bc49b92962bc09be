import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { EdgeProxy } from './edge-proxy.ts';
import type { EdgeRow } from './edge-row.ts';

/** Makes a test of every row. */
export function checkRows(title: string, rows: readonly EdgeRow[]): void {
  describe(title, () => {
    let edge: EdgeProxy;
    beforeAll(async () => {
      edge = await EdgeProxy.start();
    });
    afterAll(() => edge.stop());

    it.each(rows)('$name', (row) => edge.check(row));
  });
}
