import { describe, expect, it } from '@jest/globals';
import { readSettings, shortPath, wantedPorts } from './settings.ts';

const read = (
  args: readonly string[] = [],
  env: Record<string, string> = {},
): ReturnType<typeof readSettings> => readSettings('/checkout', args, env);

describe('the settings of npm start', () => {
  it('have a default each', () => {
    expect(read()).toEqual({
      root: '/checkout',
      dataDir: '/checkout/.sluice',
      databaseUrl: undefined,
      databaseWaitMs: 20_000,
      postgresPort: undefined,
      ports: { proxy: 8000, admin: 8001, stream: 8005, status: 8100, orders: 9101, users: 9102 },
      hasDemo: true,
    });
  });

  it('come from the environment, where empty means not set', () => {
    const env = {
      SLUICE_DATA_DIR: '/data',
      DATABASE_URL: '',
      SLUICE_DATABASE_WAIT_MS: '1500',
      SLUICE_DEMO_PORT: '7000',
      SLUICE_PROXY_PORT: '80',
      SLUICE_POSTGRES_PORT: '5433',
    };
    expect(read([], env)).toMatchObject({
      dataDir: '/data',
      databaseWaitMs: 1_500,
      databaseUrl: undefined,
      postgresPort: 5433,
      ports: { proxy: 80, orders: 7000, users: 7001 },
    });
  });

  it('refuse unknown arguments and invalid ports', () => {
    expect(() => read(['--epmty'])).toThrow('"--epmty" is not known. Try: npm start -- --help');
    expect(() => read([], { SLUICE_ADMIN_PORT: 'http' })).toThrow(
      /SLUICE_ADMIN_PORT must be a port number/,
    );
  });

  it('need no ports for a demo that was not asked for', () => {
    expect(wantedPorts(read()).map(({ port }) => port)).toEqual([
      8000, 8001, 8005, 8100, 9101, 9102,
    ]);
    expect(wantedPorts(read(['--empty'])).map(({ port }) => port)).toEqual([
      8000, 8001, 8005, 8100,
    ]);
  });

  it('print a path as a user would type it in the checkout', () => {
    expect(shortPath(read(), '/checkout/.sluice/admin-token')).toBe('.sluice/admin-token');
    expect(shortPath(read(), '/data/admin-token')).toBe('/data/admin-token');
  });
});
