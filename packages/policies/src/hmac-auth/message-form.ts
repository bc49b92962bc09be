import type { Exchange } from '@sluice/policy-sdk';
import type * as httpMessageSig from 'http-message-sig';
import type {
  ComponentDescriptor,
  RequestDescriptor,
  UntrustedSignatureCandidate,
} from 'http-message-sig';
import { algorithms, malformed } from './signature.ts';
import type { PresentedSignature, SignatureFault } from './signature.ts';
import { originTarget } from './target.ts';

/** The library; it is loaded when a policy that accepts this form is compiled. */
type MessageSignatures = typeof httpMessageSig;

const maxLength = 4_096;
const maxComponents = 32;
const maxKeyIdLength = 255;
/** `HTTP-Message-Signatures` fields are ASCII; other fields may not be, and cannot be signed. */
const ascii = /^[\t\x20-\x7e]*$/;

type SignedRequest = Pick<Exchange, 'method' | 'scheme' | 'host' | 'rawTarget' | 'headers'>;

/** Whether the request states that it is signed by RFC 9421. */
export function hasMessageSignature({ headers }: Pick<Exchange, 'headers'>): boolean {
  return headers.has('signature-input');
}

/**
 * Reads the signature of a request by RFC 9421, and the signature base that the request gives. The
 * library parses the fields and builds the base; nothing is verified by it.
 * @param label of the signature to read; undefined when there has to be exactly one
 */
export async function messageSignature(
  library: MessageSignatures,
  request: SignedRequest,
  label: string | undefined,
): Promise<PresentedSignature | SignatureFault> {
  const message = descriptorOf(request);
  if (message === undefined) return malformed('Send at most 4,096 characters and one host.');
  let candidate: UntrustedSignatureCandidate | undefined;
  let signed: Uint8Array | undefined;
  try {
    await library.verifySignature(message, {
      ...(label === undefined ? {} : { label }),
      // The policy checks coverage and times itself, on the clock of its host.
      policy: {
        algorithms,
        requiredComponents: [],
        requiredParameters: [],
        clockSkew: Number.MAX_SAFE_INTEGER,
      },
      resolveVerifier(untrusted) {
        candidate = untrusted;
        return {
          algorithm: untrusted.algorithm ?? 'hmac-sha256',
          verify(base) {
            signed = base;
            return true;
          },
        };
      },
    });
  } catch (fault) {
    if (!library.isSignatureError(fault)) throw fault;
    return faultOf(fault.code);
  }
  if (candidate === undefined || signed === undefined)
    throw new Error('the signature base was not built');
  return presented(candidate, signed);
}

/**
 * The request as it was signed: the authority that the gateway routes by, without the default port
 * of the scheme, and path and query as received.
 */
function descriptorOf(request: SignedRequest): RequestDescriptor | undefined {
  const { method, scheme, host, rawTarget, headers } = request;
  const fields: { name: string; value: string }[] = [];
  let length = 0;
  headers.forEach((name, value) => {
    if (name === 'signature' || name === 'signature-input') length += value.length;
    if (ascii.test(value)) fields.push({ name, value });
  });
  const port = /:(\d+)$/.exec(headers.get('host') ?? '')?.[1];
  const isDefault = port === undefined || port === (scheme === 'https' ? '443' : '80');
  const authority = isDefault ? host : `${host}:${port}`;
  const targetUri = `${scheme}://${authority}${originTarget(rawTarget)}`;
  if (length > maxLength || host === '' || !URL.canParse(targetUri)) return undefined;
  // The library takes the authority from the parsed URL, which changes some spellings of addresses.
  if (new URL(targetUri).host !== authority) return undefined;
  return { kind: 'request', method, targetUri, requestTarget: rawTarget, fields };
}

function faultOf(code: string): SignatureFault {
  if (code === 'MissingField')
    return malformed('Send Signature and every header that the signature covers.');
  if (code === 'LabelRequired' || code === 'LabelMismatch' || code === 'DuplicateLabel')
    return malformed('Send one signature, with the same label in Signature-Input and Signature.');
  if (code === 'PolicyViolation')
    return { reason: 'bad_algorithm', detail: `Use one of ${algorithms.join(', ')}.` };
  if (code === 'UnsupportedFeature')
    return malformed('Sign without the parameters sf, bs and tr, and without @query-param.');
  return malformed('Send Signature-Input and Signature in the form of RFC 9421.');
}

function presented(
  { components, parameters, signature }: UntrustedSignatureCandidate,
  base: Uint8Array,
): PresentedSignature | SignatureFault {
  const { keyid, created, expires, nonce, alg } = parameters;
  if (keyid === undefined || keyid === '' || keyid.length > maxKeyIdLength)
    return malformed('Send the parameter keyid, at most 255 characters.');
  if (created === undefined) return malformed('Send the parameter created.');
  if (components.length > maxComponents)
    return malformed(`Sign at most ${maxComponents} components.`);
  return {
    keyId: keyid,
    algorithm: alg,
    createdMs: created * 1_000,
    expiresMs: expires === undefined ? undefined : expires * 1_000,
    nonce,
    signature: Buffer.from(signature),
    base,
    covered: coveredBy(components),
  };
}

/** A component with parameters covers only a part of its field. */
function coveredBy(components: readonly ComponentDescriptor[]): ReadonlySet<string> {
  const covered = new Set(
    components
      .filter(({ parameters }) => Object.keys(parameters).length === 0)
      .map(({ name }) => name),
  );
  const isWhole = covered.has('@target-uri');
  if (isWhole || covered.has('@request-target') || (covered.has('@path') && covered.has('@query')))
    covered.add('@target');
  if (isWhole || covered.has('host')) covered.add('@authority');
  return covered;
}
