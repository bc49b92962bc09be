import { describe, expect, it } from '@jest/globals';
import { otelVariables, readPairs, samplers } from './otel-variables.ts';
import type { OtelVariableName } from './otel-variables.ts';
import { readTraceSettings } from './trace-settings.ts';

const endpoint = 'http://127.0.0.1:4318';

describe('the standard variables', () => {
  it.each<[OtelVariableName, readonly string[], readonly string[]]>([
    ['OTEL_SDK_DISABLED', ['true', 'false', 'TRUE'], ['1', 'yes', ' true']],
    ['OTEL_TRACES_EXPORTER', ['otlp', 'none'], ['console', 'zipkin', 'otlp,none', 'OTLP']],
    [
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      [endpoint, 'https://collector', 'http://[::1]:4318/base/'],
      ['', 'localhost:4318', 'grpc://c:4317', 'http://', 'http:///v1', 'unix:/x'],
    ],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', [`${endpoint}/v1/traces`], ['/v1/traces', 'http://a b']],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', ['http/protobuf', 'http/json'], ['grpc', 'http', 'HTTP/JSON']],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', ['http/protobuf', 'http/json'], ['grpc']],
    [
      'OTEL_EXPORTER_OTLP_HEADERS',
      ['a=b', 'a=b, c=d', 'authorization=Basic%20eA%3D%3D', 'x='],
      ['a', '=b', 'a=%zz', 'a b=c', 'a=b%0D%0Ac: d', 'a=%E2%82%AC'],
    ],
    ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', ['a=b'], ['a']],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', ['1', '10000', '999999'], ['0', '-1', '1s', '1e3', '1000000']],
    ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', ['5000'], ['0']],
    ['OTEL_TRACES_SAMPLER', samplers, ['jaeger_remote', 'xray', 'ALWAYS_ON']],
    ['OTEL_TRACES_SAMPLER_ARG', ['0', '1', '1.0', '.5', '0.25'], ['1.1', '-1', '50%', 'NaN', ' 1']],
    ['OTEL_SERVICE_NAME', ['edge'], ['x'.repeat(256)]],
    ['OTEL_RESOURCE_ATTRIBUTES', ['a=b', 'a=b,c=d%2Ce', 'a=b,'], ['a', '=', 'a=%']],
  ])('%s: takes what can be used, and says what it must be', (name, good, bad) => {
    const { faultOf } = otelVariables[name];
    for (const value of good)
      expect(`${value}: ${String(faultOf(value))}`).toBe(`${value}: undefined`);
    for (const value of bad) expect(faultOf(value)).toMatch(/^must /);
  });

  it('says what to do about a collector that takes only grpc', () => {
    expect(otelVariables.OTEL_EXPORTER_OTLP_PROTOCOL.faultOf('grpc')).toContain(
      'enable its OTLP/HTTP receiver',
    );
  });

  it('bounds the pairs', () => {
    expect(
      readPairs(Array.from({ length: 101 }, (_, index) => `k${index}=v`).join(',')),
    ).toBeUndefined();
    expect(readPairs('__proto__=x')).toEqual(
      Object.assign(Object.create(null), JSON.parse('{"__proto__":"x"}')),
    );
  });
});

describe('readTraceSettings', () => {
  it('exports nothing unless an endpoint is set', () => {
    expect(readTraceSettings({}).otlp).toBeUndefined();
    expect(
      readTraceSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: 'True' }).otlp,
    ).toBeUndefined();
    expect(
      readTraceSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_EXPORTER: 'none' })
        .otlp,
    ).toBeUndefined();
    expect(
      readTraceSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: 'false' }).otlp,
    ).toEqual({
      endpoint,
      isComplete: false,
      protocol: 'http/protobuf',
      headers: {},
      exportTimeoutMs: 5_000,
    });
  });

  it('prefers what is said of traces', () => {
    const { otlp } = readTraceSettings({
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://traces/in',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_HEADERS: 'a=general',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'a=traces%21',
      OTEL_EXPORTER_OTLP_TIMEOUT: '1',
      OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '2000',
    });
    expect(otlp).toEqual({
      endpoint: 'http://traces/in',
      isComplete: true,
      protocol: 'http/json',
      headers: { a: 'traces!' },
      exportTimeoutMs: 2_000,
    });
  });

  it.each([
    [{}, { ratio: 1, followsParent: true }],
    [{ OTEL_TRACES_SAMPLER_ARG: '0.1' }, { ratio: 1, followsParent: true }],
    [{ OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, { ratio: 0, followsParent: true }],
    [
      { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' },
      { ratio: 0.1, followsParent: true },
    ],
    [
      { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '.5' },
      { ratio: 0.5, followsParent: false },
    ],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio' }, { ratio: 1, followsParent: false }],
    [{ OTEL_TRACES_SAMPLER: 'always_on' }, { ratio: 1, followsParent: false }],
    [{ OTEL_TRACES_SAMPLER: 'always_off' }, { ratio: 0, followsParent: false }],
  ])('reads the sampler: %p', (values, sampler) => {
    expect(readTraceSettings(values).sampler).toEqual(sampler);
    expect(readTraceSettings(values, 0.25).sampler).toEqual({ ratio: 0.25, followsParent: true });
  });

  it('has the service name win over the attributes', () => {
    expect(
      readTraceSettings({
        OTEL_SERVICE_NAME: 'edge',
        OTEL_RESOURCE_ATTRIBUTES: 'service.name=other, team=a%20b',
      }).resourceAttributes,
    ).toEqual({ 'service.name': 'edge', team: 'a b' });
  });
});
