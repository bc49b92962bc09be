import type { Exchange } from '@sluice/policy-sdk';
import { httpDateMs } from './http-date.ts';
import { algorithms, malformed, strictBase64 } from './signature.ts';
import type { PresentedSignature, SignatureFault } from './signature.ts';
import { originTarget } from './target.ts';

const scheme = /^(hmac|signature)(?![!#$%&'*+.^_`|~\w-])/i;
const parameter = /[ \t]*([A-Za-z][\w-]*)[ \t]*=[ \t]*(?:"([^"\\]*)"|([^\s",=]+))[ \t]*(?:,|$)/y;
const fieldName = /^[!#$%&'*+.^_`|~\w-]+$/;
const maxLength = 4_096;
const maxNames = 32;
const maxKeyIdLength = 255;

type SignedRequest = Pick<Exchange, 'method' | 'rawTarget' | 'protocol' | 'headers'>;

/**
 * Reads a signature from an Authorization value: the scheme `hmac` with the parameters of Kong
 * (`username`, `algorithm`, `headers`, `signature`), or the scheme `Signature` of
 * draft-cavage-http-signatures-12 (`keyId`, `algorithm`, `created`, `expires`, `headers`,
 * `signature`).
 * @returns undefined for another scheme
 */
export function authorizationSignature(
  value: string,
  request: SignedRequest,
): PresentedSignature | SignatureFault | undefined {
  const name = scheme.exec(value)?.[1];
  if (name === undefined) return undefined;
  if (value.length > maxLength) return malformed(`Send at most ${maxLength} characters.`);
  const isKong = name.toLowerCase() === 'hmac';
  const parameters = parametersOf(value.slice(name.length));
  const keyId = parameters?.get(isKong ? 'username' : 'keyid');
  const signature = strictBase64(parameters?.get('signature') ?? '');
  const headers = parameters?.get('headers');
  if (!keyId || keyId.length > maxKeyIdLength || !signature?.length || !headers)
    return malformed(
      `Send the parameters ${isKong ? 'username' : 'keyId'}, algorithm, headers and signature, each once.`,
    );
  const algorithm = parameters?.get('algorithm')?.toLowerCase();
  const isOpen = algorithm === undefined || (!isKong && algorithm === 'hs2019');
  if (!isOpen && !algorithms.includes(algorithm))
    return { reason: 'bad_algorithm', detail: `Use one of ${algorithms.join(', ')}.` };
  const names = namesOf(headers, isKong);
  if (names === undefined)
    return malformed('List lower-case names of headers, each once, separated by one space.');
  const created = parameters?.get('created');
  const expires = parameters?.get('expires');
  const times = { created: secondsOf(created), expires: secondsOf(expires) };
  if (times.created === 'invalid' || times.expires === 'invalid')
    return malformed('Send created and expires as whole seconds since the epoch.');
  const base = signingString(names, isKong, request, { created, expires });
  if (typeof base !== 'string') return base;
  const createdMs = createdMsOf(names, request, times.created);
  if (createdMs === undefined)
    return malformed('Sign Date or X-Date, with one date such as "Sun, 06 Nov 1994 08:49:37 GMT".');
  return {
    keyId,
    algorithm: isOpen ? undefined : algorithm,
    createdMs,
    expiresMs: times.expires,
    nonce: undefined,
    signature,
    base,
    covered: coveredBy(names),
  };
}

function parametersOf(text: string): ReadonlyMap<string, string> | undefined {
  const found = new Map<string, string>();
  for (parameter.lastIndex = 0; parameter.lastIndex < text.length;) {
    const [, name = '', quoted, plain = ''] = parameter.exec(text) ?? [];
    if (name === '' || found.has(name.toLowerCase())) return undefined;
    found.set(name.toLowerCase(), quoted ?? plain);
  }
  return found;
}

const specialsOfKong: ReadonlySet<string> = new Set(['request-line', '@request-target']);
const specialsOfDraft: ReadonlySet<string> = new Set([
  '(request-target)',
  '(created)',
  '(expires)',
]);

/**
 * The names to sign, as written: Kong signs a name with the case in which it is listed, the draft
 * in lower case.
 */
function namesOf(headers: string, isKong: boolean): readonly string[] | undefined {
  const names = headers.split(' ');
  const specials = isKong ? specialsOfKong : specialsOfDraft;
  const isValid = names.every((name) => specials.has(name) || fieldName.test(name));
  const distinct = new Set(names.map((name) => name.toLowerCase()));
  if (!isValid || names.length > maxNames || distinct.size !== names.length) return undefined;
  return isKong ? names : names.map((name) => name.toLowerCase());
}

/** @returns milliseconds; undefined when there is none */
function secondsOf(text: string | undefined): number | 'invalid' | undefined {
  if (text === undefined) return undefined;
  return /^\d{1,12}$/.test(text) ? Number(text) * 1_000 : 'invalid';
}

interface WrittenTimes {
  readonly created: string | undefined;
  readonly expires: string | undefined;
}

/** The text that is signed: one line for each name, without a line end after the last one. */
function signingString(
  names: readonly string[],
  isKong: boolean,
  request: SignedRequest,
  times: WrittenTimes,
): string | SignatureFault {
  const { method, rawTarget, protocol, headers } = request;
  const lines: string[] = [];
  for (const name of names) {
    if (name === 'request-line' && isKong) {
      lines.push(`${method} ${rawTarget} HTTP/${protocol === '2' ? '2.0' : protocol}`);
      continue;
    }
    const value =
      name === '@request-target' || name === '(request-target)'
        ? `${method.toLowerCase()} ${originTarget(rawTarget)}`
        : name === '(created)'
          ? times.created
          : name === '(expires)'
            ? times.expires
            : headers.has(name)
              ? headers.getAll(name).join(', ')
              : undefined;
    if (value === undefined) return malformed(`The signed part ${name} is not in the request.`);
    lines.push(`${name}: ${value}`);
  }
  return lines.join('\n');
}

/** The time that the signature covers: `created`, or else X-Date, or else Date. */
function createdMsOf(
  names: readonly string[],
  { headers }: SignedRequest,
  created: number | undefined,
): number | undefined {
  if (names.includes('(created)')) return created;
  const lower = names.map((name) => name.toLowerCase());
  const dated = ['x-date', 'date'].find((name) => lower.includes(name));
  return dated === undefined ? undefined : httpDateMs(headers.getAll(dated).join(', '));
}

function coveredBy(names: readonly string[]): ReadonlySet<string> {
  const covered = new Set<string>();
  for (const name of names) {
    const isTarget = specialsOfKong.has(name) || name === '(request-target)';
    if (isTarget) covered.add('@method').add('@target');
    else covered.add(name.toLowerCase());
    if (name.toLowerCase() === 'host') covered.add('@authority');
  }
  return covered;
}
