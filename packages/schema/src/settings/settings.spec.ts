import { z } from 'zod';
import {
  definedSettings,
  flag,
  port,
  readSettingTable,
  setting,
  settingsHelp,
  wholeNumber,
} from './settings.ts';

const table = {
  APP_PORT: setting(port.default(8000), 'Port to listen on.'),
  APP_INSECURE: setting(flag.default(false), '1 allows plaintext.'),
  APP_WAIT_MS: setting(wholeNumber(5, 50).optional(), 'How long to wait.', 'no limit'),
  APP_TOKEN: setting(z.string().min(24, 'must have 24 characters').optional(), 'A token.'),
  ...definedSettings({
    OTEL_X: {
      text: 'Defined elsewhere.',
      faultOf: (value) => (value === 'a' ? undefined : 'must be a'),
    },
  }),
};
const faultOf = (env: Record<string, string>): string => {
  const read = readSettingTable(table, env);
  return 'fault' in read ? read.fault : '';
};

describe('readSettingTable', () => {
  it('reads values of the right type, and the defaults of what is unset or empty', () => {
    expect(readSettingTable(table, { APP_INSECURE: '1', APP_WAIT_MS: '50', OTEL_X: 'a' })).toEqual({
      values: { APP_PORT: 8000, APP_INSECURE: true, APP_WAIT_MS: 50, OTEL_X: 'a' },
    });
    expect(readSettingTable(table, { APP_PORT: '', APP_INSECURE: '', APP_TOKEN: '' })).toEqual({
      values: { APP_PORT: 8000, APP_INSECURE: false },
    });
  });

  it('ignores all other variables of the process', () => {
    expect(readSettingTable(table, { PATH: '/bin', __proto__: 'x' })).toHaveProperty('values');
  });

  it('lists every fault with its value, and nothing of a secret', () => {
    expect(
      faultOf({ APP_PORT: '0x50', APP_INSECURE: 'yes', APP_TOKEN: 'short', OTEL_X: 'b' }),
    ).toBe(
      [
        'settings are not usable:',
        '  APP_PORT must be a whole number from 0 to 65535 (it is "0x50")',
        '  APP_INSECURE must be 0 or 1 (it is "yes")',
        '  APP_TOKEN must have 24 characters (the value is not shown because it may hold a secret)',
        '  OTEL_X must be a (it is "b")',
        'Run with --help to see all settings.',
      ].join('\n'),
    );
  });

  it.each([' ', '1e3', '-1', '+1', '8000 ', '65536', '９', '1'.repeat(400)])(
    'does not take %p for a port',
    (text) => {
      expect(faultOf({ APP_PORT: text })).toContain('APP_PORT must be a whole number');
    },
  );
});

describe('settingsHelp', () => {
  it('aligns the descriptions, and says what applies when a variable is not set', () => {
    expect(settingsHelp(table).split('\n')).toEqual([
      '  APP_PORT     Port to listen on.',
      '               default: 8000',
      '  APP_INSECURE 1 allows plaintext.',
      '               default: 0',
      '  APP_WAIT_MS  How long to wait.',
      '               default: no limit',
      '  APP_TOKEN    A token.',
      '               default: not set',
      '  OTEL_X       Defined elsewhere.',
      '               default: not set',
      '',
    ]);
  });
});
