import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { HostileProxy } from './hostile-proxy.ts';
import type { HostileRow } from './hostile-row.ts';

/** Makes a test of every row. */
export function checkHostileRows(title: string, rows: readonly HostileRow[]): void {
  describe(title, () => {
    let proxy: HostileProxy;
    beforeAll(async () => {
      proxy = await HostileProxy.start();
    });
    afterAll(() => proxy.stop());

    it.each(rows)('$name', (row) => proxy.check(row));
  });
}
