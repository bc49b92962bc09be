import { describe, expect, it } from '@jest/globals';
import { helpText as controlPlaneHelp } from '../apps/control-plane/src/platform/env.ts';
import { helpText as proxyHelp, settings } from '../apps/proxy/src/env.ts';
import { readArguments } from '../scripts/arguments/start.mjs';
import { knownVariables } from '../packages/schema/src/settings/known-variables.ts';
import { unknownVariables } from '../packages/schema/src/settings/unknown-variables.ts';

const namesIn = (help: string | undefined): string[] =>
  [...(help ?? '').matchAll(/^ {2}(SLUICE_[A-Z_]+)/gm)].map(([, name = '']) => name);

/** Neither program said a word about a variable that it did not know. */
describe('the variables that begin with SLUICE_', () => {
  it('are those of both programs, of npm start and npm test, and of the launcher', () => {
    const declared = [
      ...namesIn(controlPlaneHelp()),
      ...namesIn(proxyHelp()),
      ...namesIn(readArguments(['--help']).help),
      'SLUICE_LAUNCHED_BY',
      'SLUICE_TEST_DATABASE_URL',
      'SLUICE_TEST_REDIS_URL',
    ];
    expect([...knownVariables].sort()).toEqual([...new Set(declared)].sort());
  });

  it('are named when they are misspelt', () => {
    expect(unknownVariables({ SLUICE_PROXY_PROT: '1' }, Object.keys(settings))).toEqual([
      'SLUICE_PROXY_PROT is not a setting and is ignored; did you mean SLUICE_PROXY_PORT?',
    ]);
  });
});
