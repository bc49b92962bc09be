import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { parseConfigFile } from './config-file.ts';

const guide = new URL('../../../../docs/guides/config-file.md', import.meta.url);

it('accepts the example of docs/guides/config-file.md', () => {
  const example = /```json\n([\s\S]*?)```/.exec(readFileSync(guide, 'utf8'))?.[1] ?? '';
  const resources = parseConfigFile(example, 'sluice.json', 'default');
  expect(resources.map(({ kind }) => kind).sort()).toEqual([
    'consumer',
    'credential',
    'gateway',
    'route',
    'service',
  ]);
});
