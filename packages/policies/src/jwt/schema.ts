import { definePolicySchema } from '@sluice/policy-sdk';
import { boundedRecord } from '@sluice/schema';
import { z } from 'zod';
import {
  checkTokenPolicy,
  ClaimPath,
  tokenPolicyFields,
  tokenSourceFields,
} from '../authentication/schema.ts';
import { changeableNames, requestFieldFault } from '../header-fields/schema.ts';
import { AllowPrivateAddresses, HttpUrl, privateAddressFault } from '../http-calls/schema.ts';
import {
  AlgorithmName,
  secretLength,
  StaticKey,
  type StaticKeyConfig,
} from '../verification-keys/schema.ts';

const Algorithms = z.array(AlgorithmName).min(1).max(13);

/** What tokens must say, whichever key has signed them. */
const claimRules = {
  audience: z
    .union([z.literal('any'), z.array(z.string().min(1).max(1_024)).min(1).max(32)], {
      error: 'list the audiences of this API, or write "any" to accept tokens for all',
    })
    .describe(
      'Audiences of this API: a token must name one of them in `aud`. `any`: tokens for other APIs are accepted as well.',
    ),
  types: z
    .array(z.string().min(1).max(64))
    .min(1)
    .max(8)
    .optional()
    .describe(
      'Values of `typ` in the header, such as `at+jwt` for access tokens of RFC 9068. When left out: `JWT`, `at+jwt` or none.',
    ),
  requireExpiry: z
    .boolean()
    .default(true)
    .describe('Refuse tokens without `exp`. false: such a token is valid as long as its key.'),
  leewaySeconds: z
    .int()
    .min(0)
    .max(300)
    .default(60)
    .describe('How far the clocks of issuer and node may differ.'),
} as const;

const Consumer = z.strictObject({
  claim: ClaimPath.default(['sub']).describe('The claim that names the consumer.'),
  by: z
    .enum(['username', 'customId', 'id', 'issuerAndSubject'])
    .default('username')
    .describe(
      'The property of the consumer that the claim contains. `issuerAndSubject`: customId is `iss`, a space and the claim.',
    ),
  required: z
    .boolean()
    .default(false)
    .describe('Refuse callers who are no consumer with 403. false: they pass without one.'),
});

const UpstreamHeaders = boundedRecord(ClaimPath, 20).superRefine((headers, context) => {
  const names = changeableNames(requestFieldFault).safeParse(Object.keys(headers));
  for (const { path, message } of names.error?.issues ?? []) {
    const name = Object.keys(headers)[Number(path[0])] ?? '';
    context.addIssue({ code: 'custom', path: [name], message });
  }
});

const Issuer = z
  .strictObject({
    issuer: z
      .string()
      .min(1)
      .max(2_048)
      .optional()
      .describe(
        'The issuer: `iss` of its tokens, byte by byte. Leave it out only for keys whose tokens have no `iss`.',
      ),
    keys: z
      .array(StaticKey)
      .min(1)
      .max(16)
      .optional()
      .describe('Keys of the issuer. Several may overlap while they are replaced.'),
    jwksUri: HttpUrl.optional().describe('URL of the key set of the issuer.'),
    metadataUrl: HttpUrl.optional().describe(
      'URL of the metadata that names the key set, when it is not at a well-known path of `issuer`.',
    ),
    algorithms: Algorithms.default(['RS256', 'ES256']).describe(
      'Algorithms of signatures that are accepted. Those with HS need a secret in `keys`.',
    ),
    ...claimRules,
    authorizedParties: z
      .array(z.string().min(1).max(1_024))
      .min(1)
      .max(32)
      .optional()
      .describe('Clients that may obtain tokens: `azp`, or `client_id`. When left out: all.'),
    consumer: Consumer.optional().describe(
      'Finds the consumer that the token names. Without it the caller has no consumer.',
    ),
    groupsClaim: ClaimPath.optional().describe(
      'The claim with the groups of the caller: `["groups"]`, `["realm_access", "roles"]`.',
    ),
    upstreamHeaders: UpstreamHeaders.default({}).describe(
      'Headers for the upstream, each with the path of its claim. Those that a client sends are always removed.',
    ),
  })
  .superRefine(checkIssuer);

const ConsumerKeys = z.strictObject({
  claim: z
    .string()
    .min(1)
    .max(64)
    .default('iss')
    .describe('The claim, or else member of the header, that is the `key` of the credential.'),
  ...claimRules,
});

export type IssuerConfig = z.output<typeof Issuer>;
export type ConsumerKeysConfig = z.output<typeof ConsumerKeys>;

const { hideCredentials: _hidden, ...policyFields } = tokenPolicyFields;

export const jwtSchema = definePolicySchema({
  name: 'jwt',
  summary: 'Authenticates the caller by a signed token (JWT) of an identity provider or consumer.',
  phases: ['authenticate'],
  authenticates: true,
  onError: 'closed',
  config: z
    .strictObject({
      issuers: z
        .array(Issuer)
        .max(16)
        .default([])
        .describe('The issuers whose tokens are accepted. `iss` of a token chooses one of them.'),
      consumerKeys: ConsumerKeys.optional().describe(
        'Accepts tokens that consumers sign with the key of their own credential of type `jwt`.',
      ),
      ...tokenSourceFields,
      upstreamToken: z
        .enum(['none', 'same'])
        .default('none')
        .describe('What the upstream receives: no token, or the token that the client sent.'),
      ...policyFields,
      allowPrivateAddresses: AllowPrivateAddresses,
    })
    .superRefine(checkTokenPolicy)
    .superRefine(checkIssuers),
});

/** The properties of an issuer that have to agree with each other. */
interface IssuerInput {
  readonly issuer?: string | undefined;
  readonly keys?: readonly StaticKeyConfig[] | undefined;
  readonly jwksUri?: string | undefined;
  readonly metadataUrl?: string | undefined;
  readonly algorithms: readonly string[];
}

type Context = z.core.$RefinementCtx;

/** Checks one issuer: where its keys come from, and whether they fit its algorithms. */
function checkIssuer(input: IssuerInput, context: Context): void {
  const fault = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message });
  const { issuer, keys, jwksUri, metadataUrl } = input;
  const given = [keys, jwksUri, metadataUrl].filter((each) => each !== undefined).length;
  if (given > 1) fault([], 'give only one of "keys", "jwksUri" and "metadataUrl"');
  if (keys === undefined && jwksUri === undefined) checkDiscovery(issuer, metadataUrl, fault);
  checkAlgorithms(input, fault);
}

type Fault = (path: (string | number)[], message: string) => void;

function checkDiscovery(
  issuer: string | undefined,
  metadataUrl: string | undefined,
  fault: Fault,
): void {
  if (issuer === undefined)
    return fault(['issuer'], 'is required, unless "keys" or "jwksUri" is given');
  if (metadataUrl !== undefined) return;
  const url = URL.parse(issuer);
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.search + url.hash === '';
  if (!isPlain)
    fault(['issuer'], 'is no URL at which metadata can be found: give "keys" or "jwksUri"');
}

/** Shortest secret of each HMAC algorithm, bytes (RFC 7518, section 3.2). */
const shortest: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 };

function checkAlgorithms({ keys = [], algorithms }: IssuerInput, fault: Fault): void {
  const hmac = algorithms.filter((name) => name.startsWith('HS'));
  const hasSecret = keys.some(({ secret }) => secret !== undefined);
  if (hmac.length > 0 && !hasSecret)
    fault(['algorithms'], `${hmac[0]} needs a secret in "keys": published keys verify no HMAC`);
  for (const [index, key] of keys.entries()) {
    if (key.algorithm !== undefined && !algorithms.includes(key.algorithm))
      fault(['keys', index, 'algorithm'], 'is not one of "algorithms"');
    if (key.secret === undefined) continue;
    const wanted = key.algorithm === undefined ? hmac : [key.algorithm];
    const needed = Math.min(...wanted.map((name) => shortest[name] ?? Infinity));
    if (wanted.length === 0)
      fault(['keys', index, 'secret'], 'is used by HS256, HS384 and HS512 only: list one of them');
    else if (secretLength(key) < needed)
      fault(['keys', index, 'secret'], `has ${secretLength(key)} bytes, and needs ${needed}`);
  }
}

interface PolicyInput {
  readonly issuers: readonly IssuerInput[];
  readonly consumerKeys?: unknown;
  readonly allowPrivateAddresses: boolean;
}

/** Checks that a token leads to one issuer, and that keys are fetched from where they may be. */
function checkIssuers(config: PolicyInput, context: Context): void {
  const fault = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message });
  const { issuers, consumerKeys } = config;
  if (issuers.length === 0 && consumerKeys === undefined)
    fault(['issuers'], 'name an issuer, or set "consumerKeys" to accept tokens of consumers');
  const seen = new Set<string>();
  for (const [index, { issuer, jwksUri, metadataUrl, keys }] of issuers.entries()) {
    if (issuer === undefined && (issuers.length > 1 || consumerKeys !== undefined))
      fault(['issuers', index, 'issuer'], 'is required, because it chooses among several keys');
    if (issuer !== undefined && seen.has(issuer))
      fault(['issuers', index, 'issuer'], 'is listed twice: give all its keys once');
    if (issuer !== undefined) seen.add(issuer);
    if (keys !== undefined) continue;
    const name = ['jwksUri', 'metadataUrl'].find((each) =>
      each === 'jwksUri' ? jwksUri : metadataUrl,
    );
    const why = fetchFault(jwksUri ?? metadataUrl ?? issuer ?? '', config.allowPrivateAddresses);
    if (why !== undefined) fault(['issuers', index, name ?? 'issuer'], why);
  }
}

function fetchFault(url: string, allowPrivateAddresses: boolean): string | undefined {
  if (URL.parse(url)?.protocol === 'http:' && !allowPrivateAddresses)
    return 'keys are fetched with https: only, or with "allowPrivateAddresses" in the same network';
  return privateAddressFault(url, allowPrivateAddresses);
}
