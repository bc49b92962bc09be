import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SetupError } from '@sluice/errors';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keepSecret } from './secret-file.ts';

describe('keepSecret', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-secret-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('generates a secret once, readable only by this user, and returns it again', () => {
    const file = join(folder, 'data', 'admin-token');
    const first = keepSecret(file, 'sla', 'SLUICE_ADMIN_TOKEN');
    expect(first.isNew).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'data'))).toEqual(['admin-token']);
    expect(readFileSync(file, 'utf8')).toBe(`${first.secret}\n`);
    expect(keepSecret(file, 'sla', 'SLUICE_ADMIN_TOKEN')).toEqual({
      secret: first.secret,
      isNew: false,
    });
  });

  it('says what to do when the folder cannot be used', () => {
    writeFileSync(join(folder, 'data'), 'a file where a folder should be');
    const attempt = (): unknown =>
      keepSecret(join(folder, 'data', 'admin-token'), 'sla', 'SLUICE_ADMIN_TOKEN');
    expect(attempt).toThrow(SetupError);
    expect(attempt).toThrow(
      /Cannot (?:read|write) .*admin-token.*SLUICE_DATA_DIR, or set SLUICE_ADMIN_TOKEN/s,
    );
  });

  it('refuses an empty file, and does not change it', () => {
    const file = join(folder, 'node-token');
    writeFileSync(file, '');
    expect(() => keepSecret(file, 'sln', 'SLUICE_NODE_TOKEN')).toThrow(
      /node-token must have at least 24 characters.*Remove the file/s,
    );
    expect(existsSync(file)).toBe(true);
  });
});
