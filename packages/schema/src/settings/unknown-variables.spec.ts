import { describe, expect, it } from '@jest/globals';
import { unknownVariables } from './unknown-variables.ts';

const warningsOf = (...names: string[]): string[] =>
  unknownVariables(Object.fromEntries(names.map((name) => [name, 'secret'])), ['SLUICE_OWN']);

describe('unknownVariables', () => {
  it.each([
    ['SLUICE_PROXY_PROT', 'SLUICE_PROXY_PORT'],
    ['SLUICE_PROXYPORT', 'SLUICE_PROXY_PORT'],
    ['SLUICE_ADMIN_TOKENS', 'SLUICE_ADMIN_TOKEN'],
    ['SLUICE_POLICY_DIR', 'SLUICE_POLICIES_DIR'],
    ['SLUICE_OWM', 'SLUICE_OWN'],
    ['sluice_gateway', 'SLUICE_GATEWAY'],
  ])('suggests for %s the nearest name, %s', (name, nearest) => {
    expect(warningsOf(name)).toEqual([
      `${name} is not a setting and is ignored; did you mean ${nearest}?`,
    ]);
  });

  it('suggests nothing when no name is near', () => {
    expect(warningsOf('SLUICE_COLOUR_OF_THE_SKY', 'SLUICE_')).toEqual([
      'SLUICE_ is not a setting and is ignored',
      'SLUICE_COLOUR_OF_THE_SKY is not a setting and is ignored',
    ]);
  });

  it('accepts settings of either program, other variables, and those of Kubernetes', () => {
    expect(warningsOf('SLUICE_OWN', 'SLUICE_ADMIN_PORT', 'SLUICE_TLS_DIR', 'PATH')).toEqual([]);
    expect(
      warningsOf(
        'SLUICE_PROXY_SERVICE_HOST',
        'SLUICE_PROXY_SERVICE_PORT_HTTP',
        'SLUICE_PROXY_PORT_8000_TCP_ADDR',
      ),
    ).toEqual([]);
    expect(unknownVariables({ SLUICE_API_PORT: 'tcp://10.0.0.1:80' }, [])).toEqual([]);
  });

  it('bounds the number of warnings and their length', () => {
    const names = Array.from(
      { length: 1_000 },
      (_, index) => `SLUICE_${'X'.repeat(5_000)}${index}`,
    );
    const warnings = warningsOf(...names);
    expect(warnings).toHaveLength(21);
    expect(warnings.at(-1)).toContain('980 more');
    for (const warning of warnings) expect(warning.length).toBeLessThan(200);
  });
});
