import { expect, it } from '@jest/globals';
import { readSettings } from './settings.ts';
import { summary } from './summary.ts';

const ownToken = 'a-token-of-the-environment-0123456789';

it.each([
  [
    'the demo, a generated token',
    undefined,
    'key-of-the-demo',
    ['.sluice/admin-token', 'X-API-Key: key-of-the-demo'],
    ['SLUICE_ADMIN_TOKEN'],
  ],
  [
    'the demo, a token of the environment',
    ownToken,
    'key-of-the-demo',
    ['the one in SLUICE_ADMIN_TOKEN', 'X-API-Key: key-of-the-demo'],
    ['admin-token', ownToken],
  ],
  [
    'no demo, a generated token',
    undefined,
    undefined,
    ['Bearer $(cat .sluice/admin-token)'],
    ['SLUICE_ADMIN_TOKEN', 'demo-key', 'X-API-Key'],
  ],
  [
    'no demo, a token of the environment',
    ownToken,
    undefined,
    ['Bearer $SLUICE_ADMIN_TOKEN"'],
    ['admin-token', ownToken, 'demo-key', 'X-API-Key'],
  ],
  [
    'no demo, an empty token in the environment',
    '',
    undefined,
    ['Bearer $(cat .sluice/admin-token)'],
    ['SLUICE_ADMIN_TOKEN'],
  ],
])('with %s names only what there is', (_, token, demoKey, there, absent) => {
  const before = process.env['SLUICE_ADMIN_TOKEN'];
  if (token === undefined) delete process.env['SLUICE_ADMIN_TOKEN'];
  else process.env['SLUICE_ADMIN_TOKEN'] = token;
  try {
    const text = summary(readSettings('/checkout', [], {}), demoKey);
    for (const part of there) expect(text).toContain(part);
    for (const part of absent) expect(text).not.toContain(part);
  } finally {
    if (before === undefined) delete process.env['SLUICE_ADMIN_TOKEN'];
    else process.env['SLUICE_ADMIN_TOKEN'] = before;
  }
});
