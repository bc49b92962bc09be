import { expect, it } from '@jest/globals';
import { explainNpmFailure } from './explain-npm-failure.mjs';

it.each([
  [
    'npm error code ENOSPC\nnpm error nospc ENOSPC: no space left on device, write',
    /The disk is full/,
  ],
  [
    "npm error code EROFS\nnpm error EROFS: read-only file system, mkdir '/src/node_modules'",
    /cannot be written/,
  ],
  ["npm error Error: EACCES: permission denied, mkdir '/src/node_modules'", /cannot be written/],
  [
    'npm error code ENOTFOUND\nnpm error network request to https://registry.npmjs.org failed',
    /registry cannot be reached.*HTTPS_PROXY/,
  ],
  ['npm error code EINTEGRITY\nnpm error sha512-x integrity checksum failed', /damaged or altered/],
  [
    'npm error something new',
    /^The dependencies could not be installed\. npm ci did not succeed\./,
  ],
])('explains %j', (output, explanation) => {
  const text = explainNpmFailure(output);
  expect(text).toMatch(explanation);
  expect(text).toContain(output.split('\n').at(-1));
});
