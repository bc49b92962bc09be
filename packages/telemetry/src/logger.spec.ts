import { describe, expect, it } from '@jest/globals';
import { createLogger } from './logger.ts';

function setUp(level: 'info' | 'warn' = 'info') {
  const lines: string[] = [];
  const logger = createLogger({
    name: 'sluice-test',
    level,
    destination: { write: (line) => void lines.push(line) },
  });
  return {
    logger,
    lines,
    read: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

describe('the logger', () => {
  it('writes one line of JSON for each event', () => {
    const { logger, lines, read } = setUp();
    logger.info({ revision: 12 }, 'configuration applied\nand in service');
    expect(lines[0]!.indexOf('\n')).toBe(lines[0]!.length - 1);
    expect(read()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        name: 'sluice-test',
        revision: 12,
        message: 'configuration applied\nand in service',
      },
    ]);
  });

  it('keeps silent below its level', () => {
    const { logger, lines } = setUp('warn');
    logger.info('not heard');
    logger.warn('heard');
    expect(lines).toHaveLength(1);
  });

  it('writes faults with their cause', () => {
    const { logger, read } = setUp();
    logger.error(new Error('outer', { cause: new Error('inner') }));
    logger.error({ error: new Error('second') }, 'failed');
    expect(read()[0]).toMatchObject({
      level: 'error',
      error: { message: expect.stringContaining('inner') },
    });
    expect(read()[1]).toMatchObject({
      message: 'failed',
      error: { message: 'second', type: 'Error' },
    });
  });

  it('shows no secret, at the top or below', () => {
    const { logger, lines } = setUp();
    const headers = {
      authorization: 's3cret',
      Cookie: 'kept',
      cookie: 's3cret',
      'set-cookie': ['s3cret'],
      'x-api-key': 's3cret',
    };
    logger.info(
      {
        headers,
        request: { headers },
        password: 's3cret',
        token: 's3cret',
        user: { secret: 's3cret' },
      },
      'in',
    );
    logger
      .child({ apiKey: 's3cret' })
      .info({ databaseUrl: 's3cret', key: { hash: 's3cret' } }, 'out');
    expect(lines.join('')).not.toContain('s3cret');
    expect(lines.join('')).toContain('[redacted]');
    expect(lines[0]).toContain('kept');
  });

  it('shows no argument of a command that failed, and no parameter of a query', () => {
    const { logger, lines } = setUp();
    const refused = Object.assign(new Error('WRONGPASS'), {
      command: { name: 'auth', args: ['default', 's3cret'] },
    });
    logger.error({ error: refused }, 'no Redis');
    logger.error(
      { error: Object.assign(new Error('duplicate key'), { parameters: ['s3cret'] }) },
      'not stored',
    );
    logger.error(refused);
    expect(lines.join('')).not.toContain('s3cret');
    expect(lines.join('')).toContain('WRONGPASS');
  });

  it('does not change what it is handed', () => {
    const { logger } = setUp();
    const facts = { password: 's3cret', nested: { token: 's3cret' } };
    logger.info(facts, 'in');
    expect(facts).toEqual({ password: 's3cret', nested: { token: 's3cret' } });
  });
});
