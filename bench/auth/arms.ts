import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signJwt, type Algorithm } from '@sluice/tokens';
import { benchKey, sluiceArm, type Arm, type Between, type SluiceOptions } from '../measure/arm.ts';
import type { SaturatingLoad } from '../measure/load.ts';

/** A proxy, and the requests that it is sent. */
export interface AuthArm {
  readonly arm: Arm;
  readonly load: Pick<SaturatingLoad, 'headers' | 'script'>;
}

const issuer = 'https://id.example.com/';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** A token with the claims that access tokens usually have. */
function tokenOf(key: KeyObject, alg: Algorithm, id = 0): string {
  const now = Math.floor(Date.now() / 1_000);
  const claims = {
    iss: issuer,
    aud: ['https://api.example.com', 'account'],
    sub: 'consumer-0',
    azp: 'orders-app',
    exp: now + 86_400,
    iat: now,
    jti: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    scope: 'openid profile email orders:read orders:write',
    realm_access: { roles: ['offline_access', 'orders-reader', 'orders-writer'] },
  };
  return signJwt(claims, key, { alg, kid: 'bench', typ: 'at+jwt' });
}

function jwt(key: KeyObject, more: object = {}): object {
  const pem = key.export({ type: 'spki', format: 'pem' });
  const keys = [{ kid: 'bench', pem }];
  const audience = ['https://api.example.com'];
  return { name: 'jwt', config: { issuers: [{ issuer, keys, audience, ...more }] } };
}

/** Six proxies on one core wait for each other, which none may take for an overload. */
function proxy(between: Between, options: SluiceOptions): Arm {
  const env = { SLUICE_OVERLOAD_LAG_MS: '0', SLUICE_OVERLOAD_MEMORY_PERCENT: '0' };
  return sluiceArm(between, { ...options, env });
}

/**
 * Ways to authenticate the same requests, each on its own port.
 * @param tokens number of different tokens of the arm whose tokens are never in the cache
 */
export function authArms(
  folder: string,
  originPort: number,
  ports: readonly number[],
  tokens: number,
): AuthArm[] {
  const consumer = { by: 'username', required: true };
  const cached = { headers: [`Authorization: Bearer ${tokenOf(rsa.privateKey, 'RS256')}`] };
  const makers: ((between: Between) => AuthArm)[] = [
    (between) => ({
      arm: proxy(between, { name: 'bare', does: 'no policy' }),
      load: {},
    }),
    (between) => ({
      arm: proxy(between, {
        name: 'key-auth',
        does: 'key-auth of 10,000 keys',
        policies: [{ name: 'key-auth' }],
      }),
      load: { headers: [`X-API-Key: ${benchKey}`] },
    }),
    (between) => ({
      arm: proxy(between, {
        name: 'jwt-rs256',
        does: 'jwt RS256, cached, with a consumer',
        policies: [jwt(rsa.publicKey, { consumer })],
      }),
      load: cached,
    }),
    (between) => ({
      arm: proxy(between, {
        name: 'jwt-plain',
        does: 'jwt RS256, cached, without a consumer',
        policies: [jwt(rsa.publicKey)],
      }),
      load: cached,
    }),
    (between) => ({
      arm: proxy(between, {
        name: 'jwt-rs256-new',
        does: 'jwt RS256, each token verified',
        policies: [jwt(rsa.publicKey, { consumer })],
      }),
      load: { script: scriptOf(folder, 'rs256', tokens, rsa.privateKey, 'RS256') },
    }),
    (between) => ({
      arm: proxy(between, {
        name: 'jwt-es256-new',
        does: 'jwt ES256, each token verified',
        policies: [jwt(ec.publicKey, { consumer })],
      }),
      load: { script: scriptOf(folder, 'es256', tokens, ec.privateKey, 'ES256') },
    }),
  ];
  return makers.map((make, index) => make({ folder, originPort, port: ports[index] ?? 0 }));
}

/** The number of arms. */
export const authArmCount = 6;

/** Lua for wrk: requests with one token after the other. */
function scriptOf(
  folder: string,
  name: string,
  tokens: number,
  key: KeyObject,
  alg: Algorithm,
): string {
  const list = join(folder, `${name}.txt`);
  const all = Array.from({ length: tokens }, (_, id) => tokenOf(key, alg, id));
  writeFileSync(list, all.join('\n'));
  const script = join(folder, `${name}.lua`);
  writeFileSync(
    script,
    `local tokens = {}
for line in io.lines("${list}") do tokens[#tokens + 1] = "Bearer " .. line end
local at = 0
request = function()
  at = at % #tokens + 1
  return wrk.format("GET", nil, { ["Authorization"] = tokens[at] })
end
`,
  );
  return script;
}
