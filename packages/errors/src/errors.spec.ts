import { describe, expect, it } from '@jest/globals';
import { catalogue, errorCodes, GatewayError, problem } from './index.ts';

describe('the error catalogue', () => {
  it('has a stable form for every code', () => {
    for (const code of errorCodes) {
      const { status, source, title } = catalogue[code];
      expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(600);
      expect(title).toMatch(/^[A-Z].*[^.]$/);
      // Client errors name the client as their source; upstream errors are distinguished from those
      // of the gateway.
      expect(status < 500 ? ['client', 'gateway'] : ['gateway', 'upstream', 'client']).toContain(
        source,
      );
    }
  });

  it('never tells a client to repeat a request that can only fail again', () => {
    for (const code of errorCodes)
      if ([400, 401, 403, 404, 405, 414, 431].includes(catalogue[code].status))
        expect(catalogue[code].retry).toBe(false);
  });
});

describe('problem', () => {
  it('omits unknown members', () => {
    expect(problem('forbidden')).toEqual({
      type: 'urn:sluice:error:forbidden',
      title: 'Access is denied',
      status: 403,
      code: 'forbidden',
    });
  });

  it('carries detail, request id and all faults', () => {
    const errors = [{ pointer: '/name', detail: 'too long' }];
    expect(
      problem('validation_failed', { detail: 'Mend it.', requestId: 'r1', errors }),
    ).toMatchObject({ detail: 'Mend it.', requestId: 'r1', errors });
  });
});

describe('GatewayError', () => {
  it('takes its status, source and retry from the catalogue, and keeps the cause for the log', () => {
    const cause = new Error('ECONNREFUSED');
    const error = new GatewayError('upstream_connect_failed', { cause });
    expect(error).toMatchObject({
      code: 'upstream_connect_failed',
      status: 502,
      source: 'upstream',
      retry: true,
      cause,
    });
    expect(error.message).not.toContain('ECONNREFUSED');
  });
});
