import { errorMessage } from '@sluice/errors';
import { describe, expect, it } from '@jest/globals';
import { helpText, readEnv, settings, workerEnvironment } from './env.ts';

const faultOf = (variables: NodeJS.ProcessEnv): string => {
  try {
    readEnv(variables);
  } catch (error) {
    return errorMessage(error);
  }
  throw new Error('the settings were taken');
};

describe('readEnv', () => {
  it('has a default for everything that the operator need not decide', () => {
    const env = readEnv({});
    expect(env).toMatchObject({
      SLUICE_GATEWAY: 'default',
      SLUICE_PROXY_PORT: 8000,
      SLUICE_STATUS_PORT: 8100,
      SLUICE_CONTROL_PLANE: '127.0.0.1:8005',
      SLUICE_DRAIN_MS: 30_000,
      SLUICE_OVERLOAD_LAG_MS: 200,
      SLUICE_OVERLOAD_MEMORY_PERCENT: 85,
    });
    expect(env.SLUICE_NODE_TOKEN).toBeUndefined();
    expect(env.SLUICE_NODE_ID).toMatch(/-\d+$/);
    expect(readEnv({ SLUICE_NODE_ID: env.SLUICE_NODE_ID }).SLUICE_NODE_ID).toBe(env.SLUICE_NODE_ID);
  });

  it('treats an empty variable as unset', () => {
    expect(readEnv({ SLUICE_PROXY_PORT: '', REDIS_URL: '', SLUICE_LOG_LEVEL: '' })).toEqual(
      readEnv({}),
    );
  });

  it('reads numbers as numbers', () => {
    expect(
      readEnv({
        SLUICE_PROXY_PORT: '0',
        SLUICE_STATUS_PORT: '65535',
        SLUICE_TRACE_RATIO: '.25',
        SLUICE_DRAIN_MS: '600000',
      }),
    ).toMatchObject({
      SLUICE_PROXY_PORT: 0,
      SLUICE_STATUS_PORT: 65_535,
      SLUICE_TRACE_RATIO: 0.25,
      SLUICE_DRAIN_MS: 600_000,
    });
    for (const [text, ratio] of [
      ['0', 0],
      ['1', 1],
      ['1.0', 1],
      ['0.5', 0.5],
    ] as const)
      expect(readEnv({ SLUICE_TRACE_RATIO: text }).SLUICE_TRACE_RATIO).toBe(ratio);
  });

  it.each([
    [
      'SLUICE_PROXY_PORT',
      ['http', '-1', '65536', '80.5', ' ', '0x50', '1e3', '8000 '],
      'must be a whole number from 0 to 65535',
    ],
    [
      'SLUICE_MAX_CONNECTIONS',
      ['0', '1000001', '10k', 'unlimited'],
      'must be a whole number from 1 to 1000000',
    ],
    ['SLUICE_MAX_CONNECTIONS_PER_ADDRESS', ['0', '-1'], 'must be a whole number from 1 to 1000000'],
    [
      'SLUICE_OVERLOAD_LAG_MS',
      ['-1', '60001', '0.2', 'off'],
      'must be a whole number from 0 to 60000',
    ],
    [
      'SLUICE_OVERLOAD_MEMORY_PERCENT',
      ['101', '85%', '.85'],
      'must be a whole number from 0 to 100',
    ],
    ['SLUICE_DRAIN_MS', ['600001', '30s'], 'must be a whole number from 0 to 600000'],
    ['SLUICE_TRACE_RATIO', ['1.1', '-0', '50%', ' ', 'NaN'], 'must be a number from 0 to 1'],
    ['SLUICE_STREAM_INSECURE', ['yes', 'true'], 'must be 0 or 1'],
    ['SLUICE_ACCESS_LOG', ['ON', '1'], 'must be on or off'],
    ['SLUICE_LOG_LEVEL', ['verbose'], 'must be one of trace, debug, info, warn, error, silent'],
    [
      'SLUICE_NODE_ID',
      ['-a', 'a b', 'a'.repeat(65)],
      'must be letters, digits and "._-", at most 64',
    ],
  ])('%s: states the rule and the current value', (name, texts, rule) => {
    for (const text of texts)
      expect(faultOf({ [name]: text })).toContain(`\n  ${name} ${rule} (it is "${text}")\n`);
  });

  it.each([
    ['SLUICE_NODE_TOKEN', 'short-secret'],
    ['SLUICE_SNAPSHOT_KEY', 'not-the-key'],
    ['REDIS_URL', 'http://user:secret@redis'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'grpc://user:secret@collector:4317'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'collector:4318/v1/traces'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'Bearer my-secret'],
    ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'x-key=a%ZZb'],
  ])('%s: states the rule and reveals no secret', (name, text) => {
    const message = faultOf({ [name]: text });
    expect(message).toContain(`\n  ${name} must `);
    expect(message).not.toContain(text);
  });

  it('lists all faults together, and refers to --help', () => {
    const message = faultOf({
      SLUICE_PROXY_PORT: 'x',
      SLUICE_STATUS_PORT: 'y',
      SLUICE_LOG_LEVEL: 'z',
    });
    expect(message.split('\n').map((line) => line.trim().split(' ')[0])).toEqual([
      'settings',
      'SLUICE_PROXY_PORT',
      'SLUICE_STATUS_PORT',
      'SLUICE_LOG_LEVEL',
      'Run',
    ]);
    expect(message).toContain('--help');
  });
});

describe('helpText', () => {
  it('lists every setting with its meaning and default', () => {
    const text = helpText();
    const columns = new Set<number>();
    for (const [name, { description = 'missing' }] of Object.entries(settings)) {
      const line = text.split('\n').find((each) => each.trim().startsWith(`${name} `)) ?? '';
      expect(line).toContain(description);
      columns.add(line.indexOf(description));
    }
    expect(columns.size).toBe(1);
    expect(text).toContain('default: 8000');
    expect(text).toContain('--workers N');
  });
});

describe('workerEnvironment', () => {
  it('contains the node’s name', () => {
    expect(workerEnvironment(readEnv({ SLUICE_NODE_ID: 'edge-1' }))).toMatchObject({
      SLUICE_NODE_ID: 'edge-1',
      PATH: process.env['PATH'],
    });
  });
});
