import { SetupError } from '@sluice/errors';
import { describe, expect, it } from '@jest/globals';
import { helpText, readSettings } from './env.ts';

const databaseUrl = 'postgres://sluice:x@127.0.0.1:5432/sluice';

describe('readSettings', () => {
  it('requires only the database', () => {
    expect(readSettings({ DATABASE_URL: databaseUrl })).toMatchObject({
      databaseUrl,
      databaseWaitMs: 60_000,
      adminHost: '127.0.0.1',
      adminPort: 8001,
      adminToken: undefined,
      streamPort: 8005,
      streamInsecure: false,
      signingKeyDays: 30,
      policiesDir: undefined,
      logLevel: 'info',
    });
  });

  it('treats an empty variable as unset', () => {
    expect(
      readSettings({ DATABASE_URL: databaseUrl, SLUICE_ADMIN_PORT: '', SLUICE_ADMIN_TOKEN: '' }),
    ).toMatchObject({ adminPort: 8001, adminToken: undefined });
  });

  it('checks the standard variables of OpenTelemetry, and shows no secret', () => {
    const attempt = (): unknown =>
      readSettings({
        DATABASE_URL: databaseUrl,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_EXPORTER_OTLP_HEADERS: 'my-secret',
        OTEL_TRACES_SAMPLER: 'xray',
      });
    expect(attempt).toThrow(
      /OTEL_EXPORTER_OTLP_PROTOCOL must be http\/protobuf or http\/json; .*OTEL_EXPORTER_OTLP_HEADERS must look like .*OTEL_TRACES_SAMPLER must be one of/s,
    );
    expect(attempt).not.toThrow(/my-secret/);
    expect(readSettings({ DATABASE_URL: databaseUrl }).traces.otlp).toBeUndefined();
    expect(helpText()).toContain('OTEL_EXPORTER_OTLP_TRACES_HEADERS');
  });

  it('lists all faults at once and says what to set', () => {
    const attempt = (): unknown =>
      readSettings({
        SLUICE_ADMIN_PORT: '70000',
        SLUICE_STREAM_PORT: 'x',
        SLUICE_ADMIN_TOKEN: 'changeme',
        SLUICE_STREAM_INSECURE: 'yes',
        SLUICE_LOG_LEVEL: 'loud',
      });
    expect(attempt).toThrow(SetupError);
    let message = '';
    try {
      attempt();
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain(
      'DATABASE_URL is required: set it to postgres://user:password@host:5432/database',
    );
    for (const name of [
      'SLUICE_ADMIN_PORT',
      'SLUICE_STREAM_PORT',
      'SLUICE_ADMIN_TOKEN must have at least 24 characters',
      'SLUICE_STREAM_INSECURE',
      'SLUICE_LOG_LEVEL',
    ]) {
      expect(message).toContain(name);
    }
    expect(message).toContain('--help');
    expect(message).not.toContain('changeme');
  });

  it('refuses the URL of another kind of database', () => {
    expect(() => readSettings({ DATABASE_URL: 'mysql://x' })).toThrow(
      'DATABASE_URL must look like postgres://',
    );
  });
});

describe('helpText', () => {
  it('lists every variable with its default', () => {
    const text = helpText();
    for (const name of [
      'DATABASE_URL',
      'SLUICE_DATA_DIR',
      'SLUICE_ADMIN_HOST',
      'SLUICE_ADMIN_PORT',
      'SLUICE_ADMIN_TOKEN',
      'SLUICE_STREAM_PORT',
      'SLUICE_NODE_TOKEN',
      'SLUICE_POLICIES_DIR',
    ]) {
      expect(text).toContain(name);
    }
    expect(text).toMatch(/SLUICE_ADMIN_PORT .*\n +default: 8001/);
    expect(text).toMatch(/SLUICE_STREAM_INSECURE .*\n +default: 0/);
    expect(text).toMatch(/DATABASE_URL .*\n +default: required/);
    expect(text).not.toContain('undefined');
  });
});
